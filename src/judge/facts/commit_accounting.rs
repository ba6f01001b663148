//! Set algebra between the ledger and the rows that were found.
//!
//! **Invariant:** memory grows with sessions and ranges, not with commits: a ledger of a million commits is walked, never copied.

use std::{collections::BTreeMap, time::Duration};

use crate::judge::{
    CommitAccounting,
    commit_sides::CommitSides,
    recovery_point::{Beyond, RecoveryPoint},
};
use crate::{
    journal::{Commit, CommitOutcome, Ledger, MARKER_WRITER, Moment, Ranges, WorkloadScan},
    pg::Lsn,
};

/// A survey with all that decides what it must show.
pub(in crate::judge) struct Question<'a> {
    pub(in crate::judge) survey: &'a WorkloadScan,
    pub(in crate::judge) cut: RecoveryPoint,
    pub(in crate::judge) paths: CommitSides,
    /// When the recovery began; the end of time where there was none.
    pub(in crate::judge) recovery_began: Moment,
    /// The earliest moment known: what a loss is measured from where nothing at all was kept.
    pub(in crate::judge) epoch: Moment,
    /// When the backup began: what was acknowledged by then is in it, whatever happened to WAL.
    pub(in crate::judge) backup_began: Option<Moment>,
    /// The survey of an earlier recovery that served: what was gone by then is not lost again.
    pub(in crate::judge) earlier: Option<&'a WorkloadScan>,
    /// Whether clients were sent to the recovered server, so that what lies beyond a target is given up.
    pub(in crate::judge) serves: bool,
}

/// What became of the commits, with what only the check's message needs.
#[derive(Debug, Default, PartialEq)]
pub(in crate::judge) struct Account {
    pub(in crate::judge) accounting: CommitAccounting,
    /// Acknowledged commits beyond the cut that were made in time to be recovered.
    pub(in crate::judge) beyond: u64,
    /// Of the lost, those from beyond the target that clients have to live with.
    pub(in crate::judge) lost_beyond: u64,
    /// Of the lost, those that the recovered server itself had acknowledged.
    pub(in crate::judge) lost_after: u64,
    /// Of the lost, those that were acknowledged before the backup began.
    pub(in crate::judge) lost_from_backup: u64,
    /// When the oldest of the discarded was acknowledged, and the last.
    pub(in crate::judge) discarded: Option<(Moment, Moment)>,
}

/// What a commit has to be.
enum Side {
    /// There; acknowledged by the old service.
    Due,
    /// There; acknowledged by the recovered server.
    DueAfter,
    /// Beyond the cut.
    Beyond,
    /// Either way.
    Either,
}

impl Question<'_> {
    fn has(survey: &WorkloadScan, commit: &Commit) -> bool {
        survey
            .writers
            .get(&commit.writer)
            .is_some_and(|writer| writer.present.contains(u64::from(commit.seq)))
    }

    fn side(&self, commit: &Commit) -> Side {
        if self.paths.is_on_recovered(commit) {
            return Side::DueAfter;
        }
        if self.cut.is_beyond(commit) {
            return Side::Beyond;
        }
        if self.cut.is_due(commit) && !self.was_gone_before(commit) { Side::Due } else { Side::Either }
    }

    /// Whether an earlier recovery had lost it already.
    fn was_gone_before(&self, commit: &Commit) -> bool {
        self.earlier.is_some_and(|earlier| commit.ended <= earlier.begun && !Self::has(earlier, commit))
    }
}

/// What became of the commits of `ledger`, by the rows of a survey.
pub(in crate::judge) fn account(ledger: &Ledger, question: &Question<'_>) -> Account {
    let commits = in_order(&ledger.commits);
    let (unexpected, last_present) = first_pass(&commits, question);
    let mut account = Account::default();
    account.accounting.unexpected = unexpected;
    let mut prefix = Prefix::new(question.epoch);
    let (mut last_due, mut last_kept) = (Lsn(0), Lsn(0));
    for commit in commits.iter().filter(|commit| commit.begun <= question.survey.ended) {
        let present = Question::has(question.survey, commit);
        let in_time = commit.ended <= question.survey.begun;
        match commit.outcome {
            CommitOutcome::Failed => continue,
            CommitOutcome::InDoubt => {
                if present {
                    account.accounting.in_doubt_present += 1;
                } else {
                    account.accounting.in_doubt_absent += 1;
                }
            }
            CommitOutcome::Acknowledged => {}
        }
        let acknowledged = commit.outcome == CommitOutcome::Acknowledged;
        match question.side(commit) {
            side @ (Side::Due | Side::DueAfter) if acknowledged && in_time => {
                let after = matches!(side, Side::DueAfter);
                // What the recovered server lost counts among what was due, so that due is always kept and lost together.
                account.accounting.due += u64::from(!after || !present);
                if !after {
                    last_due = last_due.max(commit.lsn);
                }
                if present {
                    if !after {
                        account.accounting.kept += 1;
                        last_kept = last_kept.max(commit.lsn);
                    }
                    prefix.kept(commit.ended);
                } else {
                    let is_hole =
                        !after && last_present.get(&commit.writer).is_some_and(|last| *last > commit.seq);
                    lose(&mut account, question, commit, after, is_hole);
                    prefix.lost(commit.ended);
                }
            }
            side @ (Side::Beyond | Side::Either) => {
                // Lifeboat's own markers are nobody's work.
                let theirs =
                    question.serves && commit.writer != MARKER_WRITER && !question.was_gone_before(commit);
                let missed = theirs && acknowledged && in_time && !present;
                if matches!(side, Side::Beyond) {
                    beyond(&mut account, question, commit, present, missed);
                }
                if missed && commit.ended <= question.cut.lost_until {
                    account.accounting.due += 1;
                    account.lost_beyond += 1;
                    last_due = last_due.max(commit.lsn);
                    lose(&mut account, question, commit, false, false);
                    prefix.lost(commit.ended);
                }
            }
            Side::Due | Side::DueAfter => {}
        }
    }
    account.accounting.rpo = (account.accounting.due > 0).then(|| prefix.loss(question.cut.reference));
    account.accounting.wal_bytes = last_due.bytes_since(last_kept);
    account
}

fn lose(account: &mut Account, question: &Question<'_>, commit: &Commit, after: bool, is_hole: bool) {
    let accounting = &mut account.accounting;
    accounting.lost += 1;
    accounting.holes += u64::from(is_hole);
    if accounting.examples.len() < 5 {
        accounting
            .examples
            .push(format!("writer {}, seq {}, acknowledged {}", commit.writer, commit.seq, commit.ended));
    }
    account.lost_after += u64::from(after);
    let in_backup = !after && question.backup_began.is_some_and(|began| commit.ended <= began);
    account.lost_from_backup += u64::from(in_backup);
}

/// Counts a commit from beyond the cut; `missed` where clients have to live without it.
fn beyond(account: &mut Account, question: &Question<'_>, commit: &Commit, present: bool, missed: bool) {
    let acknowledged = commit.outcome == CommitOutcome::Acknowledged && commit.ended <= question.survey.begun;
    account.beyond += u64::from(acknowledged && commit.ended <= question.recovery_began);
    account.accounting.overshot += u64::from(present && question.cut.rule != Beyond::MayStay);
    if missed && commit.ended > question.cut.lost_until {
        account.accounting.discarded += 1;
        let (oldest, last) = account.discarded.unwrap_or((commit.ended, commit.ended));
        account.discarded = Some((oldest.min(commit.ended), last.max(commit.ended)));
    }
}

/// Rows that nobody can have committed, and each writer's last number of before the recovery that is there.
fn first_pass(commits: &InOrder<'_>, question: &Question<'_>) -> (u64, BTreeMap<u16, u32>) {
    let mut attempted: BTreeMap<u16, Vec<(u64, u64)>> = BTreeMap::new();
    let mut last_present: BTreeMap<u16, u32> = BTreeMap::new();
    for commit in commits
        .iter()
        .filter(|commit| commit.begun <= question.survey.ended && commit.outcome != CommitOutcome::Failed)
    {
        let seq = u64::from(commit.seq);
        let ranges = attempted.entry(commit.writer).or_default();
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(seq) => *last = seq,
            _ => ranges.push((seq, seq)),
        }
        let before = commit.begun < question.recovery_began && !question.paths.is_on_recovered(commit);
        if before && Question::has(question.survey, commit) {
            let last = last_present.entry(commit.writer).or_default();
            *last = commit.seq.max(*last);
        }
    }
    let mut unexpected = question.survey.damaged;
    for (writer, found) in &question.survey.writers {
        let attempted = Ranges::from(attempted.remove(writer).unwrap_or_default());
        let invented = found.present.difference(&attempted);
        // A row that nobody attempted and whose content is wrong is one row.
        unexpected += invented.len() + found.damaged.difference(&invented).len() + found.duplicates;
    }
    (unexpected, last_present)
}

/// How far the recovered commits go without a gap, and how far the losses go.
struct Prefix {
    kept_until: Moment,
    lost_until: Option<Moment>,
}

impl Prefix {
    /// From the earliest moment known, with nothing kept.
    const fn new(epoch: Moment) -> Self {
        Self { kept_until: epoch, lost_until: None }
    }

    /// The next commit, by acknowledgement, is there.
    fn kept(&mut self, ended: Moment) {
        if self.lost_until.is_none() {
            self.kept_until = ended;
        }
    }

    /// The next commit, by acknowledgement, is not there.
    fn lost(&mut self, ended: Moment) {
        self.lost_until = self.lost_until.max(Some(ended));
    }

    /// The loss in time: zero only where nothing is lost. Commits that were acknowledged after the reference instant (between the
    /// call that causes a fault and its effect) and are lost move it to their own end.
    fn loss(&self, reference: Moment) -> Duration {
        self.lost_until.map_or(Duration::ZERO, |lost| {
            reference.max(lost).since(self.kept_until).max(Duration::from_micros(1))
        })
    }
}

/// Commits by the moment at which they ended. They are written down in that order, nearly always: then nothing is allocated.
pub(in crate::judge) struct InOrder<'a> {
    commits: &'a [Commit],
    order: Option<Vec<u32>>,
}

pub(in crate::judge) fn in_order(commits: &[Commit]) -> InOrder<'_> {
    let order = (!commits.is_sorted_by_key(|commit| commit.ended)).then(|| {
        let mut order: Vec<u32> = (0..).take(commits.len()).collect();
        order.sort_by_key(|index| commits.get(*index as usize).map(|commit| commit.ended));
        order
    });
    InOrder { commits, order }
}

impl InOrder<'_> {
    pub(in crate::judge) fn iter(&self) -> impl Iterator<Item = &Commit> {
        let place = |index: usize| match &self.order {
            Some(order) => order.get(index).map(|index| *index as usize),
            None => Some(index),
        };
        (0..self.commits.len()).filter_map(move |index| self.commits.get(place(index)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn survey(begun: u64, present: impl IntoIterator<Item = u64>) -> WorkloadScan {
        let mut survey =
            WorkloadScan { begun: Moment(begun), ended: Moment(begun), ..WorkloadScan::default() };
        survey.writers.entry(1).or_default().present = present.into_iter().collect();
        survey
    }

    #[test]
    fn what_an_earlier_recovery_lost_is_not_lost_again() {
        let commit = |seq: u32| Commit {
            begun: Moment(u64::from(seq) * 10),
            ended: Moment(u64::from(seq) * 10 + 5),
            lsn: Lsn(1),
            seq,
            session: 0,
            writer: 1,
            outcome: CommitOutcome::Acknowledged,
        };
        let ledger = Ledger { sessions: vec![], commits: (1..=6).map(commit).collect() };
        let (earlier, latest) = (survey(40, [1, 2]), survey(90, [1, 2, 4, 5]));
        let lost = |earlier| {
            let question = Question {
                survey: &latest,
                cut: RecoveryPoint::end(Moment(70)),
                paths: CommitSides::undivided(),
                recovery_began: Moment(80),
                epoch: Moment(0),
                backup_began: None,
                earlier,
                serves: true,
            };
            let accounting = account(&ledger, &question).accounting;
            (accounting.lost, accounting.holes, accounting.rpo)
        };
        assert_eq!(lost(None), (2, 1, Some(Duration::from_micros(70 - 25))));
        assert_eq!(lost(Some(&earlier)), (1, 0, Some(Duration::from_micros(70 - 55))));
    }
}
