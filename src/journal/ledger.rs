//! The commits that the clients were told are durable, kept outside the database.

use serde::{Deserialize, Serialize};

use super::{Moment, Server};
use crate::pg::Lsn;

/// The name of the ledger's file in an exercise's folder.
pub const LEDGER_FILE: &str = "ledger.jsonl";

/// The number under which Lifeboat itself commits its markers and its first write to a rehearsed copy;
/// clients count from 1.
pub const MARKER_WRITER: u16 = 0;

/// What a client was told of a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CommitOutcome {
    /// COMMIT returned.
    #[serde(rename = "a")]
    Acknowledged,
    /// The connection went, or the client stopped waiting, while the commit was under way: it may be there or
    /// not.
    #[serde(rename = "i")]
    InDoubt,
    /// The server said no: it must not be there.
    #[serde(rename = "f")]
    Failed,
}

/// One attempt to commit one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Commit {
    /// Just before the statement was sent.
    pub begun: Moment,
    /// When the answer was there, or was given up.
    pub ended: Moment,
    /// A position in WAL that the server gave from within the transaction: its commit record lies after it.
    /// Zero where there was no answer.
    pub lsn: Lsn,
    /// The number of the attempt; each writer counts from 1 and never uses a number twice.
    pub seq: u32,
    /// The session in which it was made.
    pub session: u32,
    /// Who made it.
    pub writer: u16,
    /// What was told.
    pub outcome: CommitOutcome,
}

impl Commit {
    /// Whether a client was told that it is durable; Lifeboat's own markers are nobody's work.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.outcome == CommitOutcome::Acknowledged && self.writer != MARKER_WRITER
    }
}

/// A connection of a writer: it tells which server its commits were made on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The number of the session, unique in the ledger.
    pub session: u32,
    /// Who opened it.
    pub writer: u16,
    /// When it was ready.
    pub at: Moment,
    /// The server at its other end.
    pub server: Server,
}

/// The ledger of a drill: its sessions, and its commits as often as they are asked for.
///
/// **Invariant:** a ledger is walked, never held: an hour of commits takes no more memory than a second of
/// them.
pub trait Ledger {
    /// The sessions.
    fn sessions(&self) -> &[Session];

    /// The attempts, in the order in which they ended.
    fn commits(&self) -> Box<dyn Iterator<Item = Commit> + '_>;

    /// Why a walk did not come to its end; what was seen of it proves nothing then.
    fn failure(&self) -> Option<String>;
}

/// A ledger in memory, in any order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LedgerEntries {
    /// The sessions.
    pub sessions: Vec<Session>,
    /// The attempts.
    pub commits: Vec<Commit>,
}

impl Ledger for LedgerEntries {
    fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    fn commits(&self) -> Box<dyn Iterator<Item = Commit> + '_> {
        if self.commits.is_sorted_by_key(|commit| commit.ended) {
            return Box::new(self.commits.iter().copied());
        }
        let mut commits = self.commits.clone();
        commits.sort_by_key(|commit| commit.ended);
        Box::new(commits.into_iter())
    }

    fn failure(&self) -> Option<String> {
        None
    }
}
