//! Where WAL goes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The archive of a drill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archive {
    /// The means.
    pub method: ArchiveMethod,
}

/// The means by which WAL reaches the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ArchiveMethod {
    /// `archive_command` copies each completed segment.
    Command,
}
