//! Whether the steps ran.

use crate::judge::{
    Verdict,
    finding::Ruling,
    record::{Record, StepFacts},
    verification,
};
use crate::{
    drill::{Step, Verb},
    human,
    journal::Outcome,
};

/// The ruling on one step. A step that did not run leaves it open whether a promise was kept.
pub(in crate::judge) fn ruling(
    record: &Record<'_>,
    number: usize,
    step: &Step,
    facts: &StepFacts<'_>,
) -> Ruling {
    let ran = || ran(record, number, step, facts);
    let ruling = match facts.not_recovered {
        Some(words) => Ruling::fail(format!("not recovered: {words}")),
        None => ran(),
    };
    let mut complaints = verification::complaints(facts);
    if ruling.verdict == Verdict::Pass {
        return Ruling::of(complaints, ruling.message);
    }
    complaints.insert(0, ruling);
    Ruling::of(complaints, "")
}

fn ran(record: &Record<'_>, number: usize, step: &Step, facts: &StepFacts<'_>) -> Ruling {
    let because = facts.error.map(|error| format!(": {error}")).filter(|because| because != ": interrupted");
    let because = because.unwrap_or_default();
    match facts.outcome() {
        Outcome::Completed => completed(record, number, step, facts),
        Outcome::Failed => Ruling::inconclusive(format!("failed{because}")),
        Outcome::TimedOut => Ruling::inconclusive(format!(
            "timed out after {}{because}",
            human::duration(step.deadline.duration())
        )),
        Outcome::Cancelled => Ruling::inconclusive(format!("interrupted{because}")),
        Outcome::Interrupted => match record.timeline.interrupted_by(number) {
            Some(fault) => Ruling::pass(format!("interrupted by the fault of step {}", fault + 1)),
            None => Ruling::inconclusive("interrupted, though no fault was to come while it ran"),
        },
        Outcome::Skipped => Ruling::follows("an earlier step did not complete"),
    }
}

fn completed(record: &Record<'_>, number: usize, step: &Step, facts: &StepFacts<'_>) -> Ruling {
    match &step.verb {
        Verb::Work(_) if record.drill.workload().writers > 0 => match facts.worked {
            Some(0) if record.timeline.is_service_up(number) => {
                Ruling::inconclusive("no commit was acknowledged although the service was up")
            }
            Some(commits) => Ruling::pass(human::count_of(commits, "acknowledged commit")),
            None => Ruling::inconclusive("the journal has no count of the workload's commits"),
        },
        Verb::Backup(_) => told(facts.backup.is_some(), "the journal has no facts of the backup"),
        Verb::RestorePoint(_) => {
            told(facts.restore_point.is_some(), "the journal has no facts of the restore point")
        }
        Verb::Recover(_) => told(facts.recovered.is_some(), "the journal has no facts of the recovery"),
        // Faults and checks have findings of their own, which miss what is missing.
        Verb::Work(_)
        | Verb::Fault(_)
        | Verb::Arm(_)
        | Verb::Heal(_)
        | Verb::Check(_)
        | Verb::Sql(_)
        | Verb::Exec(_) => Ruling::pass("completed"),
    }
}

fn told(is: bool, otherwise: &str) -> Ruling {
    if is { Ruling::pass("completed") } else { Ruling::inconclusive(otherwise) }
}

#[cfg(test)]
mod tests {
    use crate::{
        journal::{Entry, ErrorChain, Event, Outcome},
        judge::{Verdict, testing::*},
    };

    #[test]
    fn a_step_that_did_not_complete_is_inconclusive_and_says_why() {
        for (outcome, message) in [
            (Outcome::Failed, "failed: do it: no disk"),
            (Outcome::TimedOut, "timed out after 1 min 2 s: do it: no disk"),
            (Outcome::Cancelled, "interrupted: do it: no disk"),
            (Outcome::Skipped, "an earlier step did not complete"),
        ] {
            let story = Story::loss().step_ended(1, outcome);
            assert_eq!(story.finding("step 02 work for 2 s"), (Verdict::Inconclusive, message.into()));
        }
    }

    #[test]
    fn a_recovery_that_its_tool_refuses_fails_in_the_tools_words() {
        let mut story = Story::loss()
            .without(|event| matches!(event, Event::Recovered { .. }))
            .step_ended(RECOVERY, Outcome::Failed);
        assert_eq!(story.judge().verdict, Some(Verdict::Inconclusive));
        let error = ErrorChain::message("restore dump nightly: exit code 1: ERROR:  no such role");
        let event = Event::NotRecovered { step: RECOVERY, error };
        story.entries.push(Entry { at: ms(9_000), exercise: Some(story.exercise.clone()), event });
        assert_eq!(story.judge().verdict, Some(Verdict::Fail));
    }

    #[test]
    fn a_step_without_an_end_was_interrupted_and_one_without_a_beginning_skipped() {
        let is_end = |event: &Event| matches!(event, Event::StepEnded { step: 1, .. });
        let story = Story::loss().without(is_end);
        assert_eq!(story.judge().steps[1].outcome, Outcome::Cancelled);
        let story = story.without(|event| matches!(event, Event::StepStarted { step: 1, .. }));
        assert_eq!(story.judge().steps[1].outcome, Outcome::Skipped);
        assert_eq!(story.verdict_of("step 02 work for 2 s"), Verdict::Inconclusive);
    }

    fn idle(story: Story) -> Story {
        story.edit(|event| {
            if let Event::Worked { acknowledged, .. } = event {
                *acknowledged = 0;
            }
        })
    }

    #[test]
    fn clients_that_commit_nothing_are_inconclusive_while_the_service_is_up() {
        let story = idle(Story::loss());
        assert_eq!(story.verdict_of("step 02 work for 2 s"), Verdict::Inconclusive);
        assert_eq!(
            story.drill(|drill| drill.cluster_mut().workload.writers = 0).verdict_of("step 02 work for 2 s"),
            Verdict::Pass
        );
    }

    #[test]
    fn clients_may_commit_nothing_while_the_service_is_away() {
        let story = idle(Story::loss()).drill(|drill| drill.steps.swap(3, 4)).edit(|event| {
            if matches!(event, Event::FaultInjected { .. }) {
                *event = Event::Worked { step: FAULT, acknowledged: 0 };
            }
        });
        assert_eq!(story.verdict_of("step 05 work for 2 s"), Verdict::Pass);
        assert_eq!(idle(Story::rehearsal()).verdict_of("step 05 work for 1 s"), Verdict::Inconclusive);
    }

    #[test]
    fn a_backup_without_facts_is_inconclusive() {
        let story = Story::loss().without(|event| matches!(event, Event::BackupTaken { .. }));
        assert_eq!(story.verdict_of("step 01 take backup nightly"), Verdict::Inconclusive);
    }
}
