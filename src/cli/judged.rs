//! From the folder of a run to its judgement.

use std::path::PathBuf;

use crate::{
    engine::{Store, StoreError},
    journal::{Exercise, LEDGER_FILE, Ledger, format::Journal},
    judge::{JudgeError, Judgement, RunJudgement, judge_run},
};

/// Why a run could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum JudgingError {
    /// What is in its folder can't be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is read there is no run.
    #[error("judge {}", journal.display())]
    Judge {
        /// The journal.
        journal: PathBuf,
        /// Why not.
        #[source]
        source: JudgeError,
    },
}

/// The judgement of a run, from its journal, ledgers and evidence.
///
/// # Errors
/// Returns an error if they can't be read or judged.
pub fn judged(store: &Store) -> Result<RunJudgement, JudgingError> {
    judge_journal(store, &store.read()?)
}

/// The judgement of one exercise of a run that goes on: no other's ledger or evidence is read for it.
///
/// # Errors
/// Returns an error if they can't be read or judged.
pub(super) fn judged_alone(store: &Store, exercise: &Exercise) -> Result<Option<Judgement>, JudgingError> {
    let mut journal = store.read()?;
    journal.entries.retain(|entry| entry.exercise.as_ref().is_none_or(|of| of == exercise));
    let run = judge_journal(store, &journal)?;
    Ok(run.exercises.into_iter().find(|judged| judged.exercise == *exercise))
}

fn judge_journal(store: &Store, journal: &Journal) -> Result<RunJudgement, JudgingError> {
    let integrity = store.integrity(journal);
    let broken = std::cell::RefCell::new(None);
    let ledger = |exercise: &Exercise| {
        // What was changed is not read.
        if integrity.of(exercise).any(|damage| damage.file == LEDGER_FILE) {
            return None;
        }
        let read = store.ledger(exercise).unwrap_or_else(|error| {
            broken.borrow_mut().get_or_insert(error);
            None
        });
        read.map(|ledger| Box::new(ledger) as Box<dyn Ledger>)
    };
    let run = judge_run(&journal.entries, &integrity, &ledger)
        .map_err(|source| JudgingError::Judge { journal: store.journal(), source })?;
    match broken.into_inner() {
        Some(error) => Err(error.into()),
        None => Ok(run),
    }
}
