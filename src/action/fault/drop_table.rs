//! Somebody drops a table.

use super::{Injected, Injector, Seen, Site};
use crate::{action::inventory, drill::DroppedTable, lab::LabError, pg::quote::literal};

pub(super) async fn inject(injector: &Injector, dropped: &DroppedTable) -> Result<Injected, LabError> {
    let DroppedTable { table, cascade } = dropped;
    let Injector { node, database, .. } = injector;
    let session = node.session(database.as_str()).await?;
    let what = format!("drop {dropped}");
    node.ask(session.run("set lock_timeout = '30s'; begin").await, &what)?;
    let rows = format!("select (exists (select from {}))::text", table.quoted());
    let has_rows: bool = node.ask(session.read(&rows).await, "look for rows of the table")?;
    let inventory = inventory::of(node, &session, table).await?;
    // With this lock the transaction gets its number: before, what reading leaves in WAL (hint bits, pruned
    // pages) would carry it, and a recovery to before its first record would lose what clients commit
    // while it waits for the lock.
    let lock = format!("lock table {} in access exclusive mode", table.quoted());
    node.ask(session.run(&lock).await, &what)?;
    let xid = node.ask(session.read("select pg_current_xact_id()").await, &what)?;
    let with_it = if *cascade { " cascade" } else { "" };
    node.ask(session.run(&format!("drop table {}{with_it}", table.quoted())).await, &what)?;
    let at = injector.moment();
    node.ask(session.run("commit").await, &what)?;
    let done = injector.moment();
    let lsn = node.ask(
        session.read("select pg_current_wal_flush_lsn()").await,
        "read the position after the mistake",
    )?;
    let server_time = node.ask(session.clock_time().await, "read the server's time")?;
    // Clients whose own table is gone commit no more: that recovery stops before the mistake needs a commit
    // behind it.
    let application = node.session_as_application(database.as_str()).await?;
    injector.markers()?.commit(node, &application).await?;
    Ok(Injected {
        has_rows: Some(has_rows),
        inventory,
        xid: Some(xid),
        lsn: Some(lsn),
        server_time: Some(server_time),
        ..Injected::between(at, done)
    })
}

pub(super) async fn probe(site: &Site, dropped: &DroppedTable) -> Result<Seen, LabError> {
    let table = &dropped.table;
    let session = site.node.session(site.database.as_str()).await?;
    let there = format!("select (to_regclass({}) is not null)::text", literal(&table.quoted()));
    let there: bool = site.node.ask(session.read(&there).await, "look for the table")?;
    // An unlogged table comes back from WAL or from a standby without a single row: the DROP has destroyed
    // them.
    if there && site.has_rows == Some(true) {
        let rows = format!("select (exists (select from {}))::text", table.quoted());
        let has_rows: bool = site.node.ask(session.read(&rows).await, "look for rows of the table")?;
        if !has_rows {
            return Ok(Seen::Present(format!("{table} had rows when it was dropped, and came back empty")));
        }
    }
    if there && !site.inventory.is_empty() {
        let after = inventory::of(&site.node, &session, table).await?;
        let missing = inventory::missing(&site.inventory, &after);
        if !missing.is_empty() {
            return Ok(Seen::Partly(missing));
        }
        let whole = site.inventory.len();
        return Ok(Seen::Gone(format!(
            "{table} is in the system catalog, and all {whole} lines of its inventory"
        )));
    }
    Ok(Seen::present_if(
        !there,
        format!("{table} is not in the system catalog"),
        format!("{table} is in the system catalog"),
    ))
}
