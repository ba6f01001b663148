//! A fault that waits for a phase of the recovery in the step after it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Fault, NodeName, Recovery};

/// A fault that comes while a recovery runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Armed {
    /// The fault.
    pub fault: Fault,
    /// The phase of the recovery in the next step at whose beginning it comes.
    pub during: RecoveryPhase,
}

/// A phase of a recovery that can be seen when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RecoveryPhase {
    /// A place for the new server is made.
    Provision,
    /// Files or rows are put in place.
    Restore,
    /// The server is started.
    Start,
    /// WAL is replayed; of a restore, from when its server answers.
    Replay,
    /// A standby is made the primary.
    Promote,
}

impl RecoveryPhase {
    /// Its word in a drill file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Provision => "provision",
            Self::Restore => "restore",
            Self::Start => "start",
            Self::Replay => "replay",
            Self::Promote => "promote",
        }
    }
}

impl Armed {
    /// What it does, for people.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("{} during {}", self.fault.describe(), self.during.name())
    }

    /// Whether it interrupts this recovery: it hits the server that is brought up.
    #[must_use]
    pub fn interrupts(&self, recovery: &Recovery) -> bool {
        self.fault.node() == Some(recovery.server())
    }
}

impl Recovery {
    /// The phases that it enters and whose beginning can be seen, in order. Where the replay of a restore
    /// ends is known only afterwards.
    #[must_use]
    pub const fn phases(&self, is_physical: bool) -> &'static [RecoveryPhase] {
        use RecoveryPhase::{Promote, Provision, Replay, Restore, Start};
        match self {
            Self::Restore { .. } if is_physical => &[Provision, Restore, Start, Replay],
            Self::Restore { .. } => &[Provision, Start, Restore],
            Self::Source { .. } => &[],
            Self::Restart { .. } => &[Start, Replay],
            Self::Promote { .. } => &[Promote],
            Self::Table { .. } => &[Start, Replay, Restore],
        }
    }

    /// The node whose server is to be in service, or to give a table back.
    #[must_use]
    pub const fn server(&self) -> &NodeName {
        match self {
            Self::Restore { onto: node, .. }
            | Self::Source { onto: node }
            | Self::Restart { node }
            | Self::Promote { node }
            | Self::Table { standby: node, .. } => node,
        }
    }
}
