//! What goes with a table when it is dropped, and how to bring back what `pg_dump` of the table does not hold.
//!
//! **Invariant:** an inventory names things as people do, never by OID: two servers that hold the same have the same lines.

use std::collections::BTreeSet;

use crate::{
    drill::TableName,
    lab::{LabError, node::Node, session::Session},
    pg::quote::literal,
};

/// The objects, and the relations among them.
const OBJECTS: &str = include_str!("inventory.sql");

/// A line an object, and a line for each of its properties that a restore can lose.
const LINES: &str = "
select line from (
    select concat_ws(' ', type, identity) from object
    union all
    select format('owner of %s %s: %s', type, identity, relowner::regrole) from relation where relkind <> 'i'
    union all
    select format('grants on %s %s to %s: %s', type, identity, grantee, string_agg(privilege, ', ' order by privilege))
    from relation r, lateral (
        select case a.grantee when 0 then 'public' else a.grantee::regrole::text end,
            privilege_type || case when is_grantable then ' with grant option' else '' end
        from aclexplode(coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::\"char\", relowner))) a
        union all
        select case a.grantee when 0 then 'public' else a.grantee::regrole::text end,
            format('%s (%I)%s', privilege_type, attname, case when is_grantable then ' with grant option' else '' end)
        from pg_attribute, aclexplode(attacl) a where attrelid = r.oid and not attisdropped
    ) granted (grantee, privilege)
    where relkind in ('r', 'p', 'v', 'm', 'f', 'S') group by type, identity, grantee
    union all
    select concat_ws(' ', format('column %I of %s %s:', attname, type, identity), format_type(atttypid, atttypmod),
        case when attnotnull then 'not null' end, 'identity ' || nullif(attidentity::text, ''),
        'generated ' || nullif(attgenerated::text, ''))
    from relation r join pg_attribute a on attrelid = r.oid and attnum > 0 and not attisdropped
    where relkind in ('r', 'p', 'v', 'm', 'f')
    union all
    select format('%s of %s %s', property, type, identity) from relation, lateral (values
        (relrowsecurity, 'row security'), (relforcerowsecurity, 'forced row security'),
        (relpersistence = 'u', 'being unlogged'), (relkind = 'm' and relispopulated, 'content')) has (it, property)
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
    select concat_ws(' ', type, identity || ':', case when convalidated then 'validated' else 'not validated' end,
        case when condeferrable then 'deferrable' end, case when condeferred then 'deferred' end)
    from object o join pg_constraint c on o.classid = 'pg_constraint'::regclass and c.oid = o.objid
    union all
    select format('policy %s: %s %s to %s', identity, case when polpermissive then 'permissive' else 'restrictive' end,
        polcmd, (select string_agg(name, ', ' order by name) from unnest(polroles) role,
            lateral (values (case role when 0 then 'public' else role::regrole::text end)) named (name)))
    from object o join pg_policy p on o.classid = 'pg_policy'::regclass and p.oid = o.objid
    union all
    select format('comment on %s %s: %s', about.type, about.identity, description)
    from object o join pg_description d on (d.classoid, d.objoid) = (o.classid, o.objid) and o.objsubid in (0, d.objsubid),
        lateral pg_identify_object(d.classoid, d.objoid, d.objsubid) about
) item (line) group by line order by line collate \"C\"";

/// The relations, as patterns for `pg_dump -t`: the table itself, its partitions, views over it. Sequences come along.
const RELATIONS: &str = "
select format('%I.%I', nspname, relname) from relation r join pg_namespace n on n.oid = r.relnamespace
where relkind in ('r', 'p', 'v', 'm', 'f') order by r.oid";

/// A line of the inventory that `pg_dump` of these relations does not hold, mostly since it is part of something else, and the
/// statement that makes it.
const ELSEWHERE: &str = "
select line, statement from (
    select 1, concat_ws(' ', type, identity), format('alter table %s add constraint %I %s', conrelid::regclass, conname,
        pg_get_constraintdef(c.oid))
    from object o join pg_constraint c on o.classid = 'pg_constraint'::regclass and c.oid = o.objid
    where conrelid <> 0 and conrelid not in (select oid from relation)
    union all
    select 2, format('inheritance of %s %s from %s', type, identity, inhparent::regclass), format('alter table %s %s',
        case when relispartition then inhparent else r.oid end::regclass,
        case when relispartition then format('attach partition %s %s', r.oid::regclass, pg_get_expr(relpartbound, r.oid))
            else format('inherit %s', inhparent::regclass) end)
    from relation r join pg_inherits on inhrelid = r.oid
    where relkind in ('r', 'p', 'f') and inhparent not in (select oid from relation)
    union all
    select 3, concat_ws(' ', type, identity), format('alter table %s alter column %I set default %s', adrelid::regclass,
        attname, pg_get_expr(adbin, adrelid))
    from object o join pg_attrdef d on o.classid = 'pg_attrdef'::regclass and d.oid = o.objid
        join pg_attribute on attrelid = adrelid and attnum = adnum and attgenerated = ''
    where adrelid not in (select oid from relation)
    union all
    select 4, concat_ws(' ', type, identity), format('create policy %I on %s as %s for %s to %s%s%s', polname, polrelid::regclass,
        case when polpermissive then 'permissive' else 'restrictive' end,
        case polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end,
        (select string_agg(case role when 0 then 'public' else role::regrole::text end, ', ') from unnest(polroles) role),
        ' using (' || pg_get_expr(polqual, polrelid) || ')', ' with check (' || pg_get_expr(polwithcheck, polrelid) || ')')
    from object o join pg_policy p on o.classid = 'pg_policy'::regclass and p.oid = o.objid
    where polrelid not in (select oid from relation)
    union all
    select 5, concat_ws(' ', type, identity), pg_get_statisticsobjdef(objid) from object
    where classid = 'pg_statistic_ext'::regclass
    union all
    select 6, concat_ws(' ', type, identity), format('alter publication %I add table only %s%s%s', pubname, prrelid::regclass,
        (select format(' (%s)', string_agg(quote_ident(attname), ', ' order by attnum)) from pg_attribute
            where attrelid = prrelid and attnum = any (prattrs) having count(*) > 0),
        ' where (' || pg_get_expr(prqual, prrelid) || ')')
    from object o join pg_publication_rel r on o.classid = 'pg_publication_rel'::regclass and r.oid = o.objid
        join pg_publication p on p.oid = prpubid
) elsewhere (place, line, statement) order by place, line";

async fn ask(
    node: &Node,
    session: &Session,
    table: &TableName,
    query: &str,
) -> Result<Vec<Vec<String>>, LabError> {
    let objects = OBJECTS.replace("{table}", &literal(&table.quoted()));
    let rows = session.rows(&format!("{objects}{query}")).await;
    let rows = node.ask(rows, &format!("list what depends on {table}"))?;
    Ok(rows.into_iter().map(|row| row.into_iter().flatten().collect()).collect())
}

/// Everything that goes with a table when it is dropped, in lines that are the same on every server that has the same; empty where there
/// is no such table.
///
/// # Errors
/// Returns an error if the server does not answer.
pub(super) async fn of(node: &Node, session: &Session, table: &TableName) -> Result<Vec<String>, LabError> {
    Ok(ask(node, session, table, LINES).await?.into_iter().flatten().collect())
}

/// What an inventory has that another one lacks: of a thing that is not there at all, its name alone.
pub(super) fn missing(before: &[String], after: &[String]) -> Vec<String> {
    let after: BTreeSet<&String> = after.iter().collect();
    let missing: Vec<&String> = before.iter().filter(|line| !after.contains(line)).collect();
    let is_of = |line: &str, thing: &str| {
        let rest = line.find(thing).and_then(|at| line.get(at + thing.len()..));
        rest.is_some_and(|rest| rest.starts_with([' ', ':']))
    };
    let is_told = |line: &&&String| !missing.iter().any(|thing| thing != *line && is_of(line, thing));
    missing.iter().filter(is_told).map(|line| (*line).clone()).collect()
}

/// What it takes to make again what goes with a table.
pub(super) struct Plan {
    /// The relations that `pg_dump` brings along, quoted for SQL.
    pub(super) relations: Vec<String>,
    /// For lines of the inventory that belong to something else, the statements that make them.
    pub(super) elsewhere: Vec<(String, String)>,
}

impl Plan {
    /// Whether the table is a part of another one, and has no parts itself.
    pub(super) fn is_a_part(&self) -> bool {
        self.relations.len() == 1
            && self.elsewhere.iter().any(|(line, _)| line.starts_with("inheritance of "))
    }
}

/// The plan for a table, by a server that still has it.
pub(super) async fn plan(node: &Node, session: &Session, table: &TableName) -> Result<Plan, LabError> {
    let relations = ask(node, session, table, RELATIONS).await?.into_iter().flatten().collect();
    let elsewhere = ask(node, session, table, ELSEWHERE).await?.into_iter();
    let elsewhere = elsewhere.filter_map(|row| <[String; 2]>::try_from(row).ok());
    Ok(Plan { relations, elsewhere: elsewhere.map(|[line, statement]| (line, statement)).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_thing_that_is_gone_its_name_is_told_and_of_another_what_it_lost() {
        let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        let before = lines(&[
            "column id of view shop.v: integer",
            "grants on table shop.x to alice: SELECT",
            "index shop.i",
            "index shop.i: valid",
            "owner of view shop.v: app",
            "table shop.x",
            "view shop.v",
            "view shop.vv",
        ]);
        assert_eq!(missing(&before, &before), lines(&[]));
        let after = lines(&["grants on table shop.x to alice: INSERT", "index shop.i", "table shop.x"]);
        assert_eq!(
            missing(&before, &after),
            lines(&[
                "grants on table shop.x to alice: SELECT",
                "index shop.i: valid",
                "view shop.v",
                "view shop.vv"
            ])
        );
    }
}
