//! A backup of the user's, as it was found and read.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Complaint;
use crate::drill::SourceKind;

/// What is known of the backup that a restore test restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFacts {
    /// What it is called where it lies.
    pub name: String,
    /// How many backups there were to choose from.
    pub candidates: u64,
    /// What it is.
    pub kind: SourceKind,
    /// The same with what its own header says: `custom format of pg_dump 15.18`.
    pub form: String,
    /// What it is wrapped in, the outermost first: `gpg`, `zstd`.
    pub layers: Vec<String>,
    /// Its bytes as it lies there.
    pub bytes: u64,
    /// The BLAKE3 hash of these bytes; `None` for one of several files.
    pub hash: Option<String>,
    /// Its bytes without what it is wrapped in.
    pub unwrapped_bytes: u64,
    /// When it was taken, and how that is known.
    pub taken: Option<DatedBy>,
    /// The newest commit in it, and how that is known; what was committed later is lost with the source.
    pub newest: Option<DatedBy>,
    /// The runner's wall clock when the restore began.
    pub now: Timestamp,
    /// How many tables of a user hold rows, in all its databases.
    #[serde(default)]
    pub tables_with_rows: u64,
    /// What its tool said while it was restored, by what that means.
    pub messages: Vec<Complaint>,
}

/// An instant of the calendar, and how it is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatedBy {
    /// It.
    pub at: Timestamp,
    /// How it is known: `when it was last modified`.
    pub basis: String,
    /// Whether a copy of the file would be of another instant.
    #[serde(default)]
    pub by_file: bool,
}

impl SourceFacts {
    /// How old an instant of it was when the restore began; zero for one that lies ahead.
    #[must_use]
    pub fn age(&self, instant: &DatedBy) -> std::time::Duration {
        let age: SignedDuration = self.now.duration_since(instant.at);
        age.try_into().unwrap_or_default()
    }
}
