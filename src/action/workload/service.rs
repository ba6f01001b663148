//! How the clients find the server.

use crate::lab::Address;

/// Where clients are to look for the server that takes writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceAddress {
    /// The addresses: one for a switch; every node's for a connection string with several hosts.
    pub hosts: Vec<Address>,
}

impl ServiceAddress {
    /// One address.
    #[must_use]
    pub fn one(address: Address) -> Self {
        Self { hosts: vec![address] }
    }
}
