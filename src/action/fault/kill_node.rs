//! Every process of the server dies at once.

use std::sync::Arc;

use super::{DrillContext, Injected, Seen, Site, proof};
use crate::{
    drill::NodeName,
    lab::{LabError, Processes},
};

pub(super) async fn inject(
    context: &mut DrillContext,
    step: usize,
    name: &NodeName,
) -> Result<Injected, LabError> {
    let (runtime, victim) = (Arc::clone(&context.runtime), name.clone());
    let at = context.now();
    proof::until_noticed(context, step, async move { runtime.kill(&victim).await }).await?;
    let done = context.now();
    context.nodes.remove(name);
    Ok(Injected::between(at, done))
}

pub(super) async fn probe(site: &Site, name: &NodeName) -> Result<Seen, LabError> {
    let processes = site.node.runtime().processes(name).await?;
    Ok(Seen::present_if(
        processes == Processes::Gone,
        format!("no process of {name} is left"),
        format!("{name} still has processes"),
    ))
}
