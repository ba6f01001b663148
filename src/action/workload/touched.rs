//! Which tables the clients change, those among them that only a trigger or a cascade of theirs changes.

use std::collections::BTreeSet;

use super::transactions::{Chance, Transactions};
use crate::{
    drill::{TableName, Workload},
    lab::{LabError, node::Node, session::TextRows},
};

/// So often each transaction is tried: what it does may depend on chance.
const TRIES: usize = 5;

/// What the transaction has changed up to here; with one partition, all of its table's.
const CHANGED: &str = "select n.nspname, c.relname from pg_catalog.pg_class c \
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace where c.oid in (\
    select coalesce(t.relid::pg_catalog.oid, s.relid) from pg_catalog.pg_stat_xact_user_tables s \
    left join lateral pg_catalog.pg_partition_tree(pg_catalog.pg_partition_root(s.relid)) t on true \
    where s.n_tup_ins + s.n_tup_upd + s.n_tup_del > 0)";

/// The tables that the clients change: each of their transactions is run a few times as they run it, and rolled back.
/// One that fails changes nothing here, and tells why when the clients run it.
///
/// # Errors
/// Returns an error if the server can't be reached or a script can't be read.
pub async fn touched(
    node: &Node,
    database: &str,
    workload: &Workload,
    nonce: &str,
) -> Result<BTreeSet<TableName>, LabError> {
    let mut tables = BTreeSet::from([workload.table.clone()]);
    let transactions = Transactions::of(workload)?;
    let mut chance = Chance::of(nonce, 0);
    let session = node.application_session(database).await?;
    for statements in transactions.writing(TRIES, &mut chance) {
        match session.rows(&format!("begin;\n{statements};\n{CHANGED};\nrollback")).await {
            Ok(rows) => tables.extend(names(rows)),
            Err(error) => {
                tracing::debug!(%error, "a transaction of the clients could not be tried");
                node.ask(session.run("rollback").await, "roll a transaction of the clients back")?;
            }
        }
    }
    Ok(tables)
}

fn names(rows: TextRows) -> impl Iterator<Item = TableName> {
    rows.into_iter().filter_map(|row| {
        let mut row = row.into_iter().flatten();
        Some(TableName { schema: row.next()?, name: row.next()? })
    })
}
