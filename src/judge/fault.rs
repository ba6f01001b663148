//! Whether a fault had its effect, and was lifted.

use super::{finding::Ruling, record::Record, text::length};
use crate::{drill::Fault, journal::FaultFacts};

/// The ruling on the fault of a step; `None` where it was never injected.
pub(super) fn ruling(record: &Record<'_>, facts: Option<&FaultFacts>) -> Ruling {
    let Some(facts) = facts else { return Ruling::follows("it was never injected") };
    let Some(proven) = facts.proven else {
        return Ruling::inconclusive(format!("its effect was not proven: {}", facts.effect));
    };
    if facts.fault.is_silence() && facts.alive.is_none_or(|alive| alive > facts.at) {
        return Ruling::inconclusive(format!(
            "nothing shows that the server answered before it, so that its silence proves nothing: {}",
            facts.effect
        ));
    }
    if let Fault::Freeze { node } = &facts.fault
        && !record.healed.iter().any(|(healed, at)| *healed == node && *at >= facts.at)
    {
        return Ruling::inconclusive(format!("{node} was frozen and never thawed"));
    }
    Ruling::pass(format!("proven after {}: {}", length(proven.since(facts.at)), facts.effect))
}

#[cfg(test)]
mod tests {
    use crate::{
        drill::{Fault, Verb},
        journal::{Entry, Event, Outcome},
        judge::{Verdict, testing::*},
    };

    const NAME: &str = "fault 05 lose the volume of primary";

    #[test]
    fn a_fault_without_a_proven_effect_is_inconclusive() {
        let story = Story::loss().fault(|fault| (fault.proven, fault.effect) = (None, "it still answers".into()));
        assert_eq!(story.finding(NAME), (Verdict::Inconclusive, "its effect was not proven: it still answers".into()));
    }

    #[test]
    fn silence_proves_nothing_of_a_server_that_was_not_known_to_live() {
        for (story, name) in
            [(Story::promoted(true), "fault 05 kill primary for good"), (Story::restart(), "fault 05 SIGKILL the postmaster of primary")]
        {
            for alive in [None, Some(ms(7_001))] {
                assert_eq!(story.clone().fault(|fault| fault.alive = alive).verdict_of(name), Verdict::Inconclusive);
            }
            assert_eq!(story.verdict_of(name), Verdict::Pass);
        }
        assert_eq!(Story::loss().fault(|fault| fault.alive = None).verdict_of(NAME), Verdict::Pass);
    }

    #[test]
    fn a_fault_that_was_never_reached_is_inconclusive() {
        let story = Story::loss().without(|event| matches!(event, Event::FaultInjected(_))).step_ended(FAULT, Outcome::Skipped);
        assert_eq!(story.verdict_of(NAME), Verdict::Inconclusive);
    }

    #[test]
    fn a_frozen_server_that_was_never_thawed_is_inconclusive() {
        let freeze = Fault::Freeze { node: node("primary") };
        let mut story = Story::promoted(true).fault(|fault| fault.fault = freeze.clone());
        story = story.drill(|drill| drill.steps[FAULT].verb = Verb::Fault(freeze.clone()));
        assert_eq!(story.verdict_of("fault 05 freeze primary"), Verdict::Inconclusive);
        let event = Event::FaultHealed { node: node("primary") };
        story.entries.push(Entry { at: ms(9_900), exercise: Some(story.exercise.clone()), event });
        assert_eq!(story.verdict_of("fault 05 freeze primary"), Verdict::Pass);
    }
}
