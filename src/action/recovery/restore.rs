//! A backup is restored into a new node; a physical one is rolled forward.

use super::{Arrival, Phases, complete_archive, follow_promotion, settings, turn_service};
use crate::{
    action::{
        archive, backup,
        prepare::{self, Content},
        stage::{START_WITHIN, Stage},
        topology,
    },
    drill::{Label, NodeName, RecoveryTarget},
    journal::{BackupFacts, Moment, Phase},
    lab::{LabError, Provision, node::Node},
    pg::Aim,
};

pub(super) async fn run(
    stage: &mut Stage,
    phases: &mut Phases,
    from: &Label,
    target: &RecoveryTarget,
    onto: &NodeName,
    serve: bool,
) -> Result<Arrival, LabError> {
    let facts = stage
        .backups
        .get(from)
        .cloned()
        .ok_or_else(|| LabError::state(format!("restore {from}"), "this backup was not taken"))?;
    phases.enter(Phase::Provision);
    if stage.runtime.remains(onto).await?.is_some() {
        // The copy of an earlier rehearsal, or a server that was killed, makes room; its log is kept.
        stage.runtime.destroy(onto).await?;
        stage.nodes.remove(onto);
    }
    let (node, since, reached, aim, last_segment) = if facts.method.is_physical() {
        let (node, since, aim, last_segment) =
            roll_forward(stage, phases, &facts, target, onto, serve).await?;
        (node, since, Some(target.clone()), aim, last_segment)
    } else {
        let (node, since) = read_in(stage, phases, &facts, onto, serve).await?;
        (node, since, None, None, None)
    };
    let baseline = match (&reached, target.point()) {
        // Where clients are sent to it, their own table moves on at once: only a rehearsed copy stands still.
        (None, _) => Some((from.to_string(), !serve)),
        (Some(_), Some(point)) => Some((point.to_string(), !serve)),
        (Some(_), None) => None,
    };
    Ok(Arrival {
        log: node.clone(),
        node,
        target: reached,
        aim,
        backup: Some(from.clone()),
        baseline,
        last_segment,
        serves: serve,
        since,
    })
}

async fn roll_forward(
    stage: &mut Stage,
    phases: &mut Phases,
    facts: &BackupFacts,
    target: &RecoveryTarget,
    onto: &NodeName,
    serve: bool,
) -> Result<(Node, Moment, Option<Aim>, Option<String>), LabError> {
    // To its own end a backup brings all WAL along; what lies behind that, and is a target, has to be in the archive.
    if !matches!(target, RecoveryTarget::Latest | RecoveryTarget::Immediate) {
        complete_archive(stage).await?;
    }
    let aim = settings::aim(stage, target)?;
    let settings = settings::of(stage, aim.as_ref());
    stage.recorder.progress(format!("restoring {} into {onto}", facts.label));
    let node = stage.create(onto, Provision::Empty).await?;
    phases.enter(Phase::Restore);
    // The service may go on archiving: what replay has to reach is what is there before it begins.
    let ((), last_segment) = tokio::try_join!(
        backup::tool(facts.method).lay_down(stage, facts, &node),
        archive::last_segment(stage)
    )?;
    phases.enter(Phase::Start);
    node.launch_as(&settings, Some("recovery.signal")).await?;
    stage.recorder.progress(format!("replaying WAL to {}", target.describe()));
    let session = node.wait_for_connections(START_WITHIN).await?;
    let since = if serve { turn_service(stage, &node).await? } else { stage.now() };
    follow_promotion(stage, phases, &node, &session).await?;
    Ok((node, since, aim, last_segment))
}

async fn read_in(
    stage: &mut Stage,
    phases: &mut Phases,
    facts: &BackupFacts,
    onto: &NodeName,
    serve: bool,
) -> Result<(Node, Moment), LabError> {
    let settings = topology::recovered_settings(stage);
    let node = prepare::create(stage, onto, &Content::Bare).await?;
    phases.enter(Phase::Start);
    drop(node.start(&settings, START_WITHIN).await?);
    phases.enter(Phase::Restore);
    stage.recorder.progress(format!("restoring {} into {onto}", facts.label));
    backup::tool(facts.method).lay_down(stage, facts, &node).await?;
    phases.leave();
    let since = if serve { turn_service(stage, &node).await? } else { stage.now() };
    Ok((node, since))
}
