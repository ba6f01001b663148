//! Whose a server is, and how another node reaches it.

use super::{Node, SUPERUSER};
use crate::lab::{Address, LabError};

/// The setting by which a server of ours says whose it is: [`Node::identity`].
pub(crate) const OWN_SETTING: &str = "lifeboat.node";

impl Node {
    /// What no two servers of a machine share: the node's name, its address, which no other node of the
    /// exercise ever had, and its data directory, which no other exercise has where nodes share addresses.
    #[must_use]
    pub fn identity(&self, Address { host, port }: &Address) -> String {
        format!("{} at {host}:{port} in {}", self.name, self.paths().data)
    }

    /// The connection string by which another node reaches this server; the password is in the password file.
    ///
    /// # Errors
    /// Returns an error if the node is not there.
    pub async fn conninfo_for(&self, client: &Self) -> Result<String, LabError> {
        let Address { host, port } = self.address().await?;
        Ok(format!(
            "host={host} port={port} user={SUPERUSER} passfile={}/pgpass application_name={} \
             connect_timeout=10{}",
            client.paths().run,
            client.name,
            client.tls_of_conninfo(),
        ))
    }
}
