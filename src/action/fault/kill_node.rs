//! Every process of the server dies at once.

use super::{DrillContext, Effect, silence};
use crate::{drill::NodeName, lab::LabError};

pub(super) async fn inject(context: &mut DrillContext, name: &NodeName) -> Result<Effect, LabError> {
    let node = context.node(name)?;
    let address = node.address().await?;
    let at = context.now();
    context.runtime.kill(name).await?;
    let proof = silence(context, &node, &address).await;
    context.nodes.remove(name);
    Ok(Effect::at(at, proof))
}
