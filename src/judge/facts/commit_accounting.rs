//! Set algebra between the ledger and the rows that were found.
//!
//! **Invariant:** memory grows with sessions and ranges, not with commits: each is seen once, as the ledger
//! is walked.

use std::{collections::BTreeMap, time::Duration};

use crate::judge::{
    CommitAccounting,
    commit_sides::CommitSides,
    recovery_point::{Beyond, RecoveryPoint},
    wal_volume::WalVolume,
};
use crate::{
    journal::{Commit, CommitOutcome, MARKER_WRITER, Moment, Ranges, WorkloadScan},
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
    /// The size of a WAL segment.
    pub(in crate::judge) segment_size: u64,
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
    /// A writer whose numbers don't go from 1 on without a gap: each attempt is written down once, under the
    /// next number.
    pub(in crate::judge) gap: Option<u16>,
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
        if self.paths.is_elsewhere(commit) {
            return Side::Either;
        }
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

/// An account in the making: it sees every commit once, in the order in which they ended.
pub(in crate::judge) struct Accounting<'a> {
    question: Question<'a>,
    account: Account,
    writers: BTreeMap<u16, Writer>,
    prefix: Prefix,
    last_due: Lsn,
    last_kept: Lsn,
    volume: WalVolume,
}

/// What is known of a writer so far.
#[derive(Default)]
struct Writer {
    /// Its lines, and the greatest number in them.
    lines: u32,
    last: u32,
    /// What it attempted by the time of the survey, and may have committed.
    attempted: Numbers,
    /// What was due of the old service and is not there.
    lost: Numbers,
    /// The greatest number of before the recovery that is there.
    last_present: u64,
}

/// Numbers that mostly come in order.
#[derive(Default)]
struct Numbers(Vec<(u64, u64)>);

impl Numbers {
    fn push(&mut self, number: u64) {
        match self.0.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
            _ => self.0.push((number, number)),
        }
    }

    /// How many of them are less than `bound`.
    fn below(&self, bound: u64) -> u64 {
        self.0
            .iter()
            .filter(|(first, _)| *first < bound)
            .map(|(first, last)| (*last).min(bound - 1) - first + 1)
            .sum()
    }
}

impl<'a> Accounting<'a> {
    pub(in crate::judge) fn new(question: Question<'a>) -> Self {
        Self {
            account: Account::default(),
            writers: BTreeMap::new(),
            prefix: Prefix::new(question.epoch),
            last_due: Lsn(0),
            last_kept: Lsn(0),
            volume: WalVolume::new(question.segment_size),
            question,
        }
    }

    /// Takes the next commit of the ledger, in the order in which they ended.
    pub(in crate::judge) fn see(&mut self, commit: &Commit) {
        let writer = self.writers.entry(commit.writer).or_default();
        writer.lines = writer.lines.saturating_add(1);
        writer.last = writer.last.max(commit.seq);
        let question = &self.question;
        if commit.begun > question.survey.ended || commit.outcome == CommitOutcome::Failed {
            return;
        }
        let seq = u64::from(commit.seq);
        let present = Question::has(question.survey, commit);
        let is_on_recovered = question.paths.is_on_recovered(commit);
        writer.attempted.push(seq);
        if present && commit.begun < question.recovery_began && !is_on_recovered {
            writer.last_present = writer.last_present.max(seq);
        }
        let acknowledged = match commit.outcome {
            CommitOutcome::Acknowledged => true,
            CommitOutcome::InDoubt | CommitOutcome::Failed => false,
        };
        if !is_on_recovered {
            self.volume.note(commit.lsn);
        }
        let accounting = &mut self.account.accounting;
        accounting.in_doubt_present += u64::from(!acknowledged && present);
        accounting.in_doubt_absent += u64::from(!acknowledged && !present);
        let in_time = commit.ended <= question.survey.begun;
        match question.side(commit) {
            side @ (Side::Due | Side::DueAfter) if acknowledged && in_time => {
                self.due(commit, matches!(side, Side::DueAfter), present);
            }
            side @ (Side::Beyond | Side::Either) => {
                // Lifeboat's own markers are nobody's work.
                let theirs =
                    question.serves && commit.writer != MARKER_WRITER && !question.was_gone_before(commit);
                let missed = theirs && acknowledged && in_time && !present;
                if matches!(side, Side::Beyond) {
                    beyond(&mut self.account, question, commit, present, missed);
                }
                if missed && commit.ended <= question.cut.lost_until {
                    self.account.accounting.due += 1;
                    self.account.lost_beyond += 1;
                    self.last_due = self.last_due.max(commit.lsn);
                    lose(&mut self.account, question, commit, false);
                    self.prefix.lost(commit.ended);
                }
            }
            Side::Due | Side::DueAfter => {}
        }
    }

    /// A commit that was acknowledged in time and has to be there; `after`, by the recovered server.
    fn due(&mut self, commit: &Commit, after: bool, present: bool) {
        // What the recovered server lost counts among what was due, so that due is always kept and lost
        // together.
        self.account.accounting.due += u64::from(!after || !present);
        if !after {
            self.last_due = self.last_due.max(commit.lsn);
        }
        if present {
            if !after {
                self.account.accounting.kept += 1;
                self.last_kept = self.last_kept.max(commit.lsn);
            }
            self.prefix.kept(commit.ended);
        } else {
            if !after {
                self.writers.entry(commit.writer).or_default().lost.push(u64::from(commit.seq));
            }
            lose(&mut self.account, &self.question, commit, after);
            self.prefix.lost(commit.ended);
        }
    }

    /// What became of all that was seen, with the cut that decided it.
    pub(in crate::judge) fn done(self) -> (RecoveryPoint, Account) {
        let Self { question, mut account, mut writers, prefix, last_due, last_kept, volume } = self;
        let accounting = &mut account.accounting;
        accounting.holes = writers.values().map(|writer| writer.lost.below(writer.last_present)).sum();
        accounting.rpo = (accounting.due > 0).then(|| prefix.loss(question.cut.reference));
        accounting.wal_bytes = volume.between(last_kept, last_due);
        account.gap =
            writers.iter().find(|(_, writer)| writer.lines != writer.last).map(|(writer, _)| *writer);
        accounting.unexpected = question.survey.damaged;
        for (writer, found) in &question.survey.writers {
            let attempted = writers.remove(writer).map(|writer| writer.attempted.0).unwrap_or_default();
            let invented = found.present.difference(&Ranges::from(attempted));
            // A row that nobody attempted and whose content is wrong is one row.
            accounting.unexpected +=
                invented.len() + found.damaged.difference(&invented).len() + found.duplicates;
        }
        (question.cut, account)
    }
}

fn lose(account: &mut Account, question: &Question<'_>, commit: &Commit, after: bool) {
    let accounting = &mut account.accounting;
    accounting.lost += 1;
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

    /// The loss in time: zero only where nothing is lost. Commits that were acknowledged after the reference
    /// instant (between the call that causes a fault and its effect) and are lost move it to their own end.
    fn loss(&self, reference: Moment) -> Duration {
        self.lost_until.map_or(Duration::ZERO, |lost| {
            reference.max(lost).since(self.kept_until).max(Duration::from_micros(1))
        })
    }
}

#[cfg(test)]
pub(in crate::judge) fn account(ledger: &dyn crate::journal::Ledger, question: Question<'_>) -> Account {
    let mut accounting = Accounting::new(question);
    ledger.commits().for_each(|commit| accounting.see(&commit));
    accounting.done().1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::LedgerEntries;

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
        let ledger = LedgerEntries { sessions: vec![], commits: (1..=6).map(commit).collect() };
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
                segment_size: 16 << 20,
                serves: true,
            };
            let accounting = account(&ledger, question).accounting;
            (accounting.lost, accounting.holes, accounting.rpo)
        };
        assert_eq!(lost(None), (2, 1, Some(Duration::from_micros(70 - 25))));
        assert_eq!(lost(Some(&earlier)), (1, 0, Some(Duration::from_micros(70 - 55))));
    }
}
