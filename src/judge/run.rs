//! The judgement of a run.

use super::{JudgeError, RunJudgement, Verdict, judge};
use crate::journal::{Entry, Event, Exercise, Integrity, Ledger, Moment};

/// Judges a run by its journal. `integrity` is what was found when its files were held against their hashes;
/// `ledger` gives the ledger of an exercise where there is one; it is asked once for each that was not
/// skipped, in order, and what it gives is dropped before the next.
///
/// # Errors
/// Returns an error if the journal is none of a run, or tells of exercises or steps that were not planned.
pub fn judge_run(
    entries: &[Entry],
    integrity: &Integrity,
    ledger: &dyn Fn(&Exercise) -> Option<Box<dyn Ledger>>,
) -> Result<RunJudgement, JudgeError> {
    let Some(Event::RunStarted { run, lifeboat, started, runtime, jobs, machine, provenance }) =
        entries.first().map(|entry| &entry.event)
    else {
        return Err(JudgeError::NoRun);
    };
    let planned = planned(entries)?;
    let mut exercises = Vec::with_capacity(planned.len());
    for exercise in planned {
        let is_skipped = entries.iter().any(|entry| {
            entry.exercise.as_ref() == Some(exercise) && matches!(entry.event, Event::Skipped { .. })
        });
        let ledger = if is_skipped { None } else { ledger(exercise) };
        let damage: Vec<_> = integrity.of(exercise).cloned().collect();
        exercises.push(judge(exercise, entries, &damage, ledger.as_deref())?);
    }
    let end = entries.iter().rev().find_map(|entry| {
        if let Event::RunEnded { interrupted } = entry.event { Some(interrupted) } else { None }
    });
    let interrupted = end.unwrap_or(true);
    // A run without its end, or whose journal was changed, is not proven to have removed everything and told
    // everything.
    let at_best =
        if interrupted || integrity.journal.is_some() { Verdict::Inconclusive } else { Verdict::Pass };
    let began = entries.first().map_or(Moment(0), |entry| entry.at);
    Ok(RunJudgement {
        run: run.clone(),
        started: *started,
        took: entries.last().map_or(Moment(0), |entry| entry.at).since(began),
        lifeboat: lifeboat.clone(),
        runtime: *runtime,
        jobs: *jobs,
        machine: machine.clone(),
        provenance: provenance.clone(),
        epoch: started.checked_sub(began.since(Moment(0))).unwrap_or(*started),
        interrupted,
        journal_hash: integrity.hash.clone(),
        journal_damage: integrity.journal.clone(),
        verdict: Verdict::of_all(exercises.iter().filter_map(|judgement| judgement.verdict)).join(at_best),
        exercises,
    })
}

/// The exercises in the order in which they were planned.
fn planned(entries: &[Entry]) -> Result<Vec<&Exercise>, JudgeError> {
    let mut planned: Vec<&Exercise> = Vec::new();
    for entry in entries {
        let Some(exercise) = &entry.exercise else { continue };
        if planned.contains(&exercise) {
            continue;
        }
        if !matches!(entry.event, Event::Planned { .. }) {
            return Err(JudgeError::NotPlanned(exercise.clone()));
        }
        planned.push(exercise);
    }
    Ok(planned)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{judge::testing::*, pg::Major};

    fn run(story: &Story) -> RunJudgement {
        judge_run(&story.entries, &Integrity::default(), &|_| Some(Box::new(story.ledger.clone())))
            .expect("a journal")
    }

    #[test]
    fn a_run_is_as_good_as_its_worst_exercise() {
        assert_eq!(run(&Story::loss()).verdict, Verdict::Pass);
        assert_eq!(run(&Story::loss().recovered(|recovered| recovered.nonce = None)).verdict, Verdict::Fail);
        assert_eq!(run(&Story::loss()).took, Duration::from_millis(10_001));
    }

    #[test]
    fn an_exercise_without_a_ledger_is_never_passed() {
        let judged = judge_run(&Story::loss().entries, &Integrity::default(), &|_| None).expect("a journal");
        assert_eq!(judged.verdict, Verdict::Inconclusive);
    }

    #[test]
    fn a_skipped_exercise_counts_neither_way() {
        let mut story = Story::loss();
        let other = Exercise { postgres: Major(16), ..story.exercise.clone() };
        let planned = story.entries[1].event.clone();
        let entry = |event| Entry { at: ms(2), exercise: Some(other.clone()), event };
        story.entries.insert(2, entry(planned));
        story.entries.insert(3, entry(Event::Skipped { reason: "no such version".into() }));
        let judged = run(&story);
        assert_eq!((judged.verdict, judged.exercises.len()), (Verdict::Pass, 2));
        assert_eq!(
            (judged.exercises[1].verdict, judged.exercises[1].skipped.as_deref()),
            (None, Some("no such version"))
        );
        assert!(judged.exercises[1].findings.is_empty() && judged.exercises[1].steps.is_empty());
    }

    #[test]
    fn a_run_in_which_nothing_ran_is_inconclusive() {
        let mut story = Story::loss();
        story.entries.truncate(1);
        assert_eq!((run(&story).verdict, run(&story).interrupted), (Verdict::Inconclusive, true));
    }

    #[test]
    fn a_journal_cut_anywhere_is_judged_and_never_better_than_inconclusive() {
        let story = Story::loss();
        for length in 2..story.entries.len() {
            let mut cut = story.clone();
            cut.entries.truncate(length);
            let judged = run(&cut);
            assert!(judged.interrupted);
            assert_ne!(judged.verdict, Verdict::Pass, "after {length} entries");
        }
    }

    #[test]
    fn what_is_no_journal_of_a_run_is_refused() {
        let mut story = Story::loss();
        let exercise = story.exercise.clone();
        assert_eq!(judge_run(&[], &Integrity::default(), &|_| None), Err(JudgeError::NoRun));
        story.entries.remove(1);
        assert_eq!(
            judge_run(&story.entries, &Integrity::default(), &|_| None),
            Err(JudgeError::NotPlanned(exercise.clone()))
        );
        let story = Story::loss().drill(|drill| drill.steps.truncate(RECOVERY));
        assert_eq!(
            judge_run(&story.entries, &Integrity::default(), &|_| None),
            Err(JudgeError::NoSuchStep { exercise, step: 6, steps: 5 })
        );
    }
}
