//! Every process of the server stops where it is. What this step froze is thawed by a `heal` step or at the
//! end.

use super::{DrillContext, Injected, Injector, Seen, Site};
use crate::{
    drill::NodeName,
    lab::{LabError, Processes},
};

pub(super) async fn inject(injector: &Injector, name: &NodeName) -> Result<Injected, LabError> {
    let at = injector.moment();
    injector.runtime.freeze(name).await?;
    Ok(Injected::between(at, injector.moment()))
}

/// The runtime's word: the kernel still takes connections for a frozen server, so that a client alone can't
/// tell.
pub(super) async fn probe(site: &Site, name: &NodeName) -> Result<Seen, LabError> {
    Ok(match site.node.runtime().processes(name).await? {
        Processes::Frozen => Seen::Present(format!("every process of {name} stands still")),
        Processes::Running => Seen::Gone(format!("processes of {name} run")),
        Processes::Gone => Seen::Gone(format!("{name} has no processes")),
    })
}

pub(super) async fn heal(context: &DrillContext, name: &NodeName) -> Result<(), LabError> {
    context.runtime.thaw(name).await
}
