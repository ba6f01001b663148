//! The server is started again where it was.

use std::time::Duration;

use super::{Phases, RecoveredService};
use crate::{
    action::context::DrillContext,
    drill::NodeName,
    journal::{Moment, Phase},
    lab::{
        Command, LabError,
        node::Node,
        wait::{self, Poll},
    },
};

pub(super) async fn run(
    context: &DrillContext,
    phases: &mut Phases,
    name: &NodeName,
) -> Result<RecoveredService, LabError> {
    let node = context.node(name)?;
    let since = start_again(context, phases, &node).await?;
    // Until crash recovery is through, nobody is let in: all of it counts as replay.
    phases.enter(Phase::Replay);
    drop(node.wait_for_connections().await?);
    phases.leave();
    Ok(RecoveredService::with_own_data(node, since))
}

/// Starts a server whose postmaster was killed; returns when.
pub(super) async fn start_again(
    context: &DrillContext,
    phases: &mut Phases,
    node: &Node,
) -> Result<Moment, LabError> {
    phases.enter(Phase::Start);
    // The children of a postmaster that was killed end by themselves; a server won't start beside them.
    let data = node.paths().data;
    let orphans = format!(
        "for p in /proc/[0-9]*; do test \"$(readlink $p/cwd 2>/dev/null)\" = {data} && exit 1; done; exit 0"
    );
    let orphans = Command::shell("look for the old server's processes", orphans);
    wait::until(
        "see the old server's processes end",
        context.time_left.patience(),
        Duration::from_millis(5),
        || async {
            Ok(if node.exec(orphans.clone()).await?.code == 0 { Poll::Ready(()) } else { Poll::NotYet })
        },
    )
    .await?;
    // Nobody stands in the data directory any more, so its lock is stale. Left where it is, it would be taken
    // for a live one for as long as the first process of the machine has not collected the dead postmaster.
    node.run(Command::shell("remove the stale lock file", format!("rm -f {data}/postmaster.pid"))).await?;
    let since = context.now();
    node.launch().await?;
    Ok(since)
}
