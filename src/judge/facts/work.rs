//! What the clients did, whatever became of it.

use std::time::Duration;

use crate::journal::{CommitOutcome, Ledger, MARKER_WRITER, Moment};
use crate::judge::{RecoveryJudgement, Work, outage::Outage, record::Record};

/// The clients' attempts by outcome, and the longest time without an acknowledged commit from the first fault until service was back
/// for the last time.
pub(in crate::judge) fn work(
    record: &Record<'_>,
    ledger: &dyn Ledger,
    judged: &[RecoveryJudgement],
    outages: &[Outage],
) -> Work {
    let mut work = Work::default();
    let fault = record.steps.iter().find_map(|facts| facts.fault);
    let back = outages.iter().filter_map(|outage| outage.first_write);
    let served =
        judged.iter().filter(|recovery| recovery.recovered.serves).filter_map(|judged| judged.first_write);
    let back = back.chain(served).max();
    let mut previous: Option<Moment> = None;
    for commit in ledger.commits().filter(|commit| commit.writer != MARKER_WRITER) {
        match commit.outcome {
            CommitOutcome::InDoubt => work.in_doubt += 1,
            CommitOutcome::Failed => work.failed += 1,
            CommitOutcome::Acknowledged => {
                work.acknowledged += 1;
                if let Some((fault, previous)) = fault.zip(previous) {
                    let around = commit.ended >= fault.at && back.is_none_or(|back| previous < back);
                    let gap: Option<Duration> = around.then(|| commit.ended.since(previous));
                    work.longest_outage = work.longest_outage.max(gap);
                }
                previous = Some(commit.ended);
            }
        }
    }
    work
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
