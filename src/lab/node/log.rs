//! What a server says in its log, which outlives it.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Node, life::A_LOOK};
use crate::{
    lab::{Command, LabError, repository},
    pg::server_log::{self, LogFact, LogFactKind},
};

/// How long a server that takes writes may take to say so.
const READY_WITHIN: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The line that Lifeboat writes to a server's log before each start.
pub(super) const LIFE: &str = "--- lifeboat starts the server ---";

impl Node {
    /// The path of the server's log.
    #[must_use]
    pub fn log_file(&self) -> String {
        format!("{}/{}.log", self.paths().log, self.name)
    }

    /// The facts in the log of a server that takes writes, since its latest start.
    ///
    /// Clients write before the log says that they may: the startup process lets them, and the postmaster hears of it when
    /// that process has ended. A server that does not say so in time is not waited for any longer: what it said is a fact too.
    ///
    /// # Errors
    /// Returns an error if the log can't be read.
    pub async fn log_facts(&self) -> Result<Vec<LogFact>, LabError> {
        let deadline = Instant::now() + READY_WITHIN;
        loop {
            let facts = self.log_facts_so_far().await?;
            if facts.iter().any(|fact| fact.what == LogFactKind::Ready) || Instant::now() >= deadline {
                return Ok(facts);
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// The facts in the log of a server since its latest start, as far as it goes: one in recovery never says that it takes writes.
    ///
    /// # Errors
    /// Returns an error if the log can't be read.
    pub async fn log_facts_so_far(&self) -> Result<Vec<LogFact>, LabError> {
        let script = format!("cat {}", self.log_file());
        let log = self.run(Command::shell(format!("read the log of {}", self.name), script)).await?.text();
        let latest = log.rfind(LIFE).and_then(|at| log.get(at..)).unwrap_or(&log);
        Ok(server_log::parse(latest))
    }

    /// The last lines of the server's log.
    ///
    /// # Errors
    /// Returns an error if it can't be read.
    pub async fn log_tail(&self, lines: usize) -> Result<String, LabError> {
        // What clients that came too early were told says nothing, and there is much of it.
        let early = "/FATAL:  the database system is /d; /DETAIL:  Consistent recovery state has not/d";
        let script = format!("sed '{early}' {} | tail -n {lines}", self.log_file());
        let read = Command::shell(format!("read the log of {}", self.name), script).deadline(A_LOOK);
        let output = match self.run(read.clone()).await {
            Ok(output) => output,
            // A node that is gone reads nothing, and its log outlives it: every node of the exercise has it.
            Err(_) => self.runtime.exec(&repository(), &read).await?.success(&read)?,
        };
        Ok(output.text().trim().replace('\n', "; "))
    }
}
