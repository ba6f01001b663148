//! What a drill can do, one verb family a file.
//!
//! **Invariant:** an action does and records facts; it judges nothing. Cancellation and deadlines are
//! dropping its future; what it provisioned belongs to the runtime, which removes it.

pub mod archive;
pub mod backup;
pub mod check;
pub mod dataset;
pub mod fault;
pub mod fingerprint;
mod inventory;
pub mod prepare;
pub mod recorder;
pub mod recovery;
mod own_step;
mod restore_point;
mod tablespaces;
pub mod context;
pub mod topology;
mod work;
pub mod workload;

use context::DrillContext;

use crate::{
    drill::{self, Verb},
    journal::Outcome,
    lab::LabError,
};

/// Does a step; says whether it was completed or a fault of the drill interrupted it.
///
/// # Errors
/// Returns an error if it could not be done; what was seen by then is in the journal.
pub async fn perform(context: &mut DrillContext, step: usize, verb: &Verb) -> Result<Outcome, LabError> {
    match verb {
        Verb::Backup(backup) => backup::back_up(context, step, backup).await?,
        Verb::Work(period) => work::work(context, step, *period).await?,
        Verb::RestorePoint(name) => restore_point::make(context, step, name).await?,
        Verb::Fault(fault) => {
            fingerprint::look_again(context).await?;
            if let Ok(workload) = context.workload() {
                workload.status().expect_trouble(step, context.now());
            }
            fault::inject(context, step, fault).await?;
        }
        Verb::Arm(armed) => context.armed = Some((step, armed.clone())),
        Verb::Heal(fault) => fault::heal(context, step, fault).await?,
        Verb::Recover(recovery) => {
            if let drill::Recovery::Restore { serve: false, .. } = recovery {
                fingerprint::look_again(context).await?;
            }
            return recovery::recover(context, step, recovery).await;
        }
        Verb::Check(checks) => check::run_checks(context, step, checks).await?,
        Verb::Sql(statements) => own_step::run_sql(context, step, statements).await?,
        Verb::Exec(exec) => own_step::execute(context, step, exec).await?,
    }
    Ok(Outcome::Completed)
}
