//! The network of an exercise.

use std::collections::HashMap;

use bollard::{models::NetworkCreateRequest, query_parameters::ListNetworksOptions};

use super::{
    engine::{Engine, call},
    names::Names,
};
use crate::lab::LabError;

/// The id of the exercise's network, which is made if it is not there.
///
/// It is internal: the runner reaches the nodes and they reach each other, but the engine forwards nothing beyond. Names of
/// networks need not be unique, and a name that is there twice can't be used: a creation that was cancelled must be found again.
pub(super) async fn get_or_create(engine: &Engine, names: &Names) -> Result<String, LabError> {
    let name = names.network();
    let what = format!("create the network {name}");
    let filters = Some(HashMap::from([("name".to_owned(), vec![name.clone()])]));
    let listed =
        call(what.as_str(), engine.docker().list_networks(Some(ListNetworksOptions { filters }))).await?;
    // The engine takes the name as a pattern.
    if let Some(id) =
        listed.into_iter().find(|network| network.name.as_ref() == Some(&name)).and_then(|network| network.id)
    {
        return Ok(id);
    }
    let request = NetworkCreateRequest {
        name,
        driver: Some("bridge".to_owned()),
        internal: Some(true),
        labels: Some(names.shared_labels()),
        ..NetworkCreateRequest::default()
    };
    Ok(call(what, engine.docker().create_network(request)).await?.id)
}
