//! Recovery time: from the fault to the first acknowledged write on the recovered service.

use std::time::Duration;

use crate::judge::{ledger_facts::LedgerFacts, record::Record, recovery::CompletedRecovery};
use crate::{
    drill::{Period, Recovery},
    journal::{Commit, CommitOutcome, MARKER_WRITER, Moment, Phase, Session},
};

/// The first acknowledged write on what a recovery made. For a rehearsal it is the runner's own, and for a
/// service that of a client.
pub(in crate::judge) fn first_write(
    attempt: &CompletedRecovery<'_>,
    ledger: Option<&LedgerFacts<'_>>,
) -> Option<Moment> {
    let recovered = attempt.recovered;
    if recovered.serves {
        return ledger?.first_write(attempt.step);
    }
    recovered.phases.iter().find(|span| span.phase == Phase::FirstWrite).map(|span| span.to)
}

/// The search for the first acknowledged write of a client on a service that a recovery brought back.
pub(in crate::judge) struct FirstWrite {
    /// Writes that were begun earlier are not on it.
    from: Moment,
    /// The sessions on it, sorted; `None` where the same server serves all the time.
    sessions: Option<Vec<u32>>,
    /// Lifeboat's own writes count where there are no clients.
    has_clients: bool,
    at: Option<Moment>,
}

impl FirstWrite {
    /// `None` for a rehearsal, which no client writes to.
    pub(in crate::judge) fn of(
        record: &Record<'_>,
        attempt: &CompletedRecovery<'_>,
        sessions: &[Session],
    ) -> Option<Self> {
        let recovered = attempt.recovered;
        if !recovered.serves {
            return None;
        }
        let (from, sessions) = if let Recovery::Table { table, .. } = attempt.recovery {
            // Only where the clients write to the lost table do they tell when it is back.
            let is_theirs = *table == record.drill.workload().table;
            let lost = attempt.fault.map_or(attempt.began, |fault| fault.done);
            let back = recovered.phases.iter().map(|span| span.to).max().unwrap_or(attempt.at);
            (if is_theirs { lost } else { back }, None)
        } else {
            let same = sessions.iter().filter(|session| session.server.is_same_incarnation(&recovered.after));
            let mut sessions: Vec<u32> = same.map(|session| session.session).collect();
            sessions.sort_unstable();
            (attempt.from(), Some(sessions))
        };
        Some(Self { from, sessions, has_clients: record.drill.workload().writers > 0, at: None })
    }

    /// Takes the next commit of the ledger, in the order in which they ended.
    pub(in crate::judge) fn see(&mut self, commit: &Commit) {
        let is_first = self.at.is_none()
            && commit.outcome == CommitOutcome::Acknowledged
            && commit.begun >= self.from
            && (commit.writer != MARKER_WRITER || !self.has_clients)
            && self.sessions.as_ref().is_none_or(|own| own.binary_search(&commit.session).is_ok());
        if is_first {
            self.at = Some(commit.ended);
        }
    }

    /// When the first of them was acknowledged.
    pub(in crate::judge) const fn at(&self) -> Option<Moment> {
        self.at
    }
}

/// The declared time of people that counts for a recovery; a rehearsal wakes nobody.
pub(in crate::judge) fn declared(record: &Record<'_>, recovery: &Recovery) -> Option<Period> {
    record.drill.manual_time.filter(|_| recovery.serves())
}

/// Recovery time: what was measured, and what was declared.
pub(in crate::judge) fn rto(
    attempt: &CompletedRecovery<'_>,
    first_write: Option<Moment>,
    declared: Option<Period>,
) -> Option<Duration> {
    let measured = first_write?.since(attempt.from());
    Some(measured.saturating_add(declared.map_or(Duration::ZERO, Period::duration)))
}

/// From the same instant until the checks about this recovery were through, with the time of people as in the
/// recovery time.
pub(in crate::judge) fn verified(
    record: &Record<'_>,
    attempt: &CompletedRecovery<'_>,
    declared: Option<Period>,
) -> Option<Duration> {
    let about = |facts: &&crate::judge::record::StepFacts<'_>| {
        facts.checked.iter().any(|checked| checked.about == Some(attempt.step))
    };
    let last = record.steps.iter().rfind(about)?;
    let measured = last.ended?.since(attempt.from());
    Some(measured.saturating_add(declared.map_or(Duration::ZERO, Period::duration)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::testing::*;

    fn first_write_of(story: &Story) -> Option<Moment> {
        story.judge().recoveries[0].first_write
    }

    #[test]
    fn it_runs_from_the_fault_to_the_first_acknowledged_write_on_the_recovered_server() {
        for story in [
            Story::loss(),
            Story::dump(),
            Story::restart(),
            Story::promoted(false),
            Story::table(),
            Story::mistake(),
        ] {
            let judgement = story.judge();
            assert_eq!(
                (judgement.recoveries[0].from, judgement.recoveries[0].first_write),
                (ms(7_000), Some(ms(9_000)))
            );
            assert_eq!(judgement.rto, Some(Duration::from_secs(2)));
            assert_eq!(judgement.recoveries[0].verified, Some(Duration::from_millis(2_800)));
        }
    }

    #[test]
    fn a_rehearsal_takes_from_its_step_to_the_runners_own_write() {
        let judgement =
            Story::rehearsal().drill(|drill| drill.manual_time = Some(Period::from_secs(300))).judge();
        let recovery = &judgement.recoveries[0];
        assert_eq!(
            (recovery.from, recovery.first_write, recovery.declared),
            (ms(7_100), Some(ms(8_950)), None)
        );
        assert_eq!(recovery.rto, Some(Duration::from_millis(1_850)));
    }

    #[test]
    fn a_write_on_the_old_server_after_the_fault_is_no_recovery() {
        let mut story = Story::promoted(false);
        story
            .ledger
            .commits
            .iter_mut()
            .filter(|commit| commit.session > 10)
            .for_each(|commit| commit.session -= 10);
        assert_eq!(first_write_of(&story), None);
    }

    fn spoilt(outcome: CommitOutcome) -> Option<Moment> {
        let mut story = Story::loss();
        let first = story.ledger.commits.iter_mut().find(|commit| commit.session > 10);
        first.expect("a commit").outcome = outcome;
        first_write_of(&story)
    }

    #[test]
    fn only_an_acknowledged_write_counts() {
        assert_eq!(spoilt(CommitOutcome::InDoubt), Some(ms(9_020)));
        assert_eq!(spoilt(CommitOutcome::Failed), Some(ms(9_020)));
    }

    #[test]
    fn a_marker_of_lifeboat_is_no_clients_write() {
        let mut story = Story::loss();
        let marker = Commit {
            begun: ms(8_000),
            ended: ms(8_001),
            writer: MARKER_WRITER,
            session: 13,
            ..story.ledger.commits[0]
        };
        story.ledger.commits.push(marker);
        assert_eq!(first_write_of(&story), Some(ms(9_000)));
    }

    #[test]
    fn a_table_that_the_clients_do_not_write_to_is_back_when_the_runner_says_so() {
        let story = Story::table()
            .drill(|drill| drill.cluster_mut().workload.table = "shop.other".parse().expect("a table"));
        assert_eq!(first_write_of(&story), Some(ms(9_000)));
    }
}
