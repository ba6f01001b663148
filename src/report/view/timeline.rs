//! What happened when.

use super::Status;
use crate::{
    human,
    journal::Outcome,
    judge::{Judgement, StepRecord},
};

/// A step as it ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineRow {
    /// Its number, counted from 1 as people do.
    pub number: usize,
    /// Its title.
    pub title: String,
    /// When it began, since the run began, as the journal writes it; a dash where it never did.
    pub at: String,
    /// How long it took.
    pub took: String,
    /// How it ended, and why where it did not complete.
    pub outcome: String,
    /// How good that is.
    pub status: Status,
}

pub(super) fn timeline(judgement: &Judgement) -> Vec<TimelineRow> {
    judgement.steps.iter().enumerate().map(|(index, step)| row(index + 1, step)).collect()
}

fn row(number: usize, step: &StepRecord) -> TimelineRow {
    let (word, status) = match step.outcome {
        Outcome::Completed => ("completed", Status::Pass),
        Outcome::Failed => ("failed", Status::Inconclusive),
        Outcome::TimedOut => ("timed out", Status::Inconclusive),
        Outcome::Cancelled => ("cancelled", Status::Inconclusive),
        Outcome::Interrupted => ("interrupted by a fault of the drill", Status::Pass),
        Outcome::Skipped => ("not run", Status::Skipped),
    };
    TimelineRow {
        number,
        title: step.title.clone(),
        at: step.began.map_or_else(|| human::NOTHING.into(), |at| at.to_string()),
        took: human::maybe(step.began.zip(step.ended).map(|(began, ended)| ended.since(began))),
        outcome: match &step.error {
            Some(error) => format!("{word}: {error}"),
            None => word.into(),
        },
        status,
    }
}
