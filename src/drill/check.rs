//! Questions to the recovered cluster.

use serde::{Deserialize, Serialize};

use super::{Property, TableName};

/// A check. Each leaves facts in the journal; whether they are good enough is the judge's to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "check", rename_all = "kebab-case")]
pub enum Check {
    /// The rows of the workload against the ledger.
    Ledger,
    /// A fingerprint of every table against the baseline.
    Content,
    /// A table holds at least so many rows.
    Rows {
        /// The table.
        table: TableName,
        /// The least number that is right.
        at_least: u64,
    },
    /// The user's own query.
    Sql(SqlCheck),
    /// Every table and index of every database, by PostgreSQL's own amcheck.
    Amcheck,
    /// The recovered server archives again, and a new backup of it verifies.
    Reprotect,
}

/// A query with the result that is right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlCheck {
    /// What it proves; it names the case in reports.
    pub title: String,
    /// One statement.
    pub query: String,
    /// The rows, each a row of texts; NULL is `None`.
    pub expect: Vec<Vec<Option<String>>>,
}

impl Check {
    /// Its name in drill files and reports.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Ledger => "ledger",
            Self::Content => "content",
            Self::Rows { .. } => "rows",
            Self::Sql(_) => "sql",
            Self::Amcheck => "amcheck",
            Self::Reprotect => "reprotect",
        }
    }

    /// What it proves where it passes.
    #[must_use]
    pub const fn proves(&self) -> &'static [Property] {
        match self {
            Self::Ledger => &[Property::Commits],
            Self::Content => &[Property::Content],
            // A number of rows, or what a query of the user says, proves no property of the whole cluster.
            Self::Rows { .. } | Self::Sql(_) => &[],
            Self::Amcheck => &[Property::Indexes],
            Self::Reprotect => &[Property::Protection],
        }
    }

    /// Its name with what tells it from others of its kind, stable from run to run.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Ledger | Self::Content | Self::Amcheck | Self::Reprotect => self.name().to_owned(),
            Self::Rows { table, .. } => format!("rows {table}"),
            Self::Sql(sql) => format!("sql {}", sql.title),
        }
    }
}
