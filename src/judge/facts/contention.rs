//! Other exercises that ran while a recovery time was measured.

use crate::journal::{Entry, Event, Exercise, Moment};
use crate::judge::RecoveryJudgement;

/// The other exercises of the journal, and when they ran; one without an end ran until the journal's.
pub(in crate::judge) fn neighbours(
    exercise: &Exercise,
    entries: &[Entry],
) -> Vec<(Exercise, Moment, Moment)> {
    let mut ran: Vec<(Exercise, Moment, Option<Moment>)> = Vec::new();
    for entry in entries {
        let Some(other) = entry.exercise.as_ref().filter(|other| *other != exercise) else { continue };
        if let Event::DrillStarted { .. } = entry.event {
            ran.push((other.clone(), entry.at, None));
        } else if let Event::DrillEnded { .. } = entry.event
            && let Some((_, _, ended)) = ran.iter_mut().find(|(known, _, _)| known == other)
        {
            *ended = Some(entry.at);
        }
    }
    let last = entries.last().map_or(Moment(0), |entry| entry.at);
    ran.into_iter().map(|(other, began, ended)| (other, began, ended.unwrap_or(last))).collect()
}

/// Those that overlap a recovery time.
pub(in crate::judge) fn contended_with(
    neighbours: &[(Exercise, Moment, Moment)],
    judged: &[RecoveryJudgement],
) -> Vec<String> {
    let overlaps = |began: Moment, ended: Moment| {
        judged.iter().any(|recovery| {
            recovery.first_write.is_some_and(|first_write| began <= first_write && ended >= recovery.from)
        })
    };
    neighbours
        .iter()
        .filter(|(_, began, ended)| overlaps(*began, *ended))
        .map(|(other, _, _)| other.to_string())
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::{
        journal::{Entry, Event, Exercise},
        judge::testing::*,
        pg::Major,
    };

    fn beside(began: u64, ended: Option<u64>) -> Vec<String> {
        let mut story = Story::loss();
        let other = Exercise { postgres: Major(16), ..story.exercise.clone() };
        let started = story
            .entries
            .iter()
            .find(|entry| matches!(entry.event, Event::DrillStarted { .. }))
            .expect("a start")
            .event
            .clone();
        let entry = |at, event| Entry { at: ms(at), exercise: Some(other.clone()), event };
        story.entries.insert(2, entry(began, started));
        if let Some(ended) = ended {
            story.entries.insert(3, entry(ended, Event::DrillEnded { interrupted: false }));
        }
        story.judge().contended_with
    }

    #[test]
    fn an_exercise_beside_a_measured_recovery_is_told() {
        assert_eq!(beside(1, Some(7_000)), ["loss/story@16"]);
        assert_eq!(beside(8_000, None), ["loss/story@16"]);
        assert_eq!(beside(1, Some(6_999)), [""; 0]);
        assert_eq!(beside(9_001, None), [""; 0]);
    }
}
