//! One database in one snapshot.

use std::collections::BTreeMap;

use super::{
    Earlier,
    catalog::{self, Table},
    expression,
};
use crate::{
    action::workload::{MARKER_TABLE, Touch},
    drill::{DatabaseName, TableName},
    journal::{DatabaseFingerprint, Derived, LeftOut, QueryResult, Rows, TableFingerprint},
    lab::{
        LabError,
        node::Node,
        session::{Session, SqlError, TextRows},
    },
    pg::{quote::identifier, sqlstate},
};

/// Parallel workers read; a hash of the row is parallel safe. A table that somebody locks is not waited for
/// for ever.
const BEGIN: &str = "begin isolation level repeatable read read only; \
    set local max_parallel_workers_per_gather = 4; set local min_parallel_table_scan_size = '1MB'; \
    set local lock_timeout = '60s'; set local work_mem = '64MB'";

/// So many tables are read by one statement, which holds the locks of all of them.
const TABLES_AT_ONCE: usize = 32;

/// Tables above this size are read alone.
const LARGE: u64 = 8 << 20;

/// A database, with a session that holds, or is to hold, a snapshot.
pub struct Snapshot {
    node: Node,
    database: DatabaseName,
    session: Session,
}

/// What one statement says of one table.
struct Read {
    rows: u64,
    hash: String,
    /// The hash without generated columns.
    others: Option<String>,
}

impl Snapshot {
    /// Connects; the snapshot is taken later.
    ///
    /// # Errors
    /// Returns an error if the server can't be reached.
    pub async fn open(node: &Node, database: &DatabaseName) -> Result<Self, LabError> {
        let session = node.session(database.as_str()).await?;
        Ok(Self { node: node.clone(), database: database.clone(), session })
    }

    /// Takes the snapshot and returns the name under which others can use it while this one lives.
    ///
    /// # Errors
    /// Returns an error if the server refuses.
    pub async fn take(&self) -> Result<String, LabError> {
        self.node.ask(self.session.run(BEGIN).await, "begin to read the content")?;
        self.node.ask(self.session.read("select pg_export_snapshot()").await, "take a snapshot")
    }

    /// The first transaction that the snapshot does not hold, nor any after it.
    ///
    /// # Errors
    /// Returns an error if the server refuses.
    pub async fn horizon(&self) -> Result<u64, LabError> {
        let horizon = "select pg_snapshot_xmax(pg_current_snapshot())";
        self.node.ask(self.session.read(horizon).await, "read the snapshot's horizon")
    }

    /// What the database holds in the snapshot, and the end of the snapshot. The tables in `live` are marked
    /// as such. Of what differs from `before` more is looked for: what the queries of materialized views
    /// give, and the earlier rows of tables.
    ///
    /// # Errors
    /// Returns an error if the database can't be read.
    pub async fn content(
        self,
        live: Option<&BTreeMap<TableName, Touch>>,
        before: Earlier<'_>,
    ) -> Result<DatabaseFingerprint, LabError> {
        let what = format!("list the tables of {}", self.database.as_str());
        let listed = self.within_savepoint(&catalog::query()).await;
        let mut content = DatabaseFingerprint::default();
        let mut tables = Vec::new();
        for table in catalog::tables(self.node.ask(listed, &what)?)? {
            if is_marker_table(&table.name) {
                continue;
            }
            match left_out(&table) {
                Some(reason) => drop(content.left_out.insert(table.name, reason)),
                None => tables.push(table),
            }
        }
        for batch in batches(&tables) {
            for (table, read) in self.read_batch(batch).await? {
                match read {
                    Ok(read) => {
                        let mut print = fingerprint(table, read, live);
                        let is_changed = before.is_changed(&table.name, &print);
                        if table.is_view {
                            let own = self.definition_of(table).await?;
                            let query = if is_changed {
                                let earlier = before.definition_of(&table.name).unwrap_or(&own);
                                Some(self.query(table, earlier).await?)
                            } else {
                                None
                            };
                            print.derived = Some(Derived::View { query, definition: Some(own) });
                        } else if let Some(horizon) = before.horizon.filter(|_| is_changed) {
                            print.earlier = Some(self.rows_before(table, horizon).await?);
                        }
                        content.tables.insert(table.name.clone(), print);
                    }
                    Err(error) => {
                        content.left_out.insert(table.name.clone(), LeftOut::Unreadable { error });
                    }
                }
            }
        }
        let objects =
            self.node.ask(self.within_savepoint(expression::LARGE_OBJECTS).await, "read large objects")?;
        let objects = reads(&objects, 1).and_then(|mut read| read.pop());
        let objects =
            objects.ok_or_else(|| LabError::state("read large objects", "the server gave no count"))?;
        if objects.rows > 0 {
            let name = TableName { schema: "pg_catalog".into(), name: "pg_largeobject".into() };
            let print =
                TableFingerprint { rows: objects.rows, hash: objects.hash, ..TableFingerprint::default() };
            content.tables.insert(name, print);
        }
        self.node.ask(self.session.run("commit").await, "end reading the content")?;
        Ok(content)
    }

    /// Asks something and gives back the locks that it took; the snapshot stays.
    async fn within_savepoint(&self, sql: &str) -> Result<TextRows, SqlError> {
        self.session.run("savepoint batch").await?;
        let answer = self.session.rows(sql).await;
        match answer {
            Err(error) if error.is_disconnect() => Err(error),
            answer => {
                self.session.run("rollback to savepoint batch; release savepoint batch").await?;
                answer
            }
        }
    }

    /// Reads some tables by one statement; where that fails, one by one, so that it is known which one is the
    /// reason.
    async fn read_batch<'a>(
        &self,
        batch: &'a [Table],
    ) -> Result<Vec<(&'a Table, Result<Read, String>)>, LabError> {
        let sql: Vec<String> = batch.iter().enumerate().map(|(number, table)| query(number, table)).collect();
        let all = self.within_savepoint(&sql.join(" union all ")).await;
        if let Ok(rows) = &all
            && let Some(read) = reads(rows, batch.len())
        {
            return Ok(batch.iter().zip(read.into_iter().map(Ok)).collect());
        }
        let mut each = Vec::new();
        for table in batch {
            let what = format!("read {}", table.name);
            let read = match self.within_savepoint(&query(0, table)).await {
                Ok(rows) => {
                    let read = reads(&rows, 1).and_then(|mut read| read.pop());
                    Ok(read.ok_or_else(|| LabError::state(&what, "the server gave no count"))?)
                }
                Err(error) if error.state.as_deref().is_some_and(sqlstate::is_refusal_of_a_value) => {
                    Err(error.to_string())
                }
                Err(error) => return self.node.ask(Err(error), &what),
            };
            each.push((table, read));
        }
        Ok(each)
    }

    /// The rows of a table that came before a transaction.
    async fn rows_before(&self, table: &Table, horizon: u64) -> Result<Rows, LabError> {
        let what = format!("read the earlier rows of {}", table.name);
        let sql = format!("{} where age(t.xmin) > age('{horizon}'::xid8::xid)", query(0, table));
        let rows = self.node.ask(self.within_savepoint(&sql).await, &what)?;
        let read = reads(&rows, 1).and_then(|mut read| read.pop());
        let read = read.ok_or_else(|| LabError::state(&what, "the server gave no count"))?;
        Ok(Rows { rows: read.rows, hash: read.hash })
    }

    /// The query of a materialized view.
    async fn definition_of(&self, view: &Table) -> Result<String, LabError> {
        let what = format!("read the query of {}", view.name);
        let definition = format!(
            "select pg_get_viewdef(c.oid) from pg_class c join pg_namespace n on n.oid = c.relnamespace \
             where n.nspname = {} and c.relname = {}",
            crate::pg::quote::literal(&view.name.schema),
            crate::pg::quote::literal(&view.name.name),
        );
        let rows = self.node.ask(self.within_savepoint(&definition).await, &what)?;
        let definition = rows.into_iter().next().and_then(|row| row.into_iter().next()).flatten();
        definition.ok_or_else(|| LabError::state(&what, "the system catalog has none"))
    }

    /// What the query of a materialized view gives.
    async fn query(&self, view: &Table, definition: &str) -> Result<QueryResult, LabError> {
        let what = format!("run the query of {}", view.name);
        let names: Vec<String> = view.columns.iter().map(|column| identifier(&column.name)).collect();
        let names = if names.is_empty() { String::new() } else { format!("({})", names.join(", ")) };
        let sql = format!(
            "select 0, count(*), {} from ({}) t{names}",
            expression::hash(&view.columns),
            definition.trim_end().trim_end_matches(';')
        );
        match self.within_savepoint(&sql).await {
            Ok(rows) => {
                let read = reads(&rows, 1).and_then(|mut read| read.pop());
                let read = read.ok_or_else(|| LabError::state(&what, "the server gave no count"))?;
                Ok(QueryResult::Rows { rows: read.rows, hash: read.hash })
            }
            Err(error) if error.is_disconnect() => self.node.ask(Err(error), &what),
            Err(error) => Ok(QueryResult::Refused { error: error.to_string() }),
        }
    }
}

/// The materialized views of a database that have no rows of their own: of each, whether it reads a foreign
/// table.
///
/// # Errors
/// Returns an error if they can't be listed.
pub async fn unpopulated_views(node: &Node, database: &DatabaseName) -> Result<Vec<bool>, LabError> {
    let what = format!("list the materialized views of {}", database.as_str());
    let session = node.session(database.as_str()).await?;
    let tables = catalog::tables(node.ask(session.rows(&catalog::query()).await, &what)?)?;
    let unpopulated = tables.iter().filter(|table| table.is_view && !table.is_populated);
    Ok(unpopulated.map(|table| table.is_foreign).collect())
}

/// Whether it is the table in which a drill marks positions: its rows come and go with recoveries.
fn is_marker_table(table: &TableName) -> bool {
    MARKER_TABLE.parse().is_ok_and(|marker: TableName| marker == *table)
}

/// What a statement says of each of the tables that it reads, in their order: a number, rows, a hash, and
/// maybe another.
fn reads(rows: &TextRows, tables: usize) -> Option<Vec<Read>> {
    let mut reads = Vec::new();
    for row in rows {
        let mut fields = row.iter().cloned();
        let number: usize = fields.next()??.parse().ok()?;
        let (rows, hash) = (fields.next()??.parse().ok()?, fields.next()??);
        reads.push((number, Read { rows, hash, others: fields.next().flatten() }));
    }
    reads.sort_by_key(|(number, _)| *number);
    let reads: Vec<Read> = reads.into_iter().map(|(_, read)| read).collect();
    (reads.len() == tables).then_some(reads)
}

fn left_out(table: &Table) -> Option<LeftOut> {
    if table.is_unlogged {
        Some(LeftOut::Unlogged)
    } else if table.is_view && !table.is_populated {
        Some(LeftOut::NeverPopulated { foreign: table.is_foreign })
    } else {
        None
    }
}

fn fingerprint(table: &Table, read: Read, live: Option<&BTreeMap<TableName, Touch>>) -> TableFingerprint {
    let generated: Vec<String> =
        table.columns.iter().filter(|column| column.generated).map(|column| column.name.clone()).collect();
    let derived = if table.is_view {
        Some(Derived::View { query: None, definition: None })
    } else if generated.is_empty() {
        None
    } else {
        Some(Derived::Columns { names: generated, others: read.others.unwrap_or_default() })
    };
    TableFingerprint {
        rows: read.rows,
        hash: read.hash,
        live: live.is_some_and(|live| live.contains_key(&table.name)),
        grows: false,
        earlier: None,
        derived,
        extension: table.extension.clone(),
    }
}

/// Small tables together, large ones alone.
fn batches(tables: &[Table]) -> impl Iterator<Item = &[Table]> {
    let large = tables.iter().take_while(|table| table.bytes > LARGE).count();
    let (large, small) = tables.split_at(large);
    large.chunks(1).chain(small.chunks(TABLES_AT_ONCE))
}

fn query(number: usize, table: &Table) -> String {
    let generated = table.columns.iter().any(|column| column.generated);
    let others = if generated {
        format!("({})::text", expression::hash(table.columns.iter().filter(|column| !column.generated)))
    } else {
        "null::text".to_owned()
    };
    format!(
        "select {number}, count(*), ({})::numeric, {others} from only {} t",
        expression::hash(&table.columns),
        table.name.quoted()
    )
}
