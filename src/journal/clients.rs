//! What clients did that is in no ledger.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a server that goes on refused to clients, of one SQLSTATE.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refusals {
    /// The SQLSTATE.
    pub state: String,
    /// How often.
    pub count: u64,
    /// Its latest words.
    pub words: String,
}
