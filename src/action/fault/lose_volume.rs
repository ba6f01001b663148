//! The server and its data directory are gone.

use super::{Effect, Stage};
use crate::{drill::NodeName, lab::LabError};

pub(super) async fn inject(stage: &mut Stage, name: &NodeName) -> Result<Effect, LabError> {
    stage.node(name)?;
    let at = stage.now();
    stage.runtime.destroy(name).await?;
    let proof = match stage.runtime.remains(name).await? {
        None => Ok((stage.now(), format!("neither processes nor data of {name} exist any more"))),
        Some(left) => Err(format!("there is still {left}")),
    };
    stage.nodes.remove(name);
    Ok(Effect::at(at, proof))
}
