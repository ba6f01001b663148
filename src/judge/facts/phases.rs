//! The phases of a recovery time, and whether they add up to it.

use std::time::Duration;

use crate::judge::{finding::Ruling, recovery::CompletedRecovery, server_stage};
use crate::{
    drill::Period,
    human,
    journal::{Moment, Phase, PhaseSpan, Recovered},
};

/// What the clock can't tell apart, over a whole recovery.
const RESOLUTION: Duration = Duration::from_millis(10);

/// The phases of a recovery time, and what does not fit.
pub(in crate::judge) struct Phases {
    pub(in crate::judge) spans: Vec<PhaseSpan>,
    misfits: Vec<String>,
}

/// Start, replay and promotion are a server's own, and its log tells when they were; what is before and after
/// them is the runner's, and it measured that. Each begins where the one before ends.
pub(in crate::judge) fn phases(
    attempt: &CompletedRecovery<'_>,
    first_write: Option<Moment>,
    declared: Option<Period>,
) -> Phases {
    let recovered = attempt.recovered;
    let serves = recovered.serves;
    let mut spans = recovered.phases.clone();
    let mut misfits = Vec::new();
    if let Some(first_write) = first_write.filter(|_| serves) {
        // Without clients the runner has measured it, too: until it had heard of the commit.
        spans.retain(|span| span.phase != Phase::FirstWrite);
        misfits.extend(early_write(attempt, &spans, first_write));
        spans.retain(|span| span.from < first_write);
    }
    server_stage(recovered, &mut spans, first_write, &mut misfits);
    if let Some(first_write) = first_write.filter(|_| serves) {
        for span in spans.iter_mut().filter(|span| is_seen_late(attempt, span.phase)) {
            span.to = span.to.min(first_write);
        }
        let from = spans.iter().map(|span| span.to).max().unwrap_or_else(|| attempt.from());
        spans.push(PhaseSpan { phase: Phase::FirstWrite, from, to: first_write.max(from) });
    }
    if let Some(declared) = declared {
        let is_before = |span: &PhaseSpan| matches!(span.phase, Phase::Detect | Phase::Wait);
        let place = spans.iter().position(|span| !is_before(span)).unwrap_or(spans.len());
        let from = spans.iter().take(place).map(|span| span.to).max().unwrap_or_else(|| attempt.from());
        spans.insert(place, PhaseSpan { phase: Phase::Manual, from, to: from.after(declared.duration()) });
    }
    Phases { spans, misfits }
}

/// Puts the phases by the server's log in the place of what the runner saw of them.
fn server_stage(
    recovered: &Recovered,
    spans: &mut Vec<PhaseSpan>,
    first_write: Option<Moment>,
    misfits: &mut Vec<String>,
) {
    let Some(first) = spans.iter().position(|span| is_of_the_server(span.phase)) else { return };
    let count = spans.iter().skip(first).take_while(|span| is_of_the_server(span.phase)).count();
    let seen = spans.get(first..first + count).unwrap_or_default();
    let Some(stage) = server_stage::by_log(recovered, seen, first_write) else { return };
    let ended = stage.spans.last().map(|span| span.to);
    if let (Some(next), Some(ended)) = (spans.get_mut(first + count), ended) {
        next.from = ended.min(next.to);
    }
    spans.splice(first..first + count, stage.spans);
    misfits.extend(stage.misfits);
}

const fn is_of_the_server(phase: Phase) -> bool {
    matches!(phase, Phase::Start | Phase::Replay | Phase::Promote)
}

/// Whether the end of a phase is seen by the runner a little after clients may have noticed it: a server is
/// asked from time to time, and a table that was brought back is there when its transaction commits, just
/// before the tool says so.
fn is_seen_late(attempt: &CompletedRecovery<'_>, phase: Phase) -> bool {
    is_of_the_server(phase) || (phase == Phase::Restore && attempt.is_table())
}

/// No client can have written before all was in place; who has, wrote to a server that was still being made.
fn early_write<'a>(
    attempt: &'a CompletedRecovery<'_>,
    spans: &'a [PhaseSpan],
    first_write: Moment,
) -> impl Iterator<Item = String> + 'a {
    let is_early = move |span: &&PhaseSpan| !is_seen_late(attempt, span.phase) && first_write < span.to;
    spans.iter().filter(is_early).map(move |span| {
        let early = human::duration(span.to.since(first_write));
        format!("the first write was acknowledged {early} before the end of {}", span.phase.name())
    })
}

/// Whether the measured phases add up to the measured time within 1 %, and each ends before the next begins.
pub(in crate::judge) fn ruling(
    attempt: &CompletedRecovery<'_>,
    first_write: Option<Moment>,
    declared: Option<Period>,
) -> Ruling {
    let Some(end) = first_write else {
        return Ruling::inconclusive(
            "no acknowledged write on the recovered server, so there is no RTO to divide into phases",
        );
    };
    let Phases { spans, misfits } = phases(attempt, first_write, declared);
    let total = end.since(attempt.from());
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
    let mut complaints: Vec<_> = misfits.into_iter().map(Ruling::inconclusive).collect();
    if sum.abs_diff(total) > (total / 100).max(RESOLUTION) {
        complaints.push(Ruling::inconclusive(format!("the phases do not add up to the RTO: {said}")));
    }
    Ruling::of(complaints, said).with(details)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    use crate::{
        journal::ClockTie,
        judge::{Verdict, testing::*},
        pg::{
            Timeline,
            server_log::{LogFact, LogFactKind},
        },
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

    /// A story whose server's log and whose recovery are on one clock; facts of the log at these
    /// milliseconds.
    fn logged(story: Story, log: &[(u64, LogFactKind)]) -> Story {
        let wall =
            |millis: u64| Timestamp::from_millisecond(1_000_000 + millis.cast_signed()).expect("a time");
        let log: Vec<_> =
            log.iter().map(|(at, what)| LogFact { at: wall(*at), what: what.clone() }).collect();
        story.recovered(|recovered| {
            recovered.clock = Some(ClockTie { at: ms(1_000), wall: wall(1_000), within_us: 20 });
            recovered.log.clone_from(&log);
        })
    }

    fn tenths(story: &Story) -> Vec<(Phase, u64, u64)> {
        let spans = story.judge().recoveries[0].phases.clone();
        spans.iter().map(|span| (span.phase, span.from.0 / 1000, span.to.0 / 1000)).collect()
    }

    fn pitr(redo: u64, done: u64, ready: u64) -> Vec<(u64, LogFactKind)> {
        vec![
            (8_010, LogFactKind::ArchiveRecovery { target: None }),
            (redo, LogFactKind::RedoStarts),
            (redo + 5, LogFactKind::Consistent),
            (done, LogFactKind::RedoDone),
            (done + 20, LogFactKind::NewTimeline { timeline: Timeline(2) }),
            (done + 30, LogFactKind::ArchiveRecoveryComplete),
            (ready, LogFactKind::Ready),
        ]
    }

    #[test]
    fn start_replay_and_promotion_are_what_the_servers_log_says() {
        use Phase::{FirstWrite, Promote, Replay, Restore, Start};
        let story = logged(Story::loss(), &pitr(8_120, 8_700, 8_850));
        let expected = [
            (Start, 8_000, 8_120),
            (Replay, 8_120, 8_700),
            (Promote, 8_700, 8_850),
            (FirstWrite, 8_850, 9_000),
        ];
        assert_eq!(tenths(&story)[4..], expected);
        assert_eq!(story.verdict_of(NAME), Verdict::Pass);

        let killed =
            [(8_150, LogFactKind::RedoStarts), (8_203, LogFactKind::RedoDone), (8_880, LogFactKind::Ready)];
        let story = logged(Story::restart(), &killed);
        let expected = [
            (Start, 8_000, 8_150),
            (Replay, 8_150, 8_203),
            (Promote, 8_203, 8_880),
            (FirstWrite, 8_880, 9_000),
        ];
        assert_eq!(tenths(&story)[4..], expected);

        // The standby has replayed since long ago; the runner promotes it at 8 s.
        let standby =
            [(2_000, LogFactKind::RedoStarts), (8_015, LogFactKind::RedoDone), (8_040, LogFactKind::Ready)];
        let story = logged(Story::promoted(false), &standby).recovered(|recovered| {
            recovered.phases.retain(|span| !matches!(span.phase, Phase::Start | Phase::Replay));
            recovered.phases.iter_mut().for_each(|span| {
                if span.phase == Phase::Promote {
                    span.from = ms(8_000);
                }
            });
        });
        let expected = [
            (Restore, 7_600, 8_000),
            (Replay, 8_000, 8_015),
            (Promote, 8_015, 8_040),
            (FirstWrite, 8_040, 9_000),
        ];
        assert_eq!(tenths(&story)[3..], expected);
    }

    #[test]
    fn a_server_that_replays_nothing_starts_until_it_is_ready_and_rows_are_put_in_place_after_that() {
        use Phase::{FirstWrite, Restore, Start};
        let story = logged(Story::dump(), &[(8_090, LogFactKind::Ready)]).recovered(|recovered| {
            recovered.phases.truncate(3);
            let span = |phase, from, to| PhaseSpan { phase, from: ms(from), to: ms(to) };
            recovered.phases.extend([span(Start, 7_600, 8_100), span(Restore, 8_100, 8_900)]);
        });
        assert_eq!(
            tenths(&story)[3..],
            [(Start, 7_600, 8_090), (Restore, 8_090, 8_900), (FirstWrite, 8_900, 9_000)]
        );
    }

    #[test]
    fn a_first_write_before_the_end_of_a_restore_is_a_finding() {
        let early = |story: Story| {
            story.recovered(|recovered| {
                recovered.phases.truncate(3);
                let span = |phase, from, to| PhaseSpan { phase, from: ms(from), to: ms(to) };
                let spans = [span(Phase::Start, 7_600, 8_100), span(Phase::Restore, 8_100, 9_133)];
                recovered.phases.extend(spans);
            })
        };
        let (verdict, message) = early(logged(Story::dump(), &[(8_090, LogFactKind::Ready)])).finding(NAME);
        assert_eq!(verdict, Verdict::Inconclusive);
        assert_eq!(message, "the first write was acknowledged 133 ms before the end of restore");
        assert_eq!(early(Story::dump()).verdict_of(NAME), Verdict::Inconclusive);
    }

    #[test]
    fn a_first_write_of_the_runner_is_over_when_its_commit_is_acknowledged() {
        let story = Story::loss().recovered(|recovered| {
            let last = recovered.phases.last().expect("a phase").to;
            recovered.phases.push(PhaseSpan { phase: Phase::FirstWrite, from: last, to: ms(9_001) });
        });
        assert_eq!(story.verdict_of(NAME), Verdict::Pass);
        assert_eq!(tenths(&story).last().expect("a phase").2, 9_000);
    }

    #[test]
    fn a_first_write_before_the_end_of_replay_or_of_recovery_is_a_finding() {
        let (verdict, message) = logged(Story::loss(), &pitr(8_120, 9_050, 9_100)).finding(NAME);
        assert_eq!(verdict, Verdict::Inconclusive);
        assert!(message.starts_with("the first write was acknowledged 81 ms before"), "{message}");
        // A server takes writes when it has left recovery, a little before it says that it is ready.
        let story = logged(Story::loss(), &pitr(8_120, 8_900, 9_004))
            .recovered(|recovered| recovered.phases[6].to = ms(9_002));
        assert_eq!(story.verdict_of(NAME), Verdict::Pass);
        assert_eq!(tenths(&story).last(), Some(&(Phase::FirstWrite, 9_000, 9_000)));
    }

    #[test]
    fn a_log_that_does_not_fit_the_runners_clock_is_a_finding() {
        let (verdict, message) = logged(Story::loss(), &pitr(7_900, 8_700, 8_850)).finding(NAME);
        assert_eq!(verdict, Verdict::Inconclusive);
        assert!(message.starts_with("start ended by the server's log 100 ms before"), "{message}");
    }

    #[test]
    fn waiting_on_purpose_stands_between_detection_and_declared_time() {
        let story = Story::loss().drill(|drill| drill.manual_time = Some(Period::from_secs(300)));
        let story = story.recovered(|recovered| {
            recovered.phases[0].to = ms(7_020);
            recovered.phases.insert(1, PhaseSpan { phase: Phase::Wait, from: ms(7_020), to: ms(7_100) });
        });
        let phases: Vec<_> = tenths(&story).into_iter().take(3).collect();
        let expected =
            [(Phase::Detect, 7_000, 7_020), (Phase::Wait, 7_020, 7_100), (Phase::Manual, 7_100, 307_100)];
        assert_eq!(phases, expected);
        assert_eq!(story.verdict_of(NAME), Verdict::Pass);
    }
}
