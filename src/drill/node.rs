//! The servers of a drill.

use serde::{Deserialize, Serialize};

use super::{NodeName, Period};
use crate::pg::setting::Settings;

/// A declared server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Its name within the drill.
    pub name: NodeName,
    /// What it is at the start.
    pub role: Role,
    /// Its own settings, over those of the drill.
    pub settings: Settings,
}

/// What a server is at the start of a drill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "kebab-case")]
pub enum Role {
    /// Takes writes.
    Primary,
    /// Follows the primary by streaming.
    Standby {
        /// Whether the primary waits for it at each commit (`synchronous_standby_names`).
        synchronous: bool,
        /// How far behind it replays on purpose (`recovery_min_apply_delay`).
        delay: Option<Period>,
    },
}
