//! What a run, an exercise and a drill came from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The file that a drill was read from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrillFile {
    /// What it was called; for a shipped drill its path within the program.
    pub path: String,
    /// Its text, byte by byte.
    pub text: String,
}

impl DrillFile {
    /// The BLAKE3 hash of its text, in hexadecimal digits.
    #[must_use]
    pub fn hash(&self) -> String {
        super::hash_of(self.text.as_bytes())
    }
}

/// What started a run, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The commit that Lifeboat was built from, where the build knew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The name of the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The time zone of the machine, by its IANA name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// What the CI system says of the job, by the names of its variables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ci: BTreeMap<String, String>,
}

/// Where the programs of an exercise's servers come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Software {
    /// The name of the image, in containers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// The digest or the identifier of that image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The directory of the programs, where they are the machine's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programs: Option<String>,
}
