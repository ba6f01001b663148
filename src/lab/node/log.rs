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

/// The line that Lifeboat writes to a server's log before each start; no line of the server's own begins like
/// this.
pub(super) const INCARNATION: &str = "--- lifeboat starts the server ---";

/// A log that is being read.
#[derive(Default)]
struct Reading {
    /// How many bytes of it have been read; `None` before the first time.
    read: Option<u64>,
    /// What it said so far, since the latest start of its server.
    facts: Vec<LogFact>,
}

impl Node {
    /// The path of the server's log.
    #[must_use]
    pub fn log_file(&self) -> String {
        format!("{}/{}.log", self.paths().log, self.name)
    }

    /// The facts in the log of a server that takes writes, since its latest start.
    ///
    /// Clients write before the log says that they may: the startup process lets them, and the postmaster
    /// hears of it when that process has ended. A server that does not say so in time is not waited for any
    /// longer: what it said is a fact too.
    ///
    /// # Errors
    /// Returns an error if the log can't be read.
    pub async fn log_facts(&self) -> Result<Vec<LogFact>, LabError> {
        let deadline = Instant::now() + READY_WITHIN;
        let mut log = Reading::default();
        loop {
            self.read_on(&mut log).await?;
            let ready = log.facts.iter().any(|fact| fact.what == LogFactKind::Ready);
            if ready || Instant::now() >= deadline {
                return Ok(log.facts);
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// The facts in the log of a server since its latest start, as far as it goes: one in recovery never says
    /// that it takes writes.
    ///
    /// # Errors
    /// Returns an error if the log can't be read.
    pub async fn log_facts_so_far(&self) -> Result<Vec<LogFact>, LabError> {
        let mut log = Reading::default();
        self.read_on(&mut log).await?;
        Ok(log.facts)
    }

    /// Reads what the log has more than when it was read last; the node itself picks out what matters.
    async fn read_on(&self, log: &mut Reading) -> Result<(), LabError> {
        let script = format!(
            "log={log_file}; from={from}\n\
             if [ -z \"$from\" ]; then\n\
             start=$(sed -n '/^{INCARNATION}$/=' \"$log\" | tail -n 1)\n\
             from=$(head -n $((${{start:-1}} - 1)) \"$log\" | wc -c)\n\
             fi\n\
             # A line that is still being written is left for the next time.\n\
             lines=$(tail -c +$((from + 1)) \"$log\" | wc -l)\n\
             more() {{ tail -c +$((from + 1)) \"$log\" | head -n $((lines)); }}\n\
             echo $((from + $(more | wc -c)))\n\
             more | sed -nE '{matters}'",
            log_file = self.log_file(),
            from = log.read.map(|read| read.to_string()).unwrap_or_default(),
            matters = server_log::sed_program(),
        );
        let what = format!("read the log of {}", self.name);
        let said = self.run(Command::shell(&what, script)).await?.text();
        let (read, lines) = said.split_once('\n').unwrap_or((&said, ""));
        let read = read.trim().parse();
        log.read = Some(read.map_err(|_| LabError::state(what, format!("its node said {said:?}")))?);
        log.facts.extend(server_log::parse(lines));
        Ok(())
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
        Ok(output.text().trim().to_owned())
    }
}
