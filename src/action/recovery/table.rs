//! A table is brought back from a delayed standby, with what was dropped with it; nothing else is touched.

use std::time::Duration;

use super::{Phases, RecoveredService};
use crate::{
    action::{context::DrillContext, inventory, topology},
    drill::{NodeName, TableName},
    journal::{ErrorChain, Phase},
    lab::{
        Command, LabError,
        node::Node,
        wait::{self, Poll},
    },
    pg::{
        Lsn, ResolvedTarget,
        quote::{literal, shell_word},
        resolved_target,
    },
};

pub(super) async fn run(
    context: &DrillContext,
    phases: &mut Phases,
    table: &TableName,
    standby: &NodeName,
) -> Result<RecoveredService, LabError> {
    let declared = context
        .drill
        .node(standby)
        .ok_or_else(|| LabError::state(format!("turn to {standby}"), "the drill has no such node"))?;
    let standby = context.node(standby)?;
    let (primary, _) = context.service()?;
    phases.enter(Phase::Start);
    let (xid, mistake) = mistake(context, table)?;
    // All that the mistake's transaction wrote must be on the standby before it is turned away from the
    // primary.
    wait::until(
        "see the standby receive the human error",
        context.time_left.remaining(),
        Duration::from_millis(5),
        || async {
            Ok(if topology::received(context, standby.name()).await? >= mistake {
                Poll::Ready(())
            } else {
                Poll::NotYet
            })
        },
    )
    .await?;
    standby.stop().await?;
    let before = first_record(&standby, xid).await?;
    let mut aimed = topology::settings_of(context, declared);
    let resolved_target = ResolvedTarget::Position { at: before, inclusive: false };
    aimed.extend(resolved_target.settings());
    for (name, value) in [
        ("primary_conninfo", primary.conninfo_for(&standby).await?),
        ("wal_retrieve_retry_interval", "100ms".into()),
        ("recovery_min_apply_delay", "0".into()),
        ("recovery_target_action", "pause".into()),
    ] {
        aimed.insert(name.to_owned(), value);
    }
    let session = standby.start(&aimed).await?;
    phases.enter(Phase::Replay);
    context.recorder.progress(format!("replaying {} to just before the human error", standby.name()));
    wait::until(
        "see the standby stop before the human error",
        context.time_left.remaining(),
        super::ASK_EVERY,
        || async {
            let state = standby.ask(
                session.value("select pg_get_wal_replay_pause_state()").await,
                "ask how far replay is",
            )?;
            // Exactly this word: `not paused` and `pause requested` hold it, too.
            Ok(if state.as_deref() == Some("paused") { Poll::Ready(()) } else { Poll::NotYet })
        },
    )
    .await?;
    phases.enter(Phase::Restore);
    context.recorder.progress(format!("copying {table} back"));
    let since = context.now();
    copy(context, &standby, &primary, table).await?;
    phases.leave();
    Ok(RecoveredService {
        log: standby,
        resolved_target: Some(resolved_target),
        ..RecoveredService::with_own_data(primary, since)
    })
}

/// The transaction that dropped the table, and a position in WAL after it.
fn mistake(context: &DrillContext, table: &TableName) -> Result<(u64, Lsn), LabError> {
    let facts = context.faults.values().rfind(|facts| facts.fault.table() == Some(table));
    facts
        .and_then(|facts| facts.xid.zip(facts.lsn))
        .ok_or_else(|| LabError::state("find the human error", format!("no step dropped {table}")))
}

/// Where the mistake's transaction begins in WAL. Stopping before its commit would be too late: its lock on
/// the table is replayed as well, and would keep everybody from reading it.
async fn first_record(standby: &Node, xid: u64) -> Result<Lsn, LabError> {
    let what = format!("find transaction {xid} in WAL");
    let redo = standby.control_data().await?.redo;
    let short = resolved_target::short(xid);
    let waldump = standby.program("pg_waldump");
    let script = format!("{waldump} -p {}/pg_wal -s {redo} -x {short} -n 1", standby.paths().data);
    let record = standby.run(Command::shell(&what, script)).await?.text();
    let lsn = record
        .split_once("lsn: ")
        .and_then(|(_, rest)| rest.split_once(','))
        .and_then(|(lsn, _)| lsn.parse().ok());
    lsn.ok_or_else(|| LabError::state(what, format!("pg_waldump said {record:?}")))
}

async fn copy(
    context: &DrillContext,
    standby: &Node,
    primary: &Node,
    table: &TableName,
) -> Result<(), LabError> {
    let what = format!("copy {table} back");
    let session = primary.session(context.database().as_str()).await?;
    let there = format!("select to_regclass({}) is not null", literal(&table.quoted()));
    if primary.ask(session.value(&there).await, "look for the table")?.as_deref() == Some("t") {
        return Err(LabError::state(
            what,
            "a table of this name is in the primary: it would be mixed with the old one",
        ));
    }
    let source = standby.session(context.database().as_str()).await?;
    let plan = inventory::plan(standby, &source, table).await?;
    drop(source);
    let patterns: Vec<_> = plan.relations.iter().map(|name| format!("-t {}", shell_word(name))).collect();
    let (source, target) = (standby.address().await?, primary.address().await?);
    let file = format!("{}/table.dump", standby.paths().run);
    // A partition can't be attached before it has its indexes: that comes last, with what is elsewhere.
    let without = if plan.is_a_part() { " (TABLE|INDEX) ATTACH " } else { "^$" };
    let script = format!(
        "{dump} -h {} -p {} --no-password -d {database} -Fc --compress=0 --strict-names {patterns} -f \
         {file}\n\
         {restore} -l {file} | grep -vE '{without}' > {file}.list\n\
         {restore} -h {} -p {} --no-password -d {database} --exit-on-error --single-transaction -L \
         {file}.list {file}\n\
         rm {file} {file}.list",
        source.host,
        source.port,
        target.host,
        target.port,
        dump = standby.program("pg_dump"),
        restore = standby.program("pg_restore"),
        database = context.database().shell_argument(),
        patterns = patterns.join(" "),
    );
    standby.run_as_superuser(Command::shell(what, script)).await?;
    // What DROP … CASCADE took of other tables is in no dump of this one.
    let there = inventory::of(primary, &session, table).await?;
    for (line, statement) in plan.elsewhere.into_iter().filter(|(line, _)| !there.contains(line)) {
        // It may contradict what was written since: then it stays away, and the probe after the recovery
        // tells.
        if let Err(error) = session.run(&statement).await {
            let error = ErrorChain::of(&error);
            context.recorder.progress(format!("{line} was dropped, too, and can't be made again: {error}"));
        }
    }
    Ok(())
}
