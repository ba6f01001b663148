select format('%I.%I', nspname, relname) from relation r join pg_namespace n on n.oid = r.relnamespace
where relkind in ('r', 'p', 'v', 'm', 'f') order by r.oid
