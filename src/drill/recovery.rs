//! How service comes back.

use serde::{Deserialize, Serialize};

use super::{Label, NodeName, RestorePointName, TableName};
use crate::pg::Lsn;

/// A recovery step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "recovery", rename_all = "kebab-case")]
pub enum Recovery {
    /// A backup is restored into a new node; a physical one is rolled forward to a target.
    Restore {
        /// The backup.
        from: Label,
        /// How far; `Latest` for a logical backup, which has no other.
        target: RecoveryTarget,
        /// The name of the new node.
        onto: NodeName,
        /// Whether clients are sent to the new node (a recovery), or the service stays where it is (a
        /// rehearsal beside it).
        serve: bool,
    },
    /// The backup of the drill's source is restored into a throw-away node.
    Source {
        /// The name of the node.
        onto: NodeName,
    },
    /// The server is started again where it was, and repairs itself from its own WAL.
    Restart {
        /// The server.
        node: NodeName,
    },
    /// A standby becomes the primary.
    Promote {
        /// The standby.
        node: NodeName,
    },
    /// A table is brought back from a delayed standby that has not replayed the mistake yet; nothing else is
    /// touched.
    Table {
        /// The table.
        table: TableName,
        /// The standby.
        standby: NodeName,
    },
}

/// Where the replay of WAL ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "target", rename_all = "kebab-case")]
pub enum RecoveryTarget {
    /// The end of the archive.
    Latest,
    /// As soon as the backup is consistent.
    Immediate,
    /// Just before the transaction that the fault committed.
    BeforeFault,
    /// A time.
    Time {
        /// Which.
        at: TargetTime,
    },
    /// The marker transaction that was committed just before a restore point.
    Xid {
        /// The restore point.
        point: RestorePointName,
        /// Whether that transaction itself is recovered.
        inclusive: bool,
    },
    /// A position in WAL.
    Lsn {
        /// Which.
        at: TargetLsn,
    },
    /// A restore point, by its name in WAL.
    Name {
        /// The restore point.
        point: RestorePointName,
    },
}

/// A recovery target time. Never an instant of the calendar: a drill makes its own cluster, which has no past
/// before the run, and when a run will be is not known to its file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetTime {
    /// When a restore point was made, by the server's clock.
    Point(RestorePointName),
}

/// A recovery target position.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetLsn {
    /// A position.
    Absolute(Lsn),
    /// Where a restore point was made.
    Point(RestorePointName),
}

impl RecoveryTarget {
    /// The restore point that it refers to.
    #[must_use]
    pub const fn point(&self) -> Option<&RestorePointName> {
        match self {
            Self::Time { at: TargetTime::Point(point) }
            | Self::Lsn { at: TargetLsn::Point(point) }
            | Self::Xid { point, .. }
            | Self::Name { point } => Some(point),
            Self::Latest | Self::Immediate | Self::BeforeFault | Self::Lsn { at: TargetLsn::Absolute(_) } => {
                None
            }
        }
    }

    /// The target, for people.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Latest => "latest".into(),
            Self::Immediate => "immediate".into(),
            Self::BeforeFault => "just before the fault".into(),
            Self::Time { at: TargetTime::Point(point) } => format!("time of {point}"),
            Self::Xid { point, inclusive: true } => format!("xid of {point}, inclusive"),
            Self::Xid { point, inclusive: false } => format!("xid of {point}, exclusive"),
            Self::Lsn { at: TargetLsn::Absolute(at) } => format!("lsn {at}"),
            Self::Lsn { at: TargetLsn::Point(point) } => format!("lsn of {point}"),
            Self::Name { point } => format!("name {point}"),
        }
    }
}

impl Recovery {
    /// The backup that it restores.
    #[must_use]
    pub const fn from(&self) -> Option<&Label> {
        if let Self::Restore { from, .. } = self { Some(from) } else { None }
    }

    /// Whether clients are sent to what it makes.
    #[must_use]
    pub const fn serves(&self) -> bool {
        match self {
            Self::Restore { serve, .. } => *serve,
            Self::Source { .. } => false,
            Self::Restart { .. } | Self::Promote { .. } | Self::Table { .. } => true,
        }
    }

    /// What it does, for people.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Restore { from, target, onto, serve: true } => {
                format!("recover from {from} to {} on {onto}", target.describe())
            }
            Self::Restore { from, target, onto, serve: false } => {
                format!("rehearse {from} to {} on {onto}", target.describe())
            }
            Self::Source { onto } => format!("restore the backup into {onto}"),
            Self::Restart { node } => format!("restart {node}"),
            Self::Promote { node } => format!("promote {node}"),
            Self::Table { table, standby } => format!("bring back {table} from {standby}"),
        }
    }
}
