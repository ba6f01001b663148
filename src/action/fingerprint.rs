//! Fingerprints of all tables, whatever the order of their rows.
//!
//! A row's hash is PostgreSQL's own 64-bit hash of the whole row (`hash_record_extended`), so that values which move from
//! one row to another are noticed; a table's is the sum of its rows' hashes. Types without a hash that means the same in
//! another cluster (json, points, enums, whose hash is that of an OID) are hashed by their text.

use std::collections::BTreeMap;

use super::workload::MARKER_TABLE;
use crate::{
    drill::TableName,
    journal::{Fingerprint, TableFingerprint},
    lab::{LabError, clock::Clock, node::Node, session::Session},
    pg::quote::identifier,
};

/// Texts of values follow settings: they are pinned. Parallel workers read; a hash of the row is parallel safe.
const PINS: &str = "set local datestyle = 'ISO, YMD'; set local timezone = 'UTC'; set local intervalstyle = 'postgres'; \
    set local extra_float_digits = 1; set local bytea_output = 'hex'; set local xmloption = 'content'; \
    set local lc_monetary = 'C'; set local search_path = pg_catalog; set local row_security = off; \
    set local max_parallel_workers_per_gather = 4; set local min_parallel_table_scan_size = '1MB'; \
    set local statement_timeout = 0; set local lock_timeout = '60s'; set local work_mem = '64MB';";

/// One line a column, in order, of everything that can hold rows. A base type counts as hashable where its default hash
/// operator class has the extended function (number 2).
const COLUMNS: &str = "
select n.nspname, c.relname, c.relkind, c.relpersistence, c.relispopulated, a.attname,
       t.typtype = 'b' and exists (
           select from pg_opclass o join pg_am m on m.oid = o.opcmethod
           join pg_amproc p on p.amprocfamily = o.opcfamily and p.amproclefttype = t.oid and p.amprocnum = 2
           where m.amname = 'hash' and o.opcdefault and o.opcintype = t.oid)
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_type t on t.oid = a.atttypid
where c.relkind in ('r', 'm') and c.relpersistence <> 't'
  and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
order by c.relpages desc, c.oid, a.attnum";

/// A session that holds, or is to hold, a snapshot.
pub struct Snapshot {
    node: Node,
    session: Session,
}

struct Table {
    name: TableName,
    kind: String,
    persistence: String,
    populated: bool,
    columns: Vec<String>,
}

impl Snapshot {
    /// Connects; the snapshot is taken later.
    ///
    /// # Errors
    /// Returns an error if the server can't be reached.
    pub async fn open(node: &Node, database: &str) -> Result<Self, LabError> {
        Ok(Self { node: node.clone(), session: node.session(database).await? })
    }

    /// Takes the snapshot and returns the name under which others can use it while this one lives.
    ///
    /// # Errors
    /// Returns an error if the server refuses.
    pub async fn take(&self) -> Result<String, LabError> {
        let begin = format!("begin isolation level repeatable read read only; {PINS}");
        self.node.ask(self.session.run(&begin).await, "begin to read the content")?;
        self.node.ask(self.session.read("select pg_export_snapshot()").await, "take a snapshot")
    }

    /// The fingerprint of all tables in the snapshot, and its end. The table `live` is marked as such.
    ///
    /// # Errors
    /// Returns an error if a table can't be read.
    pub async fn fingerprint(self, clock: Clock, live: &TableName) -> Result<Fingerprint, LabError> {
        let begun = clock.now();
        let mut tables = BTreeMap::new();
        let mut left_out = BTreeMap::new();
        for table in self.tables().await? {
            let name = table.name.to_string();
            if name == MARKER_TABLE {
                continue;
            }
            if table.persistence == "u" {
                left_out.insert(name, "unlogged: emptied by every crash and recovery".to_owned());
            } else if table.kind == "m" && !table.populated {
                left_out.insert(name, "a materialized view that was never populated".to_owned());
            } else {
                let live = table.name == *live;
                let (rows, hash) = self.read(&name, &query(&table)).await?;
                tables.insert(name, TableFingerprint { rows, hash, live });
            }
        }
        // By object and not by page: a hole in one has no page before it is dumped, and pages of zeros after it is restored.
        let objects = "select count(*), coalesce(sum(hash_record_extended(row(oid, lo_get(oid)), 0)), 0) from pg_largeobject_metadata";
        let (rows, hash) = self.read("large objects", objects).await?;
        tables.insert("pg_catalog.pg_largeobject".to_owned(), TableFingerprint { rows, hash, live: false });
        self.node.ask(self.session.run("commit").await, "end reading the content")?;
        let millis = u64::try_from(clock.now().since(begun).as_millis()).unwrap_or(u64::MAX);
        Ok(Fingerprint { at: begun, tables, left_out, millis })
    }

    async fn tables(&self) -> Result<Vec<Table>, LabError> {
        let rows = self.node.ask(self.session.rows(COLUMNS).await, "list the tables")?;
        let mut tables: Vec<Table> = Vec::new();
        for row in rows {
            let mut fields = row.into_iter();
            let mut next = || fields.next().flatten();
            let (Some(schema), Some(name), Some(kind), Some(persistence), Some(populated)) =
                (next(), next(), next(), next(), next())
            else {
                return Err(LabError::state(
                    "list the tables",
                    "the system catalog returned a table without a name",
                ));
            };
            let column = next().map(|column| {
                let quoted = identifier(&column);
                if next().as_deref() == Some("t") {
                    format!("t.{quoted}")
                } else {
                    format!("t.{quoted}::text")
                }
            });
            let name = TableName { schema, name };
            if tables.last().is_none_or(|last| last.name != name) {
                tables.push(Table {
                    name,
                    kind,
                    persistence,
                    populated: populated == "t",
                    columns: Vec::new(),
                });
            }
            if let Some(table) = tables.last_mut() {
                table.columns.extend(column);
            }
        }
        Ok(tables)
    }

    async fn read(&self, table: &str, sql: &str) -> Result<(u64, String), LabError> {
        let what = format!("read {table}");
        let rows = self.node.ask(self.session.rows(sql).await, &what)?;
        let read = rows.first().and_then(|row| match row.as_slice() {
            [Some(rows), Some(hash)] => Some((rows.parse().ok()?, hash.clone())),
            _ => None,
        });
        read.ok_or_else(|| LabError::state(what, "the server gave no count"))
    }
}

fn query(table: &Table) -> String {
    let hash = if table.columns.is_empty() {
        "0".to_owned()
    } else {
        // A row constructor takes at most 1,664 expressions, and a table has at most 1,600 columns.
        format!("coalesce(sum(hash_record_extended(row({}), 0)), 0)", table.columns.join(", "))
    };
    format!("select count(*), {hash} from only {} t", table.name.quoted())
}

/// The fingerprint of a database as it is now.
///
/// # Errors
/// Returns an error if it can't be read.
pub async fn now(
    node: &Node,
    database: &str,
    clock: Clock,
    live: &TableName,
) -> Result<Fingerprint, LabError> {
    let snapshot = Snapshot::open(node, database).await?;
    snapshot.take().await?;
    snapshot.fingerprint(clock, live).await
}
