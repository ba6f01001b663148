//! A standby becomes the primary.

use super::{Arrival, Phases, turn_service};
use crate::{
    action::stage::Stage,
    drill::{NodeName, Service},
    journal::Phase,
    lab::LabError,
};

pub(super) async fn run(stage: &Stage, phases: &mut Phases, name: &NodeName) -> Result<Arrival, LabError> {
    let node = stage.node(name)?;
    phases.enter(Phase::Promote);
    let session = node.session("postgres").await?;
    let since = match stage.drill.service {
        Service::Switch => turn_service(stage, &node).await?,
        Service::MultiHost => stage.now(),
    };
    stage.recorder.progress(format!("promoting {name}"));
    let promoted = node.ask(session.value("select pg_promote(true, 3600)").await, "promote the standby")?;
    if promoted.as_deref() != Some("t") {
        return Err(LabError::state(format!("promote {name}"), "the server did not leave recovery"));
    }
    phases.leave();
    Ok(Arrival {
        log: node.clone(),
        node,
        target: None,
        aim: None,
        backup: None,
        baseline: None,
        last_segment: None,
        serves: true,
        since,
    })
}
