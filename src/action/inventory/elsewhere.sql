select line, statement from (
    select 1, concat_ws(' ', type, identity), format('alter table %s add constraint %I %s',
        conrelid::regclass, conname, pg_get_constraintdef(c.oid))
    from object o join pg_constraint c on o.classid = 'pg_constraint'::regclass and c.oid = o.objid
    where conrelid <> 0 and conrelid not in (select oid from relation)
    union all
    select 2, format('inheritance of %s %s from %s', type, identity, inhparent::regclass),
        format('alter table %s %s',
        case when relispartition then inhparent else r.oid end::regclass,
        case when relispartition
            then format('attach partition %s %s', r.oid::regclass, pg_get_expr(relpartbound, r.oid))
            else format('inherit %s', inhparent::regclass) end)
    from relation r join pg_inherits on inhrelid = r.oid
    where relkind in ('r', 'p', 'f') and inhparent not in (select oid from relation)
    union all
    select 3, concat_ws(' ', type, identity), format('alter table %s alter column %I set default %s',
        adrelid::regclass, attname, pg_get_expr(adbin, adrelid))
    from object o join pg_attrdef d on o.classid = 'pg_attrdef'::regclass and d.oid = o.objid
        join pg_attribute on attrelid = adrelid and attnum = adnum and attgenerated = ''
    where adrelid not in (select oid from relation)
    union all
    select 4, concat_ws(' ', type, identity), format('create policy %I on %s as %s for %s to %s%s%s', polname,
        polrelid::regclass,
        case when polpermissive then 'permissive' else 'restrictive' end,
        case polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
            when 'd' then 'delete' else 'all' end,
        (select string_agg(case role when 0 then 'public' else role::regrole::text end, ', ')
            from unnest(polroles) role),
        ' using (' || pg_get_expr(polqual, polrelid) || ')',
        ' with check (' || pg_get_expr(polwithcheck, polrelid) || ')')
    from object o join pg_policy p on o.classid = 'pg_policy'::regclass and p.oid = o.objid
    where polrelid not in (select oid from relation)
    union all
    select 5, concat_ws(' ', type, identity), format('%s; alter statistics %s owner to %s',
        pg_get_statisticsobjdef(objid), identity, stxowner::regrole)
    from object o join pg_statistic_ext s on o.classid = 'pg_statistic_ext'::regclass and s.oid = o.objid
    union all
    select 6, concat_ws(' ', type, identity), format('alter publication %I add table only %s%s%s', pubname,
        prrelid::regclass,
        (select format(' (%s)', string_agg(quote_ident(attname), ', ' order by attnum)) from pg_attribute
            where attrelid = prrelid and attnum = any (prattrs) having count(*) > 0),
        ' where (' || pg_get_expr(prqual, prrelid) || ')')
    from object o join pg_publication_rel r on o.classid = 'pg_publication_rel'::regclass and r.oid = o.objid
        join pg_publication p on p.oid = prpubid
    union all
    select 7, format('comment on %s %s: %s', type, identity, description),
        format('comment on %s %s is %L', word, identity, description)
    from object o join pg_description d on (d.classoid, d.objoid, d.objsubid) = (o.classid, o.objid, 0)
        join (values ('pg_statistic_ext'::regclass, 'statistics'), ('pg_constraint'::regclass, 'constraint'),
            ('pg_policy'::regclass, 'policy')) kind (class, word) on class = o.classid
) elsewhere (place, line, statement) order by place, line
