//! The server and its data directory are gone.

use super::{DrillContext, Effect};
use crate::{drill::NodeName, lab::LabError};

pub(super) async fn inject(context: &mut DrillContext, name: &NodeName) -> Result<Effect, LabError> {
    context.node(name)?;
    let at = context.now();
    context.runtime.destroy(name).await?;
    let proof = match context.runtime.remains(name).await? {
        None => Ok((context.now(), format!("neither processes nor data of {name} exist any more"))),
        Some(left) => Err(format!("there is still {left}")),
    };
    context.nodes.remove(name);
    Ok(Effect::at(at, proof))
}
