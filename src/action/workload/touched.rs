//! Which tables the clients change, those among them that only a trigger or a cascade of theirs changes.

use std::collections::BTreeMap;

use super::transactions::{Chance, Transactions};
use crate::{
    drill::{TableName, Workload},
    lab::{LabError, node::Node, session::TextRows},
};

/// So often each transaction is tried: what it does may depend on chance.
const TRIES: usize = 5;

/// What the transaction has changed up to here; with one partition, all of its table's.
const CHANGED: &str = "select n.nspname, c.relname, s.n_tup_upd + s.n_tup_del > 0 \
    from pg_catalog.pg_stat_xact_user_tables s \
    left join lateral pg_catalog.pg_partition_tree(pg_catalog.pg_partition_root(s.relid)) t on true \
    join pg_catalog.pg_class c on c.oid = coalesce(t.relid::pg_catalog.oid, s.relid) \
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
    where s.n_tup_ins + s.n_tup_upd + s.n_tup_del > 0";

/// What the clients do to the rows of a table that they change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Touch {
    /// They add rows, as far as was seen.
    Adds,
    /// They change or remove rows as well, or the ledger tells all of them.
    Changes,
}

/// The tables that the clients change: each of their transactions is run a few times as they run it, and
/// rolled back. One that fails changes nothing here, and tells why when the clients run it.
///
/// # Errors
/// Returns an error if the server can't be reached or a script can't be read.
pub async fn touched(
    node: &Node,
    database: &str,
    workload: &Workload,
    nonce: &str,
) -> Result<BTreeMap<TableName, Touch>, LabError> {
    let mut tables = BTreeMap::from([(workload.table.clone(), Touch::Changes)]);
    let transactions = Transactions::of(workload)?;
    let mut chance = Chance::of(nonce, 0);
    let session = node.application_session(database).await?;
    for statements in transactions.writing(TRIES, &mut chance) {
        match session.rows(&format!("begin;\n{statements};\n{CHANGED};\nrollback")).await {
            Ok(rows) => {
                for (table, touch) in touches(rows) {
                    let most = tables.entry(table).or_insert(touch);
                    *most = touch.max(*most);
                }
            }
            Err(error) => {
                tracing::debug!(%error, "a transaction of the clients could not be tried");
                node.ask(session.run("rollback").await, "roll a transaction of the clients back")?;
            }
        }
    }
    Ok(tables)
}

fn touches(rows: TextRows) -> impl Iterator<Item = (TableName, Touch)> {
    rows.into_iter().filter_map(|row| {
        let mut row = row.into_iter().flatten();
        let name = TableName { schema: row.next()?, name: row.next()? };
        Some((name, if row.next()? == "t" { Touch::Changes } else { Touch::Adds }))
    })
}
