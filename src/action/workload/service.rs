//! How the clients find the server.

use crate::{
    drill::NodeName,
    lab::{Address, LabError, node::Node},
};

/// A server that a service address names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceHost {
    /// Where it answers.
    pub address: Address,
    /// The node that it runs on.
    pub node: NodeName,
    /// What it says of itself: whoever answers here and says something else is another server.
    pub identity: String,
}

impl ServiceHost {
    /// The server of a node.
    ///
    /// # Errors
    /// Returns an error if the node is not there.
    pub async fn of(node: &Node) -> Result<Self, LabError> {
        let address = node.address().await?;
        let identity = node.identity(&address);
        Ok(Self { address, node: node.name().clone(), identity })
    }
}

/// Where clients are to look for the server that takes writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAddress {
    /// The servers: one for a switch; every node's for a connection string with several hosts.
    pub hosts: Vec<ServiceHost>,
}

impl ServiceAddress {
    /// One server.
    #[must_use]
    pub fn one(host: ServiceHost) -> Self {
        Self { hosts: vec![host] }
    }
}
