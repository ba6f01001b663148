//! On which side of a recovery a commit was made.
//!
//! The session tells the server, and the server's life tells the side. Moments decide only where a server
//! lives on both sides of the recovery (a table brought back), or where a session was not written down.

use crate::journal::{Commit, Moment, Session};
use crate::judge::{record::Record, recovery::CompletedRecovery};

/// For each session, whether it was on the recovered server, and whether it was on neither side.
pub(in crate::judge) struct CommitSides {
    /// Sessions on copies that other steps rehearsed: what was committed there is no commit of the service.
    elsewhere: Vec<u32>,
    /// By session number; empty where moments decide.
    sessions: Vec<(u32, bool)>,
    /// Where no session tells: commits begun from here on were made on the recovered server.
    from: Option<Moment>,
}

impl CommitSides {
    /// The sides of `attempt`; without one, everything that the service committed is on one side.
    pub(in crate::judge) fn of(
        record: &Record<'_>,
        attempt: Option<&CompletedRecovery<'_>>,
        sessions: &[Session],
    ) -> Self {
        let about = attempt.map(|attempt| attempt.step);
        let copies: Vec<_> = record
            .recoveries()
            .filter(|(step, ..)| Some(*step) != about)
            .filter_map(|(_, _, facts)| facts.recovered.map(|(_, recovered)| recovered))
            .filter(|recovered| !recovered.serves)
            .collect();
        let is_on_copy =
            |session: &&Session| copies.iter().any(|copy| session.server.is_same_incarnation(&copy.after));
        let mut elsewhere: Vec<u32> =
            sessions.iter().filter(is_on_copy).map(|session| session.session).collect();
        elsewhere.sort_unstable();
        attempt.map_or_else(Self::undivided, |attempt| Self::divided_by(attempt, sessions)).without(elsewhere)
    }

    fn without(self, elsewhere: Vec<u32>) -> Self {
        Self { elsewhere, ..self }
    }

    fn divided_by(attempt: &CompletedRecovery<'_>, sessions: &[Session]) -> Self {
        let from = attempt.recovered.serves.then_some(attempt.began);
        if attempt.is_table() {
            return Self { elsewhere: Vec::new(), sessions: Vec::new(), from };
        }
        let mut sessions: Vec<_> =
            sessions.iter().map(|session| (session.session, is_on_recovered(attempt, session))).collect();
        sessions.sort_unstable();
        Self { elsewhere: Vec::new(), sessions, from }
    }

    /// Where there was no recovery, everything is on one side.
    pub(in crate::judge) const fn undivided() -> Self {
        Self { elsewhere: Vec::new(), sessions: Vec::new(), from: None }
    }

    /// Whether this commit was made on a copy that another step rehearsed.
    pub(in crate::judge) fn is_elsewhere(&self, commit: &Commit) -> bool {
        self.elsewhere.binary_search(&commit.session).is_ok()
    }

    /// Whether this commit was made on the recovered server.
    pub(in crate::judge) fn is_on_recovered(&self, commit: &Commit) -> bool {
        match self.sessions.binary_search_by_key(&commit.session, |(session, _)| *session) {
            Ok(place) => self.sessions.get(place).is_some_and(|(_, recovered)| *recovered),
            Err(_) => self.from.is_some_and(|from| commit.begun >= from),
        }
    }
}

/// The recovered server, or a later life of it (after a crash, say): never the life that served before, nor
/// its timeline.
fn is_on_recovered(attempt: &CompletedRecovery<'_>, session: &Session) -> bool {
    let recovered = attempt.recovered;
    let later_incarnation = recovered.serves
        && session.at >= attempt.began
        && recovered.before.as_ref().is_none_or(|before| !session.server.is_same_incarnation(before))
        && session.server.system_identifier == recovered.after.system_identifier
        && session.server.timeline >= recovered.after.timeline;
    session.server.is_same_incarnation(&recovered.after) || later_incarnation
}
