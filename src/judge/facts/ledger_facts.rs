//! What the ledger tells of an exercise.
//!
//! Every question is put before the ledger is walked, and each commit of the one walk is shown to all of
//! them. Only where a recovery aims at an absolute LSN, the moments around that position are found in a walk
//! before it.
//!
//! **Invariant:** memory grows with questions, sessions and ranges, not with commits.

use std::collections::BTreeMap;

use crate::journal::{Ledger, Moment, Server, Session, WorkloadScan};
use crate::judge::{
    Work,
    commit_accounting::{Account, Accounting},
    outage::AroundFault,
    record::Record,
    recovery::CompletedRecovery,
    recovery_point::{self, RecoveryPoint},
    rto::FirstWrite,
    surveys,
    work::Attempts,
};

/// The answers to all that a judgement asks of a ledger.
pub(in crate::judge) struct LedgerFacts<'a> {
    sessions: &'a [Session],
    surveys: Vec<(&'a WorkloadScan, Result<Surveyed, String>)>,
    /// By the step of the recovery.
    first_writes: BTreeMap<usize, FirstWrite>,
    /// By the step of the fault.
    faults: BTreeMap<usize, AroundFault>,
    attempts: Attempts,
}

/// What became of the commits by a survey, and what the recovery had to have.
pub(in crate::judge) struct Surveyed {
    pub(in crate::judge) cut: RecoveryPoint,
    pub(in crate::judge) account: Account,
}

impl<'a> LedgerFacts<'a> {
    /// Walks the ledger for its surveys, recoveries, faults and clients.
    pub(in crate::judge) fn of(
        record: &Record<'a>,
        recoveries: &[CompletedRecovery<'a>],
        ledger: &'a dyn Ledger,
    ) -> Self {
        let sessions = ledger.sessions();
        let cuts = recovery_point::all(record, recoveries, ledger);
        let mut accountings: Vec<_> = surveys::asked(record, recoveries, &cuts, sessions)
            .into_iter()
            .map(|(survey, question)| (survey, question.map(Accounting::new)))
            .collect();
        let mut facts = Self {
            sessions,
            surveys: Vec::new(),
            first_writes: recoveries
                .iter()
                .filter_map(|recovery| Some((recovery.step, FirstWrite::of(record, recovery, sessions)?)))
                .collect(),
            faults: record
                .numbered()
                .filter_map(|(step, _, facts)| Some((step, AroundFault::of(&facts.fault?))))
                .collect(),
            attempts: Attempts::around(record.faults().next()),
        };
        for commit in ledger.commits() {
            accountings
                .iter_mut()
                .filter_map(|(_, accounting)| accounting.as_mut().ok())
                .for_each(|accounting| accounting.see(&commit));
            facts.first_writes.values_mut().for_each(|first| first.see(&commit));
            facts.faults.values_mut().for_each(|fault| fault.see(&commit));
            facts.attempts.see(&commit);
        }
        let done = |accounting: Accounting<'_>| {
            let (cut, account) = accounting.done();
            Surveyed { cut, account }
        };
        facts.surveys =
            accountings.into_iter().map(|(survey, accounting)| (survey, accounting.map(done))).collect();
        facts
    }

    /// What became of the commits by this survey of the journal, or why that can't be told.
    pub(in crate::judge) fn surveyed(&self, survey: &WorkloadScan) -> Option<&Result<Surveyed, String>> {
        self.surveys.iter().find(|(asked, _)| std::ptr::eq(*asked, survey)).map(|(_, surveyed)| surveyed)
    }

    /// The first acknowledged write on the service that the recovery in `step` brought back.
    pub(in crate::judge) fn first_write(&self, step: usize) -> Option<Moment> {
        self.first_writes.get(&step)?.at()
    }

    /// The first commit that a client was told of after the fault of `step`, and the server that took it.
    pub(in crate::judge) fn back_after(&self, step: usize) -> Option<(Moment, Option<&'a Server>)> {
        let (at, session) = self.faults.get(&step)?.first_after()?;
        let session = self.sessions.iter().find(|own| own.session == session);
        Some((at, session.map(|session| &session.server)))
    }

    /// The last commit that a client was told of before the fault of `step`.
    pub(in crate::judge) fn last_before(&self, step: usize) -> Option<Moment> {
        self.faults.get(&step)?.last_before()
    }

    /// The clients' attempts, where service was back for the last time at `back`.
    pub(in crate::judge) fn work(&self, back: Option<Moment>) -> Work {
        self.attempts.work(back)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use crate::{
        drill::{Recovery, RecoveryTarget, TargetLsn, Verb},
        journal::{Commit, Ledger, LedgerEntries, Session},
        judge::{judge, testing::*},
        pg::Lsn,
    };

    /// A ledger that counts how often it is walked.
    struct Counted<'a>(&'a LedgerEntries, Cell<u32>);

    impl Ledger for Counted<'_> {
        fn sessions(&self) -> &[Session] {
            self.0.sessions()
        }

        fn commits(&self) -> Box<dyn Iterator<Item = Commit> + '_> {
            self.1.set(self.1.get() + 1);
            self.0.commits()
        }

        fn failure(&self) -> Option<String> {
            None
        }
    }

    fn walks(story: &Story) -> u32 {
        let ledger = Counted(&story.ledger, Cell::new(0));
        judge(&story.exercise, &story.entries, &[], Some(&ledger)).expect("a journal");
        ledger.1.get()
    }

    #[test]
    fn a_ledger_is_walked_once_whatever_is_asked_of_it() {
        for story in [
            Story::loss(),
            Story::dump(),
            Story::restart(),
            Story::promoted(false),
            Story::table(),
            Story::mistake(),
            Story::rehearsal(),
        ] {
            assert_eq!(walks(&story), 1, "{}", story.judge().drill.title);
        }
    }

    #[test]
    fn a_recovery_to_an_absolute_lsn_takes_one_walk_before() {
        let story = Story::loss().drill(|drill| {
            if let Verb::Recover(Recovery::Restore { target, .. }) = &mut drill.steps[RECOVERY].verb {
                *target = RecoveryTarget::Lsn { at: TargetLsn::Absolute(Lsn(5_000 << 8)) };
            }
        });
        assert_eq!(walks(&story), 2);
    }
}
