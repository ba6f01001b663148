select line from (
    select concat_ws(' ', type, identity) from object
    union all
    select format('owner of %s %s: %s', type, identity, stxowner::regrole)
    from object o join pg_statistic_ext s on o.classid = 'pg_statistic_ext'::regclass and s.oid = o.objid
    union all
    select format('owner of %s %s: %s', type, identity, relowner::regrole) from relation where relkind <> 'i'
    union all
    select format('grants on %s %s to %s: %s', type, identity, grantee,
        string_agg(privilege, ', ' order by privilege))
    from relation r, lateral (
        select case a.grantee when 0 then 'public' else a.grantee::regrole::text end,
            privilege_type || case when is_grantable then ' with grant option' else '' end
        from aclexplode(coalesce(relacl,
            acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner))) a
        union all
        select case a.grantee when 0 then 'public' else a.grantee::regrole::text end,
            format('%s (%I)%s', privilege_type, attname,
                case when is_grantable then ' with grant option' else '' end)
        from pg_attribute, aclexplode(attacl) a where attrelid = r.oid and not attisdropped
    ) granted (grantee, privilege)
    where relkind in ('r', 'p', 'v', 'm', 'f', 'S') group by type, identity, grantee
    union all
    select concat_ws(' ', format('column %I of %s %s:', attname, type, identity),
        format_type(atttypid, atttypmod),
        case when attnotnull then 'not null' end, 'identity ' || nullif(attidentity::text, ''),
        'generated ' || nullif(attgenerated::text, ''))
    from relation r join pg_attribute a on attrelid = r.oid and attnum > 0 and not attisdropped
    where relkind in ('r', 'p', 'v', 'm', 'f')
    union all
    select format('%s of %s %s', property, type, identity) from relation, lateral (values
        (relrowsecurity, 'row security'), (relforcerowsecurity, 'forced row security'),
        (relpersistence = 'u', 'being unlogged'),
        (relkind = 'm' and relispopulated, 'content')) has (it, property)
    where it
    union all
    select format('option of %s %s: %s', type, identity, option) from relation, unnest(reloptions) option
    union all
    select format('inheritance of %s %s from %s', type, identity, inhparent::regclass)
    from relation r join pg_inherits on inhrelid = r.oid where relkind in ('r', 'p', 'f')
    union all
    select format('replica identity of %s %s: %s', type, identity, relreplident)
    from relation where relkind in ('r', 'p') and relreplident <> 'd'
    union all
    select format('index %s: %s', identity, concat_ws(', ', case when indisunique then 'unique' end,
        case when indisprimary then 'primary' end, case when indisvalid then 'valid' end,
        case when indisclustered then 'clustered' end, case when indisreplident then 'replica identity' end))
    from relation r join pg_index on indexrelid = r.oid
    union all
    select format('%s %s: fires %s', type, identity, enabled) from object o join (
        select 'pg_trigger'::regclass, oid, tgenabled from pg_trigger
        union all select 'pg_rewrite'::regclass, oid, ev_enabled from pg_rewrite
    ) rule (classid, oid, enabled) on (rule.classid, rule.oid) = (o.classid, o.objid) where enabled <> 'O'
    union all
    select concat_ws(' ', type, identity || ':',
        case when convalidated then 'validated' else 'not validated' end,
        case when condeferrable then 'deferrable' end, case when condeferred then 'deferred' end)
    from object o join pg_constraint c on o.classid = 'pg_constraint'::regclass and c.oid = o.objid
    union all
    select format('policy %s: %s %s to %s', identity,
        case when polpermissive then 'permissive' else 'restrictive' end, polcmd,
        (select string_agg(name, ', ' order by name) from unnest(polroles) role,
            lateral (values (case role when 0 then 'public' else role::regrole::text end)) named (name)))
    from object o join pg_policy p on o.classid = 'pg_policy'::regclass and p.oid = o.objid
    union all
    select format('comment on %s %s: %s', about.type, about.identity, description)
    from object o join pg_description d
            on (d.classoid, d.objoid) = (o.classid, o.objid) and o.objsubid in (0, d.objsubid),
        lateral pg_identify_object(d.classoid, d.objoid, d.objsubid) about
) item (line) group by line order by line collate "C"
