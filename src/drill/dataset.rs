//! What the databases hold before a drill.

use serde::{Deserialize, Serialize};

use super::{DatabaseName, Fixture, Period};

/// What is loaded before anything breaks, and the database that the clients use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dataset {
    /// Where its rows come from.
    #[serde(flatten)]
    pub content: DatasetContent,
    /// The clients' database. It is made first where the content does not make it itself.
    #[serde(default = "DatabaseName::postgres")]
    pub database: DatabaseName,
}

/// Where the rows of a dataset come from. Paths are as the drill file has them: relative to its folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum DatasetContent {
    /// A dataset that Lifeboat carries.
    Fixture {
        /// Which.
        fixture: Fixture,
        /// How large: 1 is tens of megabytes.
        scale: u32,
    },
    /// The user's own scripts, run by psql in one session, in this order.
    Sql {
        /// Their paths.
        sql: Vec<String>,
    },
    /// A dump in any form of `pg_dump`, or a script of `pg_dumpall`.
    Dump {
        /// Its path.
        dump: String,
        /// The path of what `pg_dumpall --globals-only` wrote.
        globals: Option<String>,
    },
    /// A program on the runner's machine, which finds the server in the `PG*` variables.
    Command {
        /// The program and its arguments.
        command: Vec<String>,
        /// What tells two results apart. Without it, the program is run for each exercise.
        cache_key: Option<String>,
        /// How long it may take.
        deadline: Period,
    },
}

impl Dataset {
    /// A dataset that Lifeboat carries, in the database that is its own.
    #[must_use]
    pub fn fixture(fixture: Fixture, scale: u32) -> Self {
        Self { content: DatasetContent::Fixture { fixture, scale }, database: fixture.database() }
    }

    /// What it is, for people.
    #[must_use]
    pub fn describe(&self) -> String {
        match &self.content {
            DatasetContent::Fixture { fixture, scale } => format!("{} at scale {scale}", fixture.name()),
            DatasetContent::Sql { sql } => sql.join(", "),
            DatasetContent::Dump { dump, .. } => dump.clone(),
            DatasetContent::Command { command, .. } => command.join(" "),
        }
    }
}
