//! What is known of a fault, and of its effect.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Moment;
use crate::{drill::Fault, pg::Lsn};

/// A fault that was injected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaultFacts {
    /// Which.
    pub fault: Fault,
    /// When the server that it hits had last answered a query before it; `None` where it was not asked, or
    /// did not answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alive: Option<Moment>,
    /// Just before the call that caused it.
    pub at: Moment,
    /// When that call had returned.
    pub done: Moment,
    /// What was seen of its effect at once; `None` where a probe of its own tells.
    pub proof: Option<FaultProbe>,
    /// Whether the table that was dropped had rows.
    pub has_rows: Option<bool>,
    /// What went with the table that was dropped, a line a thing or a property of it; empty in older
    /// journals.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inventory: Vec<String>,
    /// The transaction of a mistake.
    pub xid: Option<u64>,
    /// A position in WAL at or after a mistake's commit.
    pub lsn: Option<Lsn>,
    /// The server's time at the fault, as evidence.
    pub server_time: Option<Timestamp>,
}

/// Whether the effect of a fault was there when somebody looked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultProbe {
    /// When it was seen.
    pub at: Moment,
    /// Whether it was there.
    pub effect: FaultEffect,
    /// What showed it, or why it can't be told.
    pub seen: String,
    /// What went with a table that was dropped and did not come back with it, in the words of the inventory.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// What is left of the effect of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FaultEffect {
    /// It is there.
    Present,
    /// It is not there, or no longer.
    Gone,
    /// Nobody could tell.
    Unknown,
}
