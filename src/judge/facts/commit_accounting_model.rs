//! The set algebra of [`crate::judge::commit_accounting`] against a naive model on sets, with random ledgers,
//! surveys and cuts.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::judge::{
    commit_accounting::{Account, Question, account},
    commit_sides::CommitSides,
    recovery_point::{Beyond, RecoveryPoint},
};
use crate::{
    journal::{Commit, CommitOutcome, LedgerEntries, MARKER_WRITER, Moment, WorkloadScan},
    pg::Lsn,
};

type Row = (u16, u32);

/// A random case: the survey is from 60 to 65, and a cut with a target leaves open what lies between its two
/// moments.
#[derive(Clone, Debug)]
struct Case {
    ledger: LedgerEntries,
    present: BTreeSet<Row>,
    target: Option<(u64, u64)>,
    lost_until: u64,
    recovery_began: u64,
    reference: u64,
    serves: bool,
}

fn commits() -> impl Strategy<Value = Vec<Commit>> {
    let outcome = prop_oneof![
        4 => Just(CommitOutcome::Acknowledged),
        1 => Just(CommitOutcome::InDoubt),
        1 => Just(CommitOutcome::Failed)
    ];
    let attempt = (0_u16..3, 0_u64..70, 0_u64..9, outcome, 0_u64..500);
    proptest::collection::vec(attempt, 0..40).prop_map(|attempts| {
        let mut seqs = [0_u32; 3];
        let number = |(writer, begun, took, outcome, lsn): (u16, u64, u64, CommitOutcome, u64)| {
            let seq = &mut seqs[usize::from(writer)];
            *seq += 1;
            Commit {
                begun: Moment(begun),
                ended: Moment(begun + took),
                lsn: Lsn(lsn),
                seq: *seq,
                session: 0,
                writer,
                outcome,
            }
        };
        attempts.into_iter().map(number).collect()
    })
}

fn cases() -> impl Strategy<Value = Case> {
    let rows = proptest::collection::btree_set((0_u16..4, 1_u32..15), 0..40);
    let target = proptest::option::of((0_u64..60, 0_u64..5).prop_map(|(from, width)| (from, from + width)));
    (commits(), rows, (target, 0_u64..70), 0_u64..60, 0_u64..60, any::<bool>()).prop_map(
        |(commits, present, (target, lost_until), recovery_began, reference, serves)| {
            let ledger = LedgerEntries { sessions: vec![], commits };
            Case { ledger, present, target, lost_until, recovery_began, reference, serves }
        },
    )
}

impl Case {
    fn account(&self) -> Account {
        let mut survey = WorkloadScan { begun: Moment(60), ended: Moment(65), ..WorkloadScan::default() };
        for (writer, seq) in &self.present {
            survey.writers.entry(*writer).or_default().present.insert(u64::from(*seq));
        }
        let end = RecoveryPoint::end(Moment(self.reference));
        let cut = self.target.map_or(end, |(due, beyond)| RecoveryPoint {
            due_until: Moment(due),
            beyond: Some(Moment(beyond)),
            rule: Beyond::Proves,
            lost_until: Moment(self.lost_until),
            ..end
        });
        let question = Question {
            survey: &survey,
            cut,
            paths: CommitSides::undivided(),
            recovery_began: Moment(self.recovery_began),
            epoch: Moment(0),
            backup_began: None,
            earlier: None,
            segment_size: 16 << 20,
            serves: self.serves,
        };
        account(&self.ledger, question)
    }

    fn rows(&self, is_it: impl Fn(&Commit) -> bool) -> BTreeSet<Row> {
        self.ledger
            .commits
            .iter()
            .filter(|commit| is_it(commit))
            .map(|commit| (commit.writer, commit.seq))
            .collect()
    }

    fn due(&self) -> BTreeSet<Row> {
        let (until, beyond) = self.target.unwrap_or((u64::MAX, u64::MAX));
        self.rows(|commit| {
            let acknowledged = commit.outcome == CommitOutcome::Acknowledged && commit.ended.0 <= 60;
            acknowledged && commit.ended.0 <= until && commit.begun.0 < beyond
        })
    }

    /// What clients had been told of, was not due, and is not there.
    fn missed(&self) -> BTreeSet<Row> {
        let good = self.rows(|commit| {
            let acknowledged = commit.outcome == CommitOutcome::Acknowledged && commit.ended.0 <= 60;
            self.serves && acknowledged && commit.writer != MARKER_WRITER
        });
        minus(&minus(&good, &self.due()), &self.present)
    }

    /// Those of before the fault: with it, they are lost.
    fn missed_before_the_fault(&self) -> BTreeSet<Row> {
        let before = self.rows(|commit| self.target.is_some() && commit.ended.0 <= self.lost_until);
        self.missed().intersection(&before).copied().collect()
    }
}

fn minus(left: &BTreeSet<Row>, right: &BTreeSet<Row>) -> BTreeSet<Row> {
    left.difference(right).copied().collect()
}

proptest! {
    #[test]
    fn what_became_of_the_commits_is_what_sets_say(case in cases()) {
        let Account { accounting, .. } = case.account();
        let behind = case.missed_before_the_fault();
        let due: BTreeSet<Row> = case.due().union(&behind).copied().collect();
        let lost = minus(&due, &case.present);
        prop_assert_eq!((accounting.due, accounting.lost), (due.len() as u64, lost.len() as u64));
        prop_assert_eq!(accounting.kept, accounting.due - accounting.lost);

        let attempted = case.rows(|commit| commit.outcome != CommitOutcome::Failed && commit.begun.0 <= 65);
        prop_assert_eq!(accounting.unexpected, minus(&case.present, &attempted).len() as u64);

        let may_be_there = |commit: &Commit| commit.outcome != CommitOutcome::Failed;
        let before = case.rows(|commit| may_be_there(commit) && commit.begun.0 < case.recovery_began);
        let kept_before: BTreeSet<Row> = before.intersection(&case.present).copied().collect();
        let is_hole =
            |(writer, seq): &&Row| kept_before.iter().any(|(other, later)| other == writer && later > seq);
        let holes = minus(&lost, &behind).iter().filter(is_hole).count();
        prop_assert_eq!(accounting.holes, holes as u64);

        let unknown = case.rows(|commit| commit.outcome == CommitOutcome::InDoubt && commit.begun.0 <= 65);
        prop_assert_eq!(accounting.in_doubt_absent, minus(&unknown, &case.present).len() as u64);
        prop_assert_eq!(accounting.in_doubt_present, unknown.intersection(&case.present).count() as u64);

        let is_beyond = |begun: u64| case.target.is_some_and(|(_, beyond)| begun >= beyond) && begun <= 65;
        let attempted_beyond = case.rows(|commit| is_beyond(commit.begun.0) && may_be_there(commit));
        prop_assert_eq!(accounting.overshot, attempted_beyond.intersection(&case.present).count() as u64);
        let missed = minus(&case.missed(), &behind);
        prop_assert_eq!(accounting.discarded, missed.intersection(&attempted_beyond).count() as u64);
    }

    #[test]
    fn the_loss_in_time_ends_where_the_first_gap_begins(case in cases()) {
        let accounting = case.account().accounting;
        let due: BTreeSet<Row> = case.due().union(&case.missed_before_the_fault()).copied().collect();
        let mut ended: Vec<(u64, bool)> = case.ledger.commits.iter().enumerate()
            .filter(|(_, commit)| due.contains(&(commit.writer, commit.seq)))
            .map(|(index, commit)| {
                let is_present = case.present.contains(&(commit.writer, commit.seq));
                (commit.ended.0 * 1000 + index as u64, is_present)
            })
            .collect();
        ended.sort_unstable();
        let prefix = ended.iter().take_while(|(_, present)| *present).last().map_or(0, |(at, _)| at / 1000);
        let last_lost = ended.iter().rev().find(|(_, present)| !present).map(|(at, _)| at / 1000);
        let expected = match last_lost {
            None => 0,
            Some(lost) => case.reference.max(lost).saturating_sub(prefix).max(1),
        };
        let expected = (!due.is_empty()).then_some(u128::from(expected));
        prop_assert_eq!(accounting.rpo.map(|rpo| rpo.as_micros()), expected);
    }

    #[test]
    fn taking_a_row_away_never_makes_the_loss_smaller(case in cases(), which: prop::sample::Index) {
        let due = case.due();
        prop_assume!(!due.is_empty());
        let mut less = case.clone();
        let row = which.get(&due.iter().copied().collect::<Vec<_>>()).to_owned();
        less.present.remove(&row);
        let (before, after) = (case.account().accounting, less.account().accounting);
        prop_assert!(after.lost >= before.lost && after.rpo >= before.rpo && after.kept <= before.kept);
        prop_assert!(after.unexpected == before.unexpected);
    }

    #[test]
    fn the_order_of_the_ledgers_lines_changes_nothing(case in cases()) {
        let mut turned = case.clone();
        turned.ledger.commits.sort_by_key(|commit| (commit.ended, commit.writer, commit.seq));
        let mut by_end = turned.clone();
        by_end.ledger.commits.rotate_left(turned.ledger.commits.len() / 2);
        let (mut one, mut other) = (turned.account().accounting, by_end.account().accounting);
        // Commits that ended in one microsecond may change paths.
        (one.examples, other.examples) = (vec![], vec![]);
        (one.rpo, other.rpo) = (None, None);
        prop_assert_eq!(one, other);
    }
}
