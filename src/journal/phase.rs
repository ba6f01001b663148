//! The phases of a recovery time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Moment;

/// The phases of a recovery time, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// From the fault until the clients' first error.
    Detect,
    /// What the drill waits on purpose: steps between the fault and the recovery.
    Wait,
    /// Time that people need, as declared by the drill.
    Manual,
    /// A recovery that a fault of the drill interrupted.
    Interrupted,
    /// A place for the new server: container, volumes, directories.
    Provision,
    /// The backup is brought from the repository to the node.
    Fetch,
    /// The backup's encryption is taken off.
    Decrypt,
    /// The backup's compression is taken off.
    Decompress,
    /// Files or rows are put in place.
    Restore,
    /// The server is started.
    Start,
    /// WAL is replayed.
    Replay,
    /// From the end of replay until the server takes writes.
    Promote,
    /// Until the first acknowledged write by the application role.
    FirstWrite,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Self; 13] = [
        Self::Detect,
        Self::Wait,
        Self::Manual,
        Self::Interrupted,
        Self::Provision,
        Self::Fetch,
        Self::Decrypt,
        Self::Decompress,
        Self::Restore,
        Self::Start,
        Self::Replay,
        Self::Promote,
        Self::FirstWrite,
    ];

    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Detect => "detect",
            Self::Wait => "wait",
            Self::Manual => "manual",
            Self::Interrupted => "interrupted",
            Self::Provision => "provision",
            Self::Fetch => "fetch",
            Self::Decrypt => "decrypt",
            Self::Decompress => "decompress",
            Self::Restore => "restore",
            Self::Start => "start",
            Self::Replay => "replay",
            Self::Promote => "promote",
            Self::FirstWrite => "first write",
        }
    }

    /// From when to when it is measured, the same for every way of recovering.
    #[must_use]
    pub const fn definition(self) -> &'static str {
        match self {
            Self::Detect => "from the fault to the first error of a client",
            Self::Wait => "steps of the drill between the fault and the recovery",
            Self::Manual => "time that people need, as the drill declares it; not measured",
            Self::Interrupted => {
                "a recovery that a fault of the drill interrupted, from its beginning to the next recovery"
            }
            Self::Provision => "a place for the new server is made",
            Self::Fetch => "the backup is brought to that place",
            Self::Decrypt => "the part of the fetch in which encryption was taken off; they are one pass",
            Self::Decompress => "the part of the fetch in which compression was taken off; they are one pass",
            Self::Restore => "files or rows are put in place",
            Self::Start => {
                "from the end of the phase before (the server is launched) to `redo starts` in its log, or \
                 to \
                 `ready to accept connections` where nothing is replayed"
            }
            Self::Replay => {
                "from `redo starts` (of a standby: from the call that promotes it) to `redo done`, or to the \
                 stop at \
                 the target where the server stays in recovery"
            }
            Self::Promote => {
                "from `redo done` to `ready to accept connections`, or to the first sight of the server out \
                 of recovery or the first write where that is earlier"
            }
            Self::FirstWrite => "to the first acknowledged write of the application's role",
        }
    }
}

/// A phase as it was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseSpan {
    /// Which.
    pub phase: Phase,
    /// Its beginning.
    pub from: Moment,
    /// Its end.
    pub to: Moment,
}
