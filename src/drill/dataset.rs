//! What the database holds before a drill.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A dataset at a scale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dataset {
    /// Which.
    pub fixture: Fixture,
    /// How large: 1 is tens of megabytes.
    pub scale: u32,
}

/// A dataset that Lifeboat carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Fixture {
    /// Nothing but the workload's own table.
    Empty,
    /// A web shop with everything that a recovery can lose: `fixtures/shop`.
    Shop,
}

impl Fixture {
    /// The database that it makes and that the workload uses.
    #[must_use]
    pub const fn database(self) -> &'static str {
        match self {
            Self::Empty => "postgres",
            Self::Shop => "shop",
        }
    }

    /// Its name, which is its folder's below `fixtures/`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Shop => "shop",
        }
    }
}
