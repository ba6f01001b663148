//! Asking the recovered cluster.

mod content;
mod ledger;
mod reprotect;
mod rows;
mod sql;

use super::stage::{Recovery, Stage};
use crate::{
    drill::Check,
    journal::{CheckFacts, ErrorChain, Event},
    lab::LabError,
};

/// A check step: every check is made, whatever the others found.
///
/// # Errors
/// Where there is nobody to ask. A check that could not be made is written down as broken; that is for the judge.
pub async fn ask_all(stage: &Stage, step: usize, checks: &[Check]) -> Result<(), LabError> {
    let recovery = stage
        .recovery
        .clone()
        .ok_or_else(|| LabError::state("ask the recovered cluster", "no recovery has come to its end"))?;
    for check in checks {
        stage.recorder.progress(format!("checking {}", check.describe()));
        let facts = ask(stage, &recovery, check).await.unwrap_or_else(|error| {
            let state = error.sql_state().map(str::to_owned);
            CheckFacts::Broken { error: ErrorChain::of(&error), state }
        });
        stage.recorder.record(Event::Checked {
            step,
            check: check.clone(),
            about: Some(recovery.step),
            facts,
        });
    }
    Ok(())
}

async fn ask(stage: &Stage, recovery: &Recovery, check: &Check) -> Result<CheckFacts, LabError> {
    match check {
        Check::Ledger => ledger::survey(stage, recovery).await,
        Check::Content => content::compare(stage, recovery).await,
        Check::Rows { table, .. } => rows::count(stage, recovery, table).await,
        Check::Sql(sql) => sql::ask(stage, recovery, sql).await,
        Check::Reprotect => reprotect::protect(stage, recovery).await,
    }
}
