//! Every process of the server dies at once.

use super::{Effect, Stage, silence};
use crate::{drill::NodeName, lab::LabError};

pub(super) async fn inject(stage: &mut Stage, name: &NodeName) -> Result<Effect, LabError> {
    let node = stage.node(name)?;
    let address = node.address().await?;
    let at = stage.now();
    stage.runtime.kill(name).await?;
    let proof = silence(stage, &node, &address).await;
    stage.nodes.remove(name);
    Ok(Effect::at(at, proof))
}
