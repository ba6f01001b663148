//! A table that a fault drops.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{NotAName, TableName};

/// A table that somebody drops, alone or with all that depends on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DroppedTable {
    /// The table.
    pub table: TableName,
    /// Whether what depends on it goes with it (`DROP TABLE … CASCADE`): views, foreign keys of other tables.
    #[serde(default)]
    pub cascade: bool,
}

impl From<TableName> for DroppedTable {
    fn from(table: TableName) -> Self {
        Self { table, cascade: false }
    }
}

impl FromStr for DroppedTable {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        text.parse::<TableName>().map(Self::from)
    }
}

impl fmt::Display for DroppedTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cascade = if self.cascade { " cascade" } else { "" };
        write!(f, "{}{cascade}", self.table)
    }
}
