//! Whether a fault had its effect, and whether that is gone since.

use std::time::Duration;

use crate::judge::{
    finding::{Ruling, number},
    ledger_facts::LedgerFacts,
    record::{InjectedFault, Record, StepFacts},
};
use crate::{
    drill::Verb,
    human,
    journal::{FaultEffect, Outcome},
};

/// Clients of a service that is up don't pause for longer, where their rate does not say otherwise.
const PAUSE: Duration = Duration::from_secs(5);

/// The ruling on the fault of `step`.
pub(in crate::judge) fn ruling(
    record: &Record<'_>,
    step: usize,
    facts: &StepFacts<'_>,
    ledger: Option<&LedgerFacts<'_>>,
) -> Ruling {
    let Some(fault) = facts.fault else {
        return match record.drill.steps.get(step).map(|declared| &declared.verb) {
            Some(Verb::Arm(armed)) if facts.outcome() == Outcome::Completed => Ruling::inconclusive(format!(
                "the fault was never injected: the recovery after it did not enter {}",
                armed.during.name()
            )),
            _ => Ruling::follows("the fault was not injected"),
        };
    };
    Ruling::of(
        [effect(record, step, &fault, ledger), end(record, step, facts, &fault)]
            .into_iter()
            .flatten()
            .collect(),
        format!(
            "effect proven after {}: {}",
            fault.proven().map_or_else(String::new, |proven| human::duration(proven.since(fault.at))),
            fault.effect()
        ),
    )
}

/// Why nothing shows that the fault endangered anything.
fn effect(
    record: &Record<'_>,
    step: usize,
    fault: &InjectedFault<'_>,
    ledger: Option<&LedgerFacts<'_>>,
) -> Option<Ruling> {
    if fault.proven().is_none() {
        return Some(Ruling::inconclusive(format!(
            "the effect of the fault was not proven: {}",
            fault.effect()
        )));
    }
    if fault.fault.is_silence() && fault.alive.is_none_or(|alive| alive > fault.at) {
        return Some(Ruling::inconclusive(format!(
            "the server was not proven to respond before the fault, so its silence proves nothing: {}",
            fault.effect()
        )));
    }
    let pause = pause_before(record, step, fault, ledger?)?;
    Some(Ruling::inconclusive(format!(
        "no commit was acknowledged in the {} before the fault, so it put no work at risk",
        human::duration(pause)
    )))
}

/// Why nothing shows that the effect is gone after the step that was to end the fault.
fn end(record: &Record<'_>, step: usize, facts: &StepFacts<'_>, fault: &InjectedFault<'_>) -> Option<Ruling> {
    let what = fault.fault.describe();
    let Some((after, ending)) =
        record.timeline.ended_by(step).and_then(|after| Some((after, record.steps.get(after)?)))
    else {
        return Some(Ruling::inconclusive(format!("no step of the drill ends the effect of \"{what}\"")));
    };
    let title = record.drill.steps.get(after).map_or("", |step| step.title.as_str());
    let place = format!("step {}, {title}", number(after));
    match facts.probed.get(&after) {
        Some(probe) => match probe.effect {
            FaultEffect::Gone => None,
            FaultEffect::Present => {
                let message =
                    format!("the effect of \"{what}\" is still there after {place}: {}", probe.seen);
                let missing = probe.missing.iter().map(|line| format!("missing: {line}"));
                Some(Ruling::fail(message).with(missing.collect()))
            }
            FaultEffect::Unknown => Some(Ruling::inconclusive(format!(
                "whether the effect of the fault is gone after {place} could not be determined: {}",
                probe.seen
            ))),
        },
        // That a service runs without the server that it had is what its recovery proves.
        None if fault.fault.node().is_some()
            && ending.recovered.is_some_and(|(_, it)| it.serves && !it.after.in_recovery) =>
        {
            None
        }
        None if ending.outcome() != Outcome::Completed => {
            Some(Ruling::follows(format!("{place}, which was to end it, did not complete")))
        }
        None => Some(Ruling::inconclusive(format!(
            "whether the effect of the fault is gone after {place} was not examined"
        ))),
    }
}

/// How long the clients had not committed before a fault in a service that was up, where that is too long.
fn pause_before(
    record: &Record<'_>,
    step: usize,
    facts: &InjectedFault<'_>,
    ledger: &LedgerFacts<'_>,
) -> Option<Duration> {
    let workload = &record.drill.workload();
    if workload.writers == 0 || !record.timeline.is_service_up(step) {
        return None;
    }
    let last = ledger.last_before(step);
    let pause = facts.at.since(last.or(record.started.as_ref().map(|started| started.at))?);
    (pause > workload.patience(PAUSE)).then_some(pause)
}

#[cfg(test)]
mod tests {
    use crate::{
        drill::{Fault, Period, Verb},
        journal::{Event, FaultEffect, Outcome},
        judge::{Verdict, testing::*},
    };

    const NAME: &str = "fault 05 lose the volume of primary";

    #[test]
    fn a_fault_without_a_proven_effect_is_inconclusive() {
        let story = Story::loss().probe(None, |probe| {
            (probe.effect, probe.seen) = (FaultEffect::Gone, "it still answers".into());
        });
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
        let rare = |drill: &mut crate::drill::Drill| drill.cluster_mut().workload.rate = Some(0.5);
        assert_eq!(story.drill(rare).verdict_of(NAME), Verdict::Pass);
    }

    #[test]
    fn a_fault_that_was_never_reached_is_inconclusive() {
        let story = Story::loss()
            .without(|event| matches!(event, Event::FaultInjected { .. }))
            .step_ended(FAULT, Outcome::Skipped);
        assert_eq!(story.verdict_of(NAME), Verdict::Inconclusive);
    }

    #[test]
    fn an_effect_that_is_still_there_after_the_recovery_fails() {
        let name = "fault 05 drop table shop.receipt";
        let probe = |effect| Story::mistake().probe(Some(RECOVERY), |probe| probe.effect = effect);
        let (verdict, message) = probe(FaultEffect::Present).finding(name);
        assert_eq!(verdict, Verdict::Fail);
        assert!(
            message.starts_with("the effect of \"drop table shop.receipt\" is still there after step 06, "),
            "{message}"
        );
        assert_eq!(probe(FaultEffect::Present).judge().verdict, Some(Verdict::Fail));
        let missing = "policy p on shop.receipt";
        let story = probe(FaultEffect::Present)
            .probe(Some(RECOVERY), |probe| probe.missing = vec![missing.into()])
            .judge();
        let finding = story.findings.iter().find(|finding| finding.name == name);
        assert_eq!(finding.map(|it| it.details.clone()), Some(vec![format!("missing: {missing}")]));
        assert_eq!(probe(FaultEffect::Unknown).verdict_of(name), Verdict::Inconclusive);
        assert_eq!(probe(FaultEffect::Gone).verdict_of(name), Verdict::Pass);
    }

    #[test]
    fn an_effect_that_nobody_looked_for_after_the_recovery_is_inconclusive() {
        let story =
            Story::mistake().without(|event| matches!(event, Event::FaultProbed { after: Some(_), .. }));
        let name = "fault 05 drop table shop.receipt";
        assert_eq!(story.verdict_of(name), Verdict::Inconclusive);
        assert!(story.judge().findings.iter().any(|finding| finding.name == name && !finding.follows));
        let story = story.step_ended(RECOVERY, Outcome::Failed);
        assert!(story.judge().findings.iter().any(|finding| finding.name == name && finding.follows));
    }

    #[test]
    fn a_frozen_server_that_nothing_thaws_is_inconclusive() {
        let freeze = Fault::Freeze { node: node("primary") };
        let story = Story::promoted(true).fault(|fault| fault.fault = freeze.clone());
        let frozen = |heal: bool| {
            story.clone().drill(|drill| {
                drill.steps[FAULT].verb = Verb::Fault(freeze.clone());
                drill.steps[RECOVERY].verb = if heal {
                    Verb::Heal(crate::drill::Fault::Freeze { node: node("primary") })
                } else {
                    Verb::Work(Period::from_secs(1))
                };
            })
        };
        assert_eq!(frozen(true).verdict_of("fault 05 freeze primary"), Verdict::Pass);
        assert_eq!(frozen(false).verdict_of("fault 05 freeze primary"), Verdict::Inconclusive);
    }
}
