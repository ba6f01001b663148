//! The phases of a recovery time, and whether they add up to it.

use std::time::Duration;

use crate::judge::{finding::Ruling, recovery::CompletedRecovery};
use crate::{
    drill::Period,
    human,
    journal::{Moment, Phase, PhaseSpan},
};

/// What the clock can't tell apart, over a whole recovery.
const RESOLUTION: Duration = Duration::from_millis(10);

/// The phases up to the first write. A service may be back while the runner still asks for it: what it measured is clipped there.
pub(in crate::judge) fn phases(
    attempt: &CompletedRecovery<'_>,
    first_write: Option<Moment>,
    declared: Option<Period>,
) -> Vec<PhaseSpan> {
    let recovered = attempt.recovered;
    let mut spans = recovered.phases.clone();
    if let Some(first_write) = first_write.filter(|_| recovered.serves) {
        spans.retain(|span| span.phase != Phase::FirstWrite && span.from < first_write);
        for span in &mut spans {
            span.to = span.to.min(first_write);
        }
        let from = spans.iter().map(|span| span.to).max().unwrap_or_else(|| attempt.from());
        spans.push(PhaseSpan { phase: Phase::FirstWrite, from, to: first_write });
    }
    if let Some(declared) = declared {
        let after_detection =
            spans.iter().position(|span| span.phase != Phase::Detect).unwrap_or(spans.len());
        let from =
            spans.iter().take(after_detection).map(|span| span.to).max().unwrap_or_else(|| attempt.from());
        let to =
            Moment(from.0.saturating_add(u64::try_from(declared.duration().as_micros()).unwrap_or(u64::MAX)));
        spans.insert(after_detection, PhaseSpan { phase: Phase::Manual, from, to });
    }
    spans
}

/// Whether the measured phases add up to the measured time within 1 %.
pub(in crate::judge) fn ruling(spans: &[PhaseSpan], from: Moment, first_write: Option<Moment>) -> Ruling {
    let Some(first_write) = first_write else {
        return Ruling::inconclusive(
            "no acknowledged write on the recovered server, so there is no RTO to divide into phases",
        );
    };
    let total = first_write.since(from);
    let measured =
        spans.iter().filter(|span| span.phase != Phase::Manual).map(|span| span.to.since(span.from));
    let sum = measured.fold(Duration::ZERO, Duration::saturating_add);
    let details = spans
        .iter()
        .map(|span| format!("{}: {}", span.phase.name(), human::duration(span.to.since(span.from))))
        .collect();
    let said = format!(
        "phases sum to {}, RTO without declared time {}",
        human::duration(sum),
        human::duration(total)
    );
    if sum.abs_diff(total) <= (total / 100).max(RESOLUTION) {
        Ruling::pass(said).with(details)
    } else {
        Ruling::inconclusive(format!("the phases do not add up to the RTO: {said}")).with(details)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        journal::Recovered,
        judge::{Verdict, testing::*},
    };

    const NAME: &str = "recovery 06 phases";

    fn spans(story: &Story) -> Vec<(Phase, u64, u64)> {
        story.judge().recoveries[0]
            .phases
            .iter()
            .map(|span| (span.phase, span.from.0 / 1000, span.to.0 / 1000))
            .collect()
    }

    #[test]
    fn the_first_write_is_the_last_phase() {
        assert_eq!(spans(&Story::loss()).last(), Some(&(Phase::FirstWrite, 8_900, 9_000)));
        assert_eq!(spans(&Story::rehearsal()).last(), Some(&(Phase::FirstWrite, 8_900, 8_950)));
    }

    #[test]
    fn a_service_that_is_back_before_the_runner_noticed_clips_what_it_measured() {
        let story = Story::loss().recovered(|recovered| {
            recovered.phases[6].to = ms(9_100);
            recovered.phases.push(PhaseSpan { phase: Phase::Promote, from: ms(9_100), to: ms(9_200) });
        });
        let spans = spans(&story);
        assert_eq!(spans[6..], [(Phase::Promote, 8_600, 9_000), (Phase::FirstWrite, 9_000, 9_000)]);
        assert_eq!(story.verdict_of(NAME), Verdict::Pass);
    }

    #[test]
    fn declared_time_stands_after_detection_and_off_the_clock() {
        let story = Story::loss().drill(|drill| drill.manual_time = Some(Period::from_secs(300)));
        assert_eq!(spans(&story)[1], (Phase::Manual, 7_100, 307_100));
        assert_eq!(story.verdict_of(NAME), Verdict::Pass);
        let recovery = &story.judge().recoveries[0];
        assert_eq!(recovery.rto, Some(Duration::from_secs(302)));
        assert!(recovery.verified > recovery.rto);
    }

    #[test]
    fn a_gap_of_more_than_one_percent_is_inconclusive() {
        let gap = |millis: u64| move |recovered: &mut Recovered| recovered.phases[2].to = ms(7_600 - millis);
        assert_eq!(Story::loss().recovered(gap(20)).verdict_of(NAME), Verdict::Pass);
        assert_eq!(Story::loss().recovered(gap(21)).verdict_of(NAME), Verdict::Inconclusive);
    }

    #[test]
    fn an_overlap_of_more_than_one_percent_is_inconclusive() {
        let overlap = |recovered: &mut Recovered| recovered.phases[2].to = ms(7_621);
        assert_eq!(Story::loss().recovered(overlap).verdict_of(NAME), Verdict::Inconclusive);
    }

    #[test]
    fn without_a_first_write_there_is_nothing_to_divide() {
        let mut story = Story::loss();
        story.ledger.commits.retain(|commit| commit.session < 10);
        assert_eq!(story.verdict_of(NAME), Verdict::Inconclusive);
    }
}
