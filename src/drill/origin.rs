//! Where the server of a drill comes from: a cluster that the drill makes, or a backup that is there already.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::{Archive, Dataset, Drill, Node, NodeName, Role, Service, Source, TableName, Workload};

/// What the steps of a drill begin with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Origin {
    /// An existing backup of the user's, opened read-only.
    Source {
        /// It.
        source: Source,
    },
    /// A cluster that the drill makes, fills and keeps at work.
    Cluster(Cluster),
}

/// A cluster that a drill makes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    /// The servers; the first is the primary.
    pub nodes: Vec<Node>,
    /// Where WAL goes.
    pub archive: Option<Archive>,
    /// What the database holds before the drill.
    pub dataset: Dataset,
    /// The clients that commit through it.
    pub workload: Workload,
    /// How the clients find the server.
    pub service: Service,
}

/// The clients of a restored backup: there are none.
static NO_CLIENTS: LazyLock<Workload> = LazyLock::new(|| {
    let table = TableName { schema: "lifeboat".into(), name: "commits".into() };
    Workload::of_rows(0, None, table)
});

impl Drill {
    /// The cluster that it makes; `None` where it begins with a backup.
    #[must_use]
    pub const fn cluster(&self) -> Option<&Cluster> {
        match &self.origin {
            Origin::Cluster(cluster) => Some(cluster),
            Origin::Source { .. } => None,
        }
    }

    /// The backup that it begins with; `None` where it makes a cluster.
    #[must_use]
    pub const fn source(&self) -> Option<&Source> {
        match &self.origin {
            Origin::Source { source } => Some(source),
            Origin::Cluster(_) => None,
        }
    }

    /// The servers that it declares, the primary first.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        self.cluster().map_or(&[], |cluster| &cluster.nodes)
    }

    /// The node of this name.
    #[must_use]
    pub fn node(&self, name: &NodeName) -> Option<&Node> {
        self.nodes().iter().find(|node| node.name == *name)
    }

    /// The primary: the node that is no standby.
    #[must_use]
    pub fn primary(&self) -> Option<&Node> {
        self.nodes().iter().find(|node| matches!(node.role, Role::Primary))
    }

    /// Where WAL goes.
    #[must_use]
    pub fn archive(&self) -> Option<&Archive> {
        self.cluster().and_then(|cluster| cluster.archive.as_ref())
    }

    /// What its database holds before it.
    #[must_use]
    pub fn dataset(&self) -> Option<&Dataset> {
        self.cluster().map(|cluster| &cluster.dataset)
    }

    /// What its databases hold, for people: the dataset, or the backup that it begins with.
    #[must_use]
    pub fn describe_content(&self) -> String {
        match &self.origin {
            Origin::Cluster(cluster) => cluster.dataset.describe(),
            Origin::Source { source } => source.backup.to_string(),
        }
    }

    /// The clients: none where it begins with a backup.
    #[must_use]
    pub fn workload(&self) -> &Workload {
        self.cluster().map_or(&NO_CLIENTS, |cluster| &cluster.workload)
    }

    /// How the clients find the server.
    #[must_use]
    pub fn service(&self) -> Service {
        self.cluster().map_or_else(Service::default, |cluster| cluster.service)
    }
}

#[cfg(test)]
impl Drill {
    /// The cluster that it makes, to change it.
    pub(crate) fn cluster_mut(&mut self) -> &mut Cluster {
        match &mut self.origin {
            Origin::Cluster(cluster) => cluster,
            Origin::Source { .. } => panic!("this drill makes no cluster"),
        }
    }
}
