//! Asking the recovered cluster.

mod amcheck;
mod content;
mod ledger;
mod reprotect;
mod rows;
mod sql;

use super::context::{DrillContext, Recovery};
use crate::{
    drill::Check,
    journal::{CheckFacts, ErrorChain, Event},
    lab::LabError,
};

/// A check step: every check is made, whatever the others found.
///
/// # Errors
/// Returns an error if there is nobody to ask. A check that could not be made is written down as broken; that
/// is for the judge.
pub async fn run_checks(context: &DrillContext, step: usize, checks: &[Check]) -> Result<(), LabError> {
    let recovery = context
        .recovery
        .clone()
        .ok_or_else(|| LabError::state("ask the recovered cluster", "no recovery has come to its end"))?;
    if let Some(facts) = recovery.node.tls().await? {
        context.recorder.record(Event::TlsProbed { step: Some(step), facts });
    }
    for check in checks {
        context.recorder.progress(format!("checking {}", check.describe()));
        let facts = ask(context, &recovery, check).await.unwrap_or_else(|error| {
            let state = error.sql_state().map(str::to_owned);
            CheckFacts::Broken { error: ErrorChain::of(&error), state }
        });
        context.recorder.record(Event::Checked {
            step,
            check: check.clone(),
            about: Some(recovery.step),
            facts,
        });
        // Commits that were under way when a survey was made are there for whoever judges it now; a ledger
        // that can't be written fails the check that needs it.
        if let Some(workload) = &context.workload
            && let Err(error) = workload.flush()
        {
            tracing::debug!(%error, "the ledger can't be written");
        }
    }
    Ok(())
}

async fn ask(context: &DrillContext, recovery: &Recovery, check: &Check) -> Result<CheckFacts, LabError> {
    match check {
        Check::Ledger => ledger::survey(context, recovery).await,
        Check::Content => content::compare(context, recovery).await,
        Check::Rows { table, .. } => rows::count(context, recovery, table).await,
        Check::Sql(sql) => sql::ask(context, recovery, sql).await,
        Check::Amcheck => amcheck::verify(context, recovery).await,
        Check::Reprotect => reprotect::protect(context, recovery).await,
    }
}
