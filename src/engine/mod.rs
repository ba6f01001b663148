//! Running drills: the only loop over steps, with deadlines, cancellation, evidence and dismantling.
//!
//! **Invariant:** whatever happens to a step, evidence is taken and the lab is cleaned_up, in this order, by
//! awaited calls. What the runner can't do itself any more, because it was killed, the reaper does.

mod evidence;
mod fingerprints;
mod exercise;
mod provider;
mod reaper;
mod run;
mod store;
mod verify;

pub use exercise::KeepLab;
pub use provider::{Provider, Wanted};
pub use reaper::{Reaper, reap};
pub use run::{KeepFor, PlannedExercise, Run, RunError, RunOptions, Selection};
pub use store::{Store, StoreError};
