//! A standby becomes the primary.

use super::{Phases, RecoveredService, switch_service};
use crate::{
    action::context::DrillContext,
    drill::Service,
    journal::Phase,
    lab::{LabError, node::Node, session::Session},
};

pub(super) async fn run(
    context: &DrillContext,
    phases: &mut Phases,
    node: Node,
    session: Session,
) -> Result<RecoveredService, LabError> {
    let name = node.name();
    phases.enter(Phase::Promote);
    let since = match context.drill.service() {
        Service::Switch => switch_service(context, &node).await?,
        Service::MultiHost => context.now(),
    };
    context.recorder.progress(format!("promoting {name}"));
    let within = context.time_left.remaining();
    let promote = format!("select pg_promote(true, {})", within.as_secs().max(1));
    let promoted = node.ask(session.value(&promote).await, "promote the standby")?;
    if promoted.as_deref() != Some("t") {
        return Err(LabError::Deadline { what: format!("see {name} leave recovery"), within });
    }
    phases.leave();
    Ok(RecoveredService::with_own_data(node, since))
}
