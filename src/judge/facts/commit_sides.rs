//! On which side of a recovery a commit was made.
//!
//! The session tells the server, and the server's life tells the side. Moments decide only where a server lives on both sides
//! of the recovery (a table brought back), or where a session was not written down.

use crate::journal::{Commit, Moment, Session};
use crate::judge::recovery::CompletedRecovery;

/// For each session, whether it was on the recovered server.
pub(in crate::judge) struct CommitSides {
    /// By session number; empty where moments decide.
    sessions: Vec<(u32, bool)>,
    /// Where no session tells: commits begun from here on were made on the recovered server.
    from: Option<Moment>,
}

impl CommitSides {
    /// The sides of `attempt`.
    pub(in crate::judge) fn of(attempt: &CompletedRecovery<'_>, sessions: &[Session]) -> Self {
        let from = attempt.recovered.serves.then_some(attempt.began);
        if attempt.is_table() {
            return Self { sessions: Vec::new(), from };
        }
        let mut sessions: Vec<_> =
            sessions.iter().map(|session| (session.session, is_on_recovered(attempt, session))).collect();
        sessions.sort_unstable();
        Self { sessions, from }
    }

    /// Where there was no recovery, everything is on one side.
    pub(in crate::judge) const fn undivided() -> Self {
        Self { sessions: Vec::new(), from: None }
    }

    /// Whether this commit was made on the recovered server.
    pub(in crate::judge) fn is_on_recovered(&self, commit: &Commit) -> bool {
        match self.sessions.binary_search_by_key(&commit.session, |(session, _)| *session) {
            Ok(place) => self.sessions.get(place).is_some_and(|(_, recovered)| *recovered),
            Err(_) => self.from.is_some_and(|from| commit.begun >= from),
        }
    }
}

/// The recovered server, or a later life of it (after a crash, say): never the life that served before, nor its timeline.
fn is_on_recovered(attempt: &CompletedRecovery<'_>, session: &Session) -> bool {
    let recovered = attempt.recovered;
    let later_incarnation = recovered.serves
        && session.at >= attempt.began
        && !session.server.is_same_incarnation(&recovered.before)
        && session.server.system_identifier == recovered.after.system_identifier
        && session.server.timeline >= recovered.after.timeline;
    session.server.is_same_incarnation(&recovered.after) || later_incarnation
}
