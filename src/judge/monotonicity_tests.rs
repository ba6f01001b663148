//! Sabotage at random: less never looks better, and what can't be is always noticed.

use proptest::prelude::*;

use super::{
    Verdict,
    testing::{Story, ms, point, set},
};
use crate::{
    drill::RecoveryTarget,
    journal::{Commit, CommitOutcome},
};

const STORIES: [fn() -> Story; 8] = [
    Story::loss,
    Story::rehearsal,
    Story::mistake,
    Story::dump,
    Story::restart,
    || Story::promoted(true),
    Story::table,
    || Story::restored(RecoveryTarget::Xid { point: point(), inclusive: false }, true),
];

/// The rows that a faithful recovery has.
fn kept(story: &Story) -> Vec<Commit> {
    let accounting = |story: &Story| story.judge().recoveries[0].accounting.clone().expect("a survey");
    let due = accounting(story).due;
    let acknowledged =
        story.ledger.commits.iter().filter(|commit| commit.outcome == CommitOutcome::Acknowledged);
    acknowledged
        .filter(|commit| commit.ended <= ms(7_000))
        .take(usize::try_from(due).expect("few"))
        .copied()
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn taking_rows_away_never_improves_the_verdict(
        which in 0..STORIES.len(),
        suffix in 0_usize..5,
        second: prop::sample::Index,
    ) {
        // Out of a state with a hole, taking the later row away leaves a mere loss: so the start is a
        // recovery that ends too early.
        let story = STORIES[which]();
        let kept = kept(&story);
        let lost: Vec<_> = kept.iter().rev().take(suffix).collect();
        let before = story.survey(|survey| lost.iter().for_each(|commit| set(survey, commit, false)));
        let after = before.clone().survey(|survey| set(survey, second.get(&kept), false));
        prop_assert!(after.judge().verdict >= before.judge().verdict);
        prop_assert!(after.judge().rpo >= before.judge().rpo);
    }

    #[test]
    fn a_corrupt_row_always_fails(which in 0..STORIES.len(), writer in 0_u16..5, seq in 300_u64..9_999) {
        let story = STORIES[which]()
            .survey(|survey| survey.writers.entry(writer).or_default().present.insert(seq));
        prop_assert_eq!(story.judge().verdict, Some(Verdict::Fail));
        let story = STORIES[which]().survey(|survey| survey.damaged += 1);
        prop_assert_eq!(story.judge().verdict, Some(Verdict::Fail));
    }

    #[test]
    fn without_any_one_event_the_verdict_is_never_better(
        which in 0..STORIES.len(),
        gone: prop::sample::Index,
    ) {
        let mut story = STORIES[which]();
        let gone = gone.index(story.entries.len() - 2) + 2;
        let event = story.entries.remove(gone).event;
        let verdict = story.judge().verdict;
        // An end of the exercise or of the run is told elsewhere, and the facts of work that nobody relies on
        // are not missed.
        let is_told_elsewhere = matches!(
            event,
            crate::journal::Event::DrillEnded { .. }
                | crate::journal::Event::RunEnded { .. }
                | crate::journal::Event::StepStarted { .. }
        );
        // So is that a service runs without the server that it had: its recovery proves it. What people
        // broke, nothing else tells.
        let is_proven_by_recovery = matches!(event, crate::journal::Event::FaultProbed { after: Some(_), .. })
            && story.judge().fault.is_some_and(|fault| !fault.fault.is_human_error());
        let is_told_elsewhere = is_told_elsewhere || is_proven_by_recovery;
        prop_assert!(verdict > Some(Verdict::Pass) || is_told_elsewhere, "{event:?}");
    }
}
