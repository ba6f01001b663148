//! The server and its data directory are gone.

use std::sync::Arc;

use super::{Injected, Injector, Seen, Site, proof};
use crate::{drill::NodeName, lab::LabError};

pub(super) async fn inject(injector: &Injector, name: &NodeName) -> Result<Injected, LabError> {
    let (runtime, victim) = (Arc::clone(&injector.runtime), name.clone());
    let at = injector.moment();
    proof::until_noticed(injector, async move { runtime.destroy(&victim).await }).await?;
    Ok(Injected::between(at, injector.moment()))
}

pub(super) async fn probe(site: &Site, name: &NodeName) -> Result<Seen, LabError> {
    Ok(match site.node.runtime().remains(name).await? {
        None => Seen::Present(format!("neither processes nor data of {name} exist any more")),
        Some(left) => Seen::Gone(format!("there is still {left}")),
    })
}
