//! What a database has that can hold rows.

use super::expression::{self, Column};
use crate::{
    drill::TableName,
    lab::{LabError, session::TextRows},
};

/// A table or a materialized view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: TableName,
    pub(super) is_view: bool,
    pub(super) is_unlogged: bool,
    pub(super) is_populated: bool,
    /// Whether a materialized view reads a foreign table, however far down.
    pub(super) is_foreign: bool,
    pub(super) bytes: u64,
    pub(super) extension: Option<String>,
    pub(super) columns: Vec<Column>,
}

/// One line a column, in order, of everything that can hold rows; the largest first.
pub(super) fn query() -> String {
    format!(
        "select n.nspname, c.relname, c.relkind = 'm', c.relpersistence = 'u', c.relispopulated,
       c.relkind = 'm' and exists (
           with recursive reads (oid) as (
               select c.oid
               union
               select below.oid from reads, lateral (
                   select d.refobjid as oid from pg_rewrite r join pg_depend d
                       on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
                       and d.refclassid = 'pg_class'::regclass
                   where r.ev_class = reads.oid
                   union all
                   select inhrelid from pg_inherits where inhparent = reads.oid) below)
           select from reads join pg_class f on f.oid = reads.oid where f.relkind = 'f'),
       coalesce(pg_relation_size(c.oid), 0), e.extname,
       a.attname, a.attgenerated <> '',
       t.typnamespace = 'pg_catalog'::regnamespace and t.typname in ({as_they_are})
           and coalesce((select collisdeterministic from pg_collation where oid = a.attcollation), true)
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid and d.objsubid = 0
    and d.refclassid = 'pg_extension'::regclass and d.deptype = 'e'
left join pg_extension e on e.oid = d.refobjid
left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_type t on t.oid = a.atttypid
where c.relkind in ('r', 'm') and c.relpersistence <> 't'
  and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
order by pg_relation_size(c.oid) desc nulls last, c.oid, a.attnum",
        as_they_are = expression::HASHED_AS_THEY_ARE
    )
}

/// The tables in the rows that the query gives.
pub(super) fn tables(rows: TextRows) -> Result<Vec<Table>, LabError> {
    let mut tables: Vec<Table> = Vec::new();
    for row in rows {
        let mut fields = row.into_iter();
        let mut next = || fields.next().flatten();
        let (Some(schema), Some(name)) = (next(), next()) else {
            return Err(LabError::state("list the tables", "the system catalog gave a table without a name"));
        };
        let mut is = || next().as_deref() == Some("t");
        let (is_view, is_unlogged, is_populated, is_foreign) = (is(), is(), is(), is());
        let bytes = next().and_then(|bytes| bytes.parse().ok()).unwrap_or_default();
        let extension = next();
        let column = next().map(|name| {
            let mut is = || next().as_deref() == Some("t");
            Column { name, generated: is(), as_it_is: is() }
        });
        let name = TableName { schema, name };
        if tables.last().is_none_or(|last| last.name != name) {
            let columns = Vec::new();
            tables.push(Table {
                name,
                is_view,
                is_unlogged,
                is_populated,
                is_foreign,
                bytes,
                extension,
                columns,
            });
        }
        if let Some(table) = tables.last_mut() {
            table.columns.extend(column);
        }
    }
    Ok(tables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_whose_dotted_names_are_equal_are_two() {
        let row = |schema: &str, name: &str, column: &str| {
            [schema, name, "f", "f", "t", "f", "8192", "", column, "f", "t"]
                .map(|field| (!field.is_empty()).then(|| field.to_owned()))
                .to_vec()
        };
        let rows = vec![row("a.b", "c", "i"), row("a", "b.c", "t"), row("a", "b.c", "u")];
        let tables = tables(rows).expect("tables");
        let columns: Vec<usize> = tables.iter().map(|table| table.columns.len()).collect();
        assert_eq!(columns, [1, 2]);
    }
}
