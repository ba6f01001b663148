//! What the clients did, whatever became of it.

use std::time::Duration;

use crate::journal::{Commit, CommitOutcome, MARKER_WRITER, Moment};
use crate::judge::{RecoveryJudgement, Work, outage::Outage, record::InjectedFault};

/// When service was back for the last time: by recoveries that served, and by outages that ended.
pub(in crate::judge) fn back(judged: &[RecoveryJudgement], outages: &[Outage]) -> Option<Moment> {
    let back = outages.iter().filter_map(|outage| outage.first_write);
    let served =
        judged.iter().filter(|recovery| recovery.recovered.serves).filter_map(|judged| judged.first_write);
    back.chain(served).max()
}

/// The clients' attempts by outcome, and the times without an acknowledged commit since the first fault.
pub(in crate::judge) struct Attempts {
    fault: Option<Moment>,
    acknowledged: u64,
    in_doubt: u64,
    failed: u64,
    /// When the last commit was acknowledged.
    previous: Option<Moment>,
    /// From when, and for how long: each longer than all before it. A hundred thousand of them would take
    /// hours of work.
    gaps: Vec<(Moment, Duration)>,
}

impl Attempts {
    pub(in crate::judge) fn around(fault: Option<InjectedFault<'_>>) -> Self {
        let fault = fault.map(|fault| fault.at);
        Self { fault, acknowledged: 0, in_doubt: 0, failed: 0, previous: None, gaps: Vec::new() }
    }

    /// Takes the next commit of the ledger, in the order in which they ended.
    pub(in crate::judge) fn see(&mut self, commit: &Commit) {
        if commit.writer == MARKER_WRITER {
            return;
        }
        match commit.outcome {
            CommitOutcome::InDoubt => self.in_doubt += 1,
            CommitOutcome::Failed => self.failed += 1,
            CommitOutcome::Acknowledged => {
                self.acknowledged += 1;
                let previous = self.previous.replace(commit.ended);
                if let Some(previous) = previous.filter(|_| self.fault.is_some_and(|at| commit.ended >= at)) {
                    let gap = commit.ended.since(previous);
                    if self.gaps.last().is_none_or(|(_, longest)| gap > *longest) {
                        self.gaps.push((previous, gap));
                    }
                }
            }
        }
    }

    /// What they did; the longest outage is from the first fault until service was `back` for the last time.
    pub(in crate::judge) fn work(&self, back: Option<Moment>) -> Work {
        let before = |(from, _): &&(Moment, Duration)| back.is_none_or(|back| *from < back);
        Work {
            acknowledged: self.acknowledged,
            in_doubt: self.in_doubt,
            failed: self.failed,
            reads: 0,
            refusals: Vec::new(),
            longest_outage: self.gaps.iter().rfind(before).map(|(_, gap)| *gap),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::judge::testing::*;

    #[test]
    fn the_clients_attempts_are_counted_without_lifeboats_own() {
        let work = Story::loss().judge().work;
        assert_eq!((work.in_doubt, work.failed), (2, 0));
        assert_eq!(work.acknowledged, Story::loss().ledger.commits.len() as u64 - 2 - 3);
        assert!(Story::table().judge().work.failed > 70);
    }

    #[test]
    fn the_outage_lasts_from_the_last_commit_before_the_fault_to_the_first_after_it() {
        assert_eq!(Story::loss().judge().work.longest_outage, Some(Duration::from_millis(9_000 - 6_945)));
        assert_eq!(Story::rehearsal().judge().work.longest_outage, None);
        assert_eq!(Story::mistake().judge().work.longest_outage, Some(Duration::from_millis(30)));
    }
}
