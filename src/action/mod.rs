//! What a drill can do, one verb family a file.
//!
//! **Invariant:** an action does and records facts; it judges nothing. Cancellation and deadlines are dropping its future;
//! what it provisioned belongs to the runtime, which removes it.

pub mod archive;
pub mod backup;
pub mod check;
pub mod fault;
pub mod fingerprint;
pub mod prepare;
pub mod recorder;
pub mod recovery;
mod restore_point;
pub mod stage;
pub mod topology;
mod work;
pub mod workload;

use stage::Stage;

use crate::{drill::Verb, lab::LabError};

/// Does a step.
///
/// # Errors
/// Where it could not be done; what was seen by then is in the journal.
pub async fn perform(stage: &mut Stage, step: usize, verb: &Verb) -> Result<(), LabError> {
    match verb {
        Verb::Backup(backup) => backup::take(stage, backup).await,
        Verb::Work(period) => work::work(stage, step, *period).await,
        Verb::RestorePoint(name) => restore_point::make(stage, name).await,
        Verb::Fault(fault) => fault::inject(stage, step, fault).await,
        Verb::Heal(node) => fault::heal(stage, node).await,
        Verb::Recover(recovery) => recovery::recover(stage, step, recovery).await,
        Verb::Check(checks) => check::ask_all(stage, step, checks).await,
    }
}
