//! The server and its data directory are gone.

use super::{DrillContext, Injected, Seen, Site};
use crate::{drill::NodeName, lab::LabError};

pub(super) async fn inject(context: &mut DrillContext, name: &NodeName) -> Result<Injected, LabError> {
    let at = context.now();
    context.runtime.destroy(name).await?;
    let done = context.now();
    context.nodes.remove(name);
    Ok(Injected::between(at, done))
}

pub(super) async fn probe(site: &Site) -> Result<Seen, LabError> {
    let name = site.node.name();
    Ok(match site.node.runtime().remains(name).await? {
        None => Seen::Present(format!("neither processes nor data of {name} exist any more")),
        Some(left) => Seen::Gone(format!("there is still {left}")),
    })
}
