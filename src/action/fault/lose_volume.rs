//! The server and its data directory are gone.

use std::sync::Arc;

use super::{DrillContext, Injected, Seen, Site, proof};
use crate::{drill::NodeName, lab::LabError};

pub(super) async fn inject(
    context: &mut DrillContext,
    step: usize,
    name: &NodeName,
) -> Result<Injected, LabError> {
    let (runtime, victim) = (Arc::clone(&context.runtime), name.clone());
    let at = context.now();
    proof::until_noticed(context, step, async move { runtime.destroy(&victim).await }).await?;
    let done = context.now();
    context.nodes.remove(name);
    Ok(Injected::between(at, done))
}

pub(super) async fn probe(site: &Site, name: &NodeName) -> Result<Seen, LabError> {
    Ok(match site.node.runtime().remains(name).await? {
        None => Seen::Present(format!("neither processes nor data of {name} exist any more")),
        Some(left) => Seen::Gone(format!("there is still {left}")),
    })
}
