//! What breaks.

use serde::{Deserialize, Serialize};

use super::{NodeName, RuntimeKind, TableName};

/// A fault to inject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case")]
pub enum Fault {
    /// The server and its data directory are gone.
    LoseVolume {
        /// The server.
        node: NodeName,
    },
    /// Every process of the server dies at once and does not come back; its files are out of reach.
    KillNode {
        /// The server.
        node: NodeName,
    },
    /// SIGKILL to the postmaster alone.
    KillPostmaster {
        /// The server.
        node: NodeName,
    },
    /// Every process of the server stops where it is (SIGSTOP, or the cgroup freezer), until it is healed.
    Freeze {
        /// The server.
        node: NodeName,
    },
    /// Somebody drops a table.
    DropTable {
        /// The table.
        table: TableName,
    },
}

/// The faults by name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// See [`Fault::LoseVolume`].
    LoseVolume,
    /// See [`Fault::KillNode`].
    KillNode,
    /// See [`Fault::KillPostmaster`].
    KillPostmaster,
    /// See [`Fault::Freeze`].
    Freeze,
    /// See [`Fault::DropTable`].
    DropTable,
}

impl Fault {
    /// Which it is.
    #[must_use]
    pub const fn kind(&self) -> FaultKind {
        match self {
            Self::LoseVolume { .. } => FaultKind::LoseVolume,
            Self::KillNode { .. } => FaultKind::KillNode,
            Self::KillPostmaster { .. } => FaultKind::KillPostmaster,
            Self::Freeze { .. } => FaultKind::Freeze,
            Self::DropTable { .. } => FaultKind::DropTable,
        }
    }

    /// The server that it hits; `None` where it hits the data through the service.
    #[must_use]
    pub const fn node(&self) -> Option<&NodeName> {
        match self {
            Self::LoseVolume { node }
            | Self::KillNode { node }
            | Self::KillPostmaster { node }
            | Self::Freeze { node } => Some(node),
            Self::DropTable { .. } => None,
        }
    }

    /// Whether it is a mistake of a person, so that recovery goes back to before it and what came after is given up.
    #[must_use]
    pub const fn is_human_error(&self) -> bool {
        matches!(self, Self::DropTable { .. })
    }

    /// Whether its effect is that a server no longer answers. A server that was dead before does the same, so that it has to be
    /// known to have lived.
    #[must_use]
    pub const fn is_silence(&self) -> bool {
        match self {
            Self::KillNode { .. } | Self::KillPostmaster { .. } | Self::Freeze { .. } => true,
            Self::LoseVolume { .. } | Self::DropTable { .. } => false,
        }
    }

    /// Why a runtime can't inject it; `None` where it can.
    #[must_use]
    pub const fn unsupported_on(&self, _runtime: RuntimeKind) -> Option<&'static str> {
        match self.kind() {
            FaultKind::LoseVolume
            | FaultKind::KillNode
            | FaultKind::KillPostmaster
            | FaultKind::Freeze
            | FaultKind::DropTable => None,
        }
    }

    /// What it does, for people.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::LoseVolume { node } => format!("lose the volume of {node}"),
            Self::KillNode { node } => format!("kill {node} for good"),
            Self::KillPostmaster { node } => format!("SIGKILL the postmaster of {node}"),
            Self::Freeze { node } => format!("freeze {node}"),
            Self::DropTable { table } => format!("drop table {table}"),
        }
    }
}
