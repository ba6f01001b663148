//! Every process of the server dies at once.

use std::sync::Arc;

use super::{Injected, Injector, Seen, Site, proof};
use crate::{
    drill::NodeName,
    lab::{LabError, Processes},
};

pub(super) async fn inject(injector: &Injector, name: &NodeName) -> Result<Injected, LabError> {
    let (runtime, victim) = (Arc::clone(&injector.runtime), name.clone());
    let at = injector.moment();
    proof::until_noticed(injector, async move { runtime.kill(&victim).await }).await?;
    Ok(Injected::between(at, injector.moment()))
}

pub(super) async fn probe(site: &Site, name: &NodeName) -> Result<Seen, LabError> {
    let processes = site.node.runtime().processes(name).await?;
    Ok(Seen::present_if(
        processes == Processes::Gone,
        format!("no process of {name} is left"),
        format!("{name} still has processes"),
    ))
}
