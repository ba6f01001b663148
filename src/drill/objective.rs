//! What was promised.

use serde::{Deserialize, Serialize};

use super::Period;

/// The objectives of a drill; each may be absent, and then nothing is judged against it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objectives {
    /// How long the service may be away: recovery time objective.
    pub rto: Option<Period>,
    /// How much acknowledged work, in time, may be lost: recovery point objective.
    pub rpo: Option<Period>,
}

/// The kinds of objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectiveKind {
    /// Recovery time.
    Rto,
    /// Recovery point.
    Rpo,
}

impl std::fmt::Display for ObjectiveKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Rto => "RTO",
            Self::Rpo => "RPO",
        })
    }
}
