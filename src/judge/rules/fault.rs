//! Whether a fault had its effect, and was lifted.

use std::time::Duration;

use crate::judge::{finding::Ruling, record::Record};
use crate::{
    drill::{Fault, Verb},
    human,
    journal::{FaultFacts, Ledger},
};

/// Clients of a service that is up don't pause for longer, where their rate does not say otherwise.
const PAUSE: Duration = Duration::from_secs(5);

/// The ruling on the fault of `step`; `None` where the fault was not injected.
pub(in crate::judge) fn ruling(
    record: &Record<'_>,
    step: usize,
    facts: Option<&FaultFacts>,
    ledger: Option<&Ledger>,
) -> Ruling {
    let Some(facts) = facts else { return Ruling::follows("the fault was not injected") };
    let Some(proven) = facts.proven else {
        return Ruling::inconclusive(format!("the effect of the fault was not proven: {}", facts.effect));
    };
    if facts.fault.is_silence() && facts.alive.is_none_or(|alive| alive > facts.at) {
        return Ruling::inconclusive(format!(
            "the server was not proven to respond before the fault, so its silence proves nothing: {}",
            facts.effect
        ));
    }
    if let Fault::Freeze { node } = &facts.fault
        && !record.numbered().any(|(_, step, other)| {
            step.verb == Verb::Heal(node.clone()) && other.healed.is_some_and(|at| at >= facts.at)
        })
    {
        return Ruling::inconclusive(format!("{node} was frozen and never thawed"));
    }
    if let Some(pause) = ledger.and_then(|ledger| pause_before(record, step, facts, ledger)) {
        return Ruling::inconclusive(format!(
            "no commit was acknowledged in the {} before the fault, so it put no work at risk",
            human::duration(pause)
        ));
    }
    Ruling::pass(format!("effect proven after {}: {}", human::duration(proven.since(facts.at)), facts.effect))
}

/// How long the clients had not committed before a fault in a service that was up, where that is too long.
fn pause_before(record: &Record<'_>, step: usize, facts: &FaultFacts, ledger: &Ledger) -> Option<Duration> {
    let workload = &record.drill.workload;
    if workload.writers == 0 || !record.drill.is_service_up(step) {
        return None;
    }
    let last = ledger.acknowledged().map(|commit| commit.ended).filter(|ended| *ended <= facts.at).max();
    let pause = facts.at.since(last.or(record.started.as_ref().map(|started| started.at))?);
    (pause > workload.patience(PAUSE)).then_some(pause)
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
        let story =
            Story::loss().fault(|fault| (fault.proven, fault.effect) = (None, "it still answers".into()));
        assert_eq!(
            story.finding(NAME),
            (Verdict::Inconclusive, "the effect of the fault was not proven: it still answers".into())
        );
    }

    #[test]
    fn silence_proves_nothing_of_a_server_that_was_not_known_to_live() {
        for (story, name) in [
            (Story::promoted(true), "fault 05 kill primary for good"),
            (Story::restart(), "fault 05 SIGKILL the postmaster of primary"),
        ] {
            for alive in [None, Some(ms(7_001))] {
                assert_eq!(
                    story.clone().fault(|fault| fault.alive = alive).verdict_of(name),
                    Verdict::Inconclusive
                );
            }
            assert_eq!(story.verdict_of(name), Verdict::Pass);
        }
        assert_eq!(Story::loss().fault(|fault| fault.alive = None).verdict_of(NAME), Verdict::Pass);
    }

    #[test]
    fn a_fault_that_comes_when_nobody_commits_endangers_nothing() {
        let mut story = Story::loss();
        story.ledger.commits.retain(|commit| commit.ended < ms(1_500) || commit.ended > ms(7_000));
        assert_eq!(story.verdict_of(NAME), Verdict::Inconclusive);
        let rare = |drill: &mut crate::drill::Drill| drill.workload.rate = Some(0.5);
        assert_eq!(story.drill(rare).verdict_of(NAME), Verdict::Pass);
    }

    #[test]
    fn a_fault_that_was_never_reached_is_inconclusive() {
        let story = Story::loss()
            .without(|event| matches!(event, Event::FaultInjected(_)))
            .step_ended(FAULT, Outcome::Skipped);
        assert_eq!(story.verdict_of(NAME), Verdict::Inconclusive);
    }

    #[test]
    fn a_frozen_server_that_was_never_thawed_is_inconclusive() {
        let freeze = Fault::Freeze { node: node("primary") };
        let mut story = Story::promoted(true).fault(|fault| fault.fault = freeze.clone());
        story = story.drill(|drill| drill.steps[FAULT].verb = Verb::Fault(freeze.clone()));
        assert_eq!(story.verdict_of("fault 05 freeze primary"), Verdict::Inconclusive);
        let healed = |at| Entry {
            at: ms(at),
            exercise: Some(story.exercise.clone()),
            event: Event::FaultHealed { node: node("primary") },
        };
        let (cleaned_up, in_a_step) = (healed(9_900), healed(9_100));
        let checks = story
            .entries
            .iter()
            .rposition(|entry| matches!(entry.event, Event::StepStarted { .. }))
            .expect("a step");
        let mut thawed_at_the_end = story.clone();
        thawed_at_the_end.entries.push(cleaned_up);
        assert_eq!(thawed_at_the_end.verdict_of("fault 05 freeze primary"), Verdict::Inconclusive);
        story.entries.insert(checks + 1, in_a_step);
        story =
            story.drill(|drill| drill.steps.last_mut().expect("a step").verb = Verb::Heal(node("primary")));
        assert_eq!(story.verdict_of("fault 05 freeze primary"), Verdict::Pass);
    }
}
