//! Somebody drops a table.

use super::{DrillContext, Effect};
use crate::{drill::TableName, lab::LabError, pg::quote::literal};

pub(super) async fn inject(context: &mut DrillContext, table: &TableName) -> Result<Effect, LabError> {
    let (node, _) = context.service()?;
    let session = node.session(context.database().as_str()).await?;
    let what = format!("drop {table}");
    node.ask(session.run("set lock_timeout = '30s'; begin").await, &what)?;
    let xid = node.ask(session.read("select pg_current_xact_id()").await, &what)?;
    node.ask(session.run(&format!("drop table {}", table.quoted())).await, &what)?;
    let at = context.now();
    node.ask(session.run("commit").await, &what)?;
    let committed = context.now();
    let lsn = node
        .ask(session.read("select pg_current_wal_flush_lsn()").await, "read the LSN after the human error")?;
    let server_time = node.ask(session.clock_time().await, "read the server's time")?;
    let gone = format!("select to_regclass({}) is null", literal(&table.quoted()));
    let gone = node.ask(session.value(&gone).await, "look for the table")?;
    let proof = if gone.as_deref() == Some("t") {
        Ok((committed, format!("{table} is no longer in the system catalog; transaction {xid} dropped it")))
    } else {
        Err(format!("{table} is still in the system catalog"))
    };
    // Clients whose own table is gone commit no more: that recovery stops before the mistake needs a commit behind it.
    let application = node.session_as_application(context.database().as_str()).await?;
    context.workload_mut()?.commit_marker(&node, &application).await?;
    Ok(Effect { at, proof, xid: Some(xid), lsn: Some(lsn), server_time: Some(server_time) })
}
