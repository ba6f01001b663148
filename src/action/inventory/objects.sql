-- Everything that goes with a table when it is dropped, by name: what depends on it by the system catalog,
-- however far down.
with recursive taken (classid, objid, objsubid) as (
    select 'pg_class'::regclass::oid, to_regclass({table})::oid, 0
    union
    select also.* from taken t, lateral (
        select d.classid, d.objid, d.objsubid from pg_depend d
        where d.refclassid = t.classid and d.refobjid = t.objid and t.objsubid in (0, d.refobjsubid)
            and d.deptype <> 'e'
        union all
        -- A part that can't go alone takes the whole along: a rule its view.
        select d.refclassid, d.refobjid, d.refobjsubid from pg_depend d
        where d.classid = t.classid and d.objid = t.objid and t.objsubid in (0, d.objsubid)
            and d.deptype = 'i'
    ) also
), object as (
    -- Without what has an OID for a name, or follows from another: TOAST, triggers of constraints, types of
    -- rows.
    select t.*, o.type, o.identity
    from taken t, lateral pg_identify_object(t.classid, t.objid, t.objsubid) o
    where o.schema is distinct from 'pg_toast' and case t.classid::regclass::text
        when 'pg_trigger' then not (select tgisinternal from pg_trigger where oid = t.objid)
        when 'pg_constraint' then (select conparentid = 0 from pg_constraint where oid = t.objid)
        when 'pg_type' then (select typrelid = 0 and typelem = 0 from pg_type where oid = t.objid)
        when 'pg_rewrite' then (select rulename <> '_RETURN' from pg_rewrite where oid = t.objid)
        else true end
), relation as (
    select o.type, o.identity, c.* from object o join pg_class c on c.oid = o.objid
    where o.classid = 'pg_class'::regclass and o.objsubid = 0
)
