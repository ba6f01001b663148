//! The user's own transactions, which the clients run beside the rows that prove them.

use serde::{Deserialize, Serialize};

use crate::pg::pgbench::{Script, ScriptError};

/// A text of SQL that stands in the drill file or in a file beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlText {
    /// The file, as the drill file has its path; `None` where the text itself stands there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The text; empty until the file has been read.
    pub text: String,
}

impl SqlText {
    /// What people call it.
    #[must_use]
    pub fn describe(&self) -> String {
        self.file.clone().unwrap_or_else(|| {
            let line: Vec<&str> = self.text.split_whitespace().collect();
            let line = line.join(" ");
            if line.chars().count() > 60 { line.chars().take(59).chain(['…']).collect() } else { line }
        })
    }
}

/// A transaction of the clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// How often it is chosen, relative to the others.
    pub weight: u32,
    /// Whether it only reads: then there is no row of the ledger in it, and it is counted and not judged.
    pub read_only: bool,
    /// Its statements, a script of pgbench.
    pub sql: SqlText,
}

impl Transaction {
    /// Its script.
    ///
    /// # Errors
    /// Returns an error if it is none.
    pub fn script(&self) -> Result<Script, ScriptError> {
        Script::parse(&self.sql.text)
    }
}
