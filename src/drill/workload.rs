//! The clients that commit through a drill, and how they find the server.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{RoleName, TableName, Transaction};

/// The clients. Each commits one known row at a time into a table and remembers what it was told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workload {
    /// How many commit jobs.
    pub writers: u16,
    /// Commits a second of all writers together; `None` is as many as the server takes.
    pub rate: Option<f64>,
    /// The table they insert into: `writer int, seq bigint, note text`, with (writer, seq) unique.
    pub table: TableName,
    /// The role that the clients take, which owns or may use what their transactions touch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleName>,
    /// The user's own transactions; each that writes has the row of the ledger in it. Without any, the row is
    /// all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transactions: Vec<Transaction>,
}

impl Workload {
    /// Clients that insert their rows and do nothing else.
    #[must_use]
    pub const fn of_rows(writers: u16, rate: Option<f64>, table: TableName) -> Self {
        Self { writers, rate, table, role: None, transactions: Vec::new() }
    }

    /// How long each writer waits from one commit to the next, where the drill limits their rate.
    #[must_use]
    pub fn period(&self) -> Option<Duration> {
        self.rate
            .map(|rate| Duration::try_from_secs_f64(f64::from(self.writers) / rate).unwrap_or(Duration::MAX))
    }

    /// How long the clients of a service that is up may go without a commit: three of their periods, and at
    /// least as long as this.
    #[must_use]
    pub fn patience(&self, least: Duration) -> Duration {
        self.period().map_or(least, |period| period.saturating_mul(3).max(least))
    }
}

/// How the clients find the server that takes writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// One address that the recovery step turns to the new server, like a DNS name or a virtual IP.
    #[default]
    Switch,
    /// A connection string with every node in it and `target_session_attrs=read-write`.
    MultiHost,
}
