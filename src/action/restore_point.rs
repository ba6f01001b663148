//! Making a restore point between two marker commits, with the clients held.

use super::{context::DrillContext, fingerprint, workload::MARKER_TABLE};
use crate::{
    drill::RestorePointName,
    journal::{Event, MARKER_WRITER, RestorePointFacts},
    lab::LabError,
    pg::quote::literal,
};

pub(super) async fn make(
    context: &mut DrillContext,
    step: usize,
    name: &RestorePointName,
) -> Result<(), LabError> {
    let (node, _) = context.service()?;
    let database = context.database();
    let application = node.session_as_application(database.as_str()).await?;
    let snapshot = fingerprint::Snapshot::open(&node, &database).await?;
    let held = context.workload()?.hold().await?;

    let markers = context.workload()?.markers();
    markers.commit(&node, &application).await?;
    let before_marker = context.now();
    let marker = markers.commit(&node, &application).await?;
    let after_marker = context.now();

    let admin = node.session(database.as_str()).await?;
    let xid = format!(
        "select xmin::text::bigint from {MARKER_TABLE} where writer = {MARKER_WRITER} and seq = {marker}"
    );
    let xid = node.ask(admin.read(&xid).await, "read the marker's transaction")?;
    let lsn = node
        .ask(admin.read("select pg_current_wal_insert_lsn()").await, "read the LSN of the restore point")?;
    let create = format!("select pg_create_restore_point({})", literal(name.as_str()));
    node.ask(admin.run(&create).await, "create the restore point")?;
    // The snapshot sees marker A and nothing later: the clients are held.
    snapshot.take().await?;
    let time = node.ask(admin.clock_time().await, "read the server's time")?;
    markers.commit(&node, &application).await?;
    drop(held);

    let mark = RestorePointFacts { name: name.clone(), before_marker, after_marker, xid, lsn, time };
    context.recorder.record(Event::RestorePointMade { step, facts: mark.clone() });
    context.restore_points.insert(name.clone(), mark);
    if fingerprint::is_asked(&context.drill) {
        let live = fingerprint::Live::of(context)?;
        let fingerprint = fingerprint::at(&node, snapshot, context.clock(), &live, None).await?;
        context.baselines.insert(name.to_string(), fingerprint);
    }
    Ok(())
}
