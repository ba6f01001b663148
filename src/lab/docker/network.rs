//! The network of an exercise: a subnet of its own, of which no address is given out twice.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::{BuildHasher, Hasher},
    net::Ipv4Addr,
    sync::atomic::{AtomicU32, Ordering},
};

use bollard::{
    models::{Ipam, IpamConfig, Network as Listed, NetworkCreateRequest},
    query_parameters::ListNetworksOptions,
};

use super::{
    engine::{Engine, call},
    names::Names,
    subnet::{Subnet, routes},
};
use crate::lab::LabError;

/// How many subnets are tried: the engine refuses one that another network of its own has.
const ATTEMPTS: u32 = 64;

/// A network that is there.
pub(super) struct Network {
    pub(super) id: String,
    subnet: Subnet,
    given: AtomicU32,
}

impl Network {
    /// An address that no node of the exercise ever had: whoever still tries the address of a node that is
    /// gone reaches nobody.
    ///
    /// # Errors
    /// Returns an error if all of the subnet's addresses were given out.
    pub(super) fn next_address(&self) -> Result<Ipv4Addr, LabError> {
        let number = self.given.fetch_add(1, Ordering::Relaxed);
        self.subnet.node(number).ok_or_else(|| {
            let nodes = Subnet::NODES;
            LabError::state(
                "find an address for a node",
                format!("the exercise has made {nodes} nodes, and its network {} has no more", self.subnet),
            )
        })
    }
}

/// The exercise's network, which is made if it is not there.
///
/// It is internal: the runner reaches the nodes and they reach each other, but the engine forwards nothing
/// beyond. Names of networks need not be unique, and a name that is there twice can't be used: a creation
/// that was cancelled must be found again. The engine's own pools end near 30 networks, so the subnet is
/// chosen here, beside the routes of this machine.
///
/// # Errors
/// Returns an error if the engine makes none.
pub(super) async fn get_or_create(engine: &Engine, names: &Names) -> Result<Network, LabError> {
    let name = names.network();
    let what = format!("create the network {name}");
    let filters = Some(HashMap::from([("name".to_owned(), vec![name.clone()])]));
    let listed =
        call(what.as_str(), engine.docker().list_networks(Some(ListNetworksOptions { filters }))).await?;
    // The engine takes the name as a pattern.
    if let Some(found) = listed.into_iter().find(|network| network.name.as_ref() == Some(&name)) {
        return known(found).ok_or_else(|| LabError::state(what, "it is there, and its subnet is not known"));
    }
    let taken = routes();
    let seed = RandomState::new().build_hasher().finish();
    let mut refused = None;
    for attempt in 0..ATTEMPTS {
        let Some(subnet) = Subnet::free(seed, attempt, &taken) else { continue };
        let created = call(what.as_str(), engine.docker().create_network(request(names, subnet))).await;
        match created {
            Ok(created) => return Ok(Network { id: created.id, subnet, given: AtomicU32::new(0) }),
            Err(error) if is_taken(&error) => refused = Some(error),
            Err(error) => return Err(error),
        }
    }
    Err(refused
        .unwrap_or_else(|| LabError::state(what, "no subnet is free beside the routes of this machine")))
}

fn request(names: &Names, subnet: Subnet) -> NetworkCreateRequest {
    let gateway = subnet.gateway().to_string();
    let config =
        IpamConfig { subnet: Some(subnet.to_string()), gateway: Some(gateway), ..IpamConfig::default() };
    NetworkCreateRequest {
        name: names.network(),
        driver: Some("bridge".to_owned()),
        internal: Some(true),
        ipam: Some(Ipam { config: Some(vec![config]), ..Ipam::default() }),
        labels: Some(names.shared_labels()),
        ..NetworkCreateRequest::default()
    }
}

fn known(found: Listed) -> Option<Network> {
    let config = found.ipam?.config?.into_iter().next()?;
    Some(Network { id: found.id?, subnet: config.subnet?.parse().ok()?, given: AtomicU32::new(0) })
}

/// Whether the engine refuses a subnet because somebody has it: `Pool overlaps with other one on this address
/// space`.
fn is_taken(error: &LabError) -> bool {
    crate::journal::ErrorChain::of(error).to_string().contains("overlaps")
}
