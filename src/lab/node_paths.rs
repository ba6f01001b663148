//! Where things are.

use std::{collections::BTreeSet, net::IpAddr};

use crate::{
    drill::{NodeName, REPOSITORY},
    journal::Software,
    pg::Version,
};

/// Programs that are no part of PostgreSQL and that some drills need.
pub const TOOLS: [&str; 5] = ["gzip", "lz4", "zstd", "pgbackrest", "barman"];

/// Paths inside a node, absolute, without characters that a shell minds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodePaths {
    /// The data directory; its parent exists and belongs to the server's user.
    pub data: String,
    /// The tablespaces of its data directory, a folder each; whoever makes one makes this place first. It
    /// goes with the data, and is short: a server that is backed up takes 99 bytes for the place of a
    /// tablespace.
    pub tablespaces: String,
    /// Configuration, password file, and what else a server needs to run; lost with the node.
    pub run: String,
    /// Backups and archive; the same files for every node of the exercise.
    pub repository: String,
    /// Server logs, one a node; the same files for every node of the exercise.
    pub log: String,
    /// The prepared cluster that the node was created with, if it was.
    pub prepared: String,
}

/// Where a server answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// Its address, reachable from the runner and from the other nodes.
    pub host: IpAddr,
    /// Its port.
    pub port: u16,
}

/// The PostgreSQL that the nodes of an exercise run; found by looking, not by assuming.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// The release.
    pub version: Version,
    /// The directory with `postgres`, `initdb` and the rest, as nodes see it.
    pub bin: String,
    /// The image or the directory that it comes from, with its content's identity: prepared clusters are
    /// keyed by it.
    pub identity: String,
    /// What listens: `127.0.0.1` for processes of this machine, `0.0.0.0` in a container.
    pub listen: &'static str,
    /// The addresses from which the server takes connections, in the form of `pg_hba.conf`.
    pub clients: &'static str,
    /// Which of [`TOOLS`] its nodes have, by name, and which programs of PostgreSQL, by path.
    pub tools: BTreeSet<String>,
    /// Where it comes from, for reports.
    pub software: Software,
}

impl Installation {
    /// The path of one of its programs.
    #[must_use]
    pub fn program(&self, name: &str) -> String {
        format!("{}/{name}", self.bin)
    }

    /// Whether its nodes have this program, one of PostgreSQL or one of [`TOOLS`].
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.tools.contains(name) || self.tools.contains(&self.program(name))
    }
}

/// The key of a prepared cluster: a hash over everything that went into it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PreparedKey(pub String);

/// The name of the repository as a node.
///
/// # Panics
/// Never: the name is a good one.
#[must_use]
pub fn repository() -> NodeName {
    #[expect(clippy::expect_used, reason = "a constant that a test parses")]
    REPOSITORY.parse().expect("a node name")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_repository_has_a_node_name() {
        assert_eq!(super::repository().as_str(), super::REPOSITORY);
    }
}
