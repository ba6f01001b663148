//! Making a restore point between two marker commits, with the clients held.

use super::{fingerprint, stage::Stage, workload::MARKER_TABLE};
use crate::{
    drill::RestorePointName,
    journal::{Event, MARKER_WRITER, Mark},
    lab::LabError,
    pg::quote::literal,
};

pub(super) async fn make(stage: &mut Stage, name: &RestorePointName) -> Result<(), LabError> {
    let (node, _) = stage.service()?;
    let database = stage.database();
    let application = node.application_session(database).await?;
    let snapshot = fingerprint::Snapshot::open(&node, database).await?;
    let held = stage.workload()?.hold().await?;

    let workload = stage.workload_mut()?;
    workload.mark(&node, &application).await?;
    let before_marker = stage.now();
    let marker = stage.workload_mut()?.mark(&node, &application).await?;
    let after_marker = stage.now();

    let admin = node.session(database).await?;
    let xid = format!(
        "select xmin::text::bigint from {MARKER_TABLE} where writer = {MARKER_WRITER} and seq = {marker}"
    );
    let xid = node.ask(admin.read(&xid).await, "read the marker's transaction")?;
    let lsn = node.ask(
        admin.read("select pg_current_wal_insert_lsn()").await,
        "read the position of the restore point",
    )?;
    let create = format!("select pg_create_restore_point({})", literal(name.as_str()));
    node.ask(admin.run(&create).await, "create the restore point")?;
    // The snapshot sees marker A and nothing later: the clients are held.
    snapshot.take().await?;
    let time = node.ask(admin.clock_time().await, "read the server's time")?;
    stage.workload_mut()?.mark(&node, &application).await?;
    drop(held);

    let mark = Mark { name: name.clone(), before_marker, after_marker, xid, lsn, time };
    stage.recorder.record(Event::RestorePointMade(mark.clone()));
    stage.marks.insert(name.clone(), mark);
    let live = stage.workload()?.table().clone();
    let fingerprint = snapshot.fingerprint(stage.clock(), &live).await?;
    stage.baselines.insert(name.to_string(), fingerprint);
    Ok(())
}
