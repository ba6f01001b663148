//! A backup is restored into a new node; a physical one is rolled forward.

use super::{
    Phases, RecoveredService, complete_archive, follow_promotion, restart, settings, switch_service,
};
use crate::{
    action::{
        archive, backup,
        context::DrillContext,
        prepare::{self, Content},
        topology,
    },
    drill::{Label, NodeName, Recovery, RecoveryTarget},
    journal::{BackupFacts, Moment, Phase},
    lab::{LabError, Provision, node::Node},
    pg::ResolvedTarget,
};

pub(super) async fn run(
    context: &mut DrillContext,
    phases: &mut Phases,
    from: &Label,
    target: &RecoveryTarget,
    onto: &NodeName,
    serve: bool,
) -> Result<RecoveredService, LabError> {
    let facts = context
        .backups
        .get(from)
        .cloned()
        .ok_or_else(|| LabError::state(format!("restore {from}"), "this backup was not taken"))?;
    phases.enter(Phase::Provision);
    if context.faults.values().any(|facts| facts.fault.node() == Some(onto)) {
        // What became of the server whose name it takes is known before it is replaced.
        context.proofs.settle().await;
    }
    if context.runtime.remains(onto).await?.is_some() {
        // The copy of an earlier rehearsal, or a server that was killed, makes room; its log is kept.
        context.runtime.destroy(onto).await?;
        context.nodes.remove(onto);
    }
    let (node, since, reached, resolved_target, last_segment, horizon) = if facts.kind.is_physical() {
        let (node, since, resolved_target, last_segment) =
            roll_forward(context, phases, &facts, target, onto, serve).await?;
        (node, since, Some(target.clone()), resolved_target, last_segment, None)
    } else {
        let (node, since, horizon) = read_in(context, phases, &facts, onto, serve).await?;
        (node, since, None, None, None, Some(horizon))
    };
    let baseline = match (&reached, target.point()) {
        // Where clients are sent to it, their own table moves on at once: only a rehearsed copy stands still.
        (None, _) => Some((from.to_string(), !serve)),
        (Some(_), Some(point)) => Some((point.to_string(), !serve)),
        (Some(_), None) => None,
    };
    Ok(RecoveredService {
        log: node.clone(),
        node,
        target: reached,
        resolved_target,
        backup: Some(from.clone()),
        baseline,
        horizon,
        last_segment,
        serves: serve,
        since,
        source: None,
    })
}

async fn roll_forward(
    context: &mut DrillContext,
    phases: &mut Phases,
    facts: &BackupFacts,
    target: &RecoveryTarget,
    onto: &NodeName,
    serve: bool,
) -> Result<(Node, Moment, Option<ResolvedTarget>, Option<String>), LabError> {
    // To its own end a backup brings all WAL along; what lies behind that, and is a target, has to be in the
    // archive.
    if !matches!(target, RecoveryTarget::Latest | RecoveryTarget::Immediate) {
        complete_archive(context).await?;
    }
    let resolved_target = settings::resolved(context, target)?;
    context.recorder.progress(format!("restoring {} into {onto}", facts.label));
    let node = context.create(onto, Provision::Empty).await?;
    let settings = settings::of(context, &node, resolved_target.as_ref());
    fetch(context, phases, facts, &node).await?;
    phases.enter(Phase::Restore);
    // The service may go on archiving: what replay has to reach is what is there before it begins.
    let ((), last_segment) = tokio::try_join!(
        backup::tool(facts.method).restore(context, facts, &node),
        archive::last_segment(context)
    )?;
    phases.enter(Phase::Start);
    node.launch_as(&settings, Some("recovery.signal")).await?;
    let since = replay(context, phases, &node, target, serve).await?;
    Ok((node, since, resolved_target, last_segment))
}

/// From the launch of a server that replays WAL until it takes writes; returns from when on clients are sent
/// to it.
async fn replay(
    context: &DrillContext,
    phases: &mut Phases,
    node: &Node,
    target: &RecoveryTarget,
    serve: bool,
) -> Result<Moment, LabError> {
    context.recorder.progress(format!("replaying WAL to {}", target.describe()));
    let session = node.wait_for_connections().await?;
    let since = if serve { switch_service(context, node).await? } else { context.now() };
    follow_promotion(context, phases, node, &session).await?;
    Ok(since)
}

/// Starts the server of an interrupted restore again: it goes on to the target that it was given.
pub(super) async fn take_up(
    context: &DrillContext,
    phases: &mut Phases,
    first: &Recovery,
) -> Result<RecoveredService, LabError> {
    let Recovery::Restore { from, target, onto, serve } = first else {
        return Err(LabError::state(first.describe(), "only a restore can be taken up again"));
    };
    let node = context.node(onto)?;
    let resolved_target = settings::resolved(context, target)?;
    restart::start_again(context, phases, &node).await?;
    let last_segment = archive::last_segment(context).await?;
    let since = replay(context, phases, &node, target, *serve).await?;
    Ok(RecoveredService {
        target: Some(target.clone()),
        resolved_target,
        backup: Some(from.clone()),
        baseline: target.point().map(|point| (point.to_string(), !serve)),
        last_segment,
        serves: *serve,
        ..RecoveredService::with_own_data(node, since)
    })
}

/// The phase of a tool that brings a backup to the node before it restores it.
async fn fetch(
    context: &DrillContext,
    phases: &mut Phases,
    facts: &BackupFacts,
    node: &Node,
) -> Result<(), LabError> {
    match backup::tool(facts.method).fetch(context, facts, node) {
        Some(fetched) => {
            phases.enter(Phase::Fetch);
            fetched.await
        }
        None => Ok(()),
    }
}

async fn read_in(
    context: &mut DrillContext,
    phases: &mut Phases,
    facts: &BackupFacts,
    onto: &NodeName,
    serve: bool,
) -> Result<(Node, Moment, u64), LabError> {
    let settings = topology::recovered_settings(context);
    let node = prepare::create(context, onto, &Content::Bare).await?;
    phases.enter(Phase::Start);
    drop(node.start(&settings).await?);
    fetch(context, phases, facts, &node).await?;
    phases.enter(Phase::Restore);
    context.recorder.progress(format!("restoring {} into {onto}", facts.label));
    backup::tool(facts.method).restore(context, facts, &node).await?;
    // Part of what was put in place: what no phase holds would be missing from their sum.
    let session = node.session("postgres").await?;
    let horizon = "select pg_snapshot_xmax(pg_current_snapshot())";
    let horizon = node.ask(session.read(horizon).await, "read which transaction comes next")?;
    phases.leave();
    if serve && let Some(first) = context.baselines.get_mut(topology::BASELINE) {
        // From here on the service numbers its transactions anew.
        first.horizon = None;
    }
    let since = if serve { switch_service(context, &node).await? } else { context.now() };
    Ok((node, since, horizon))
}
