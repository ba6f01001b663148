//! The user's own query.

use super::{Recovery, Stage};
use crate::{drill::SqlCheck, journal::CheckFacts, lab::LabError};

pub(super) async fn ask(stage: &Stage, recovery: &Recovery, check: &SqlCheck) -> Result<CheckFacts, LabError> {
    let session = recovery.node.session(stage.database()).await?;
    // A check only looks: what it would write is refused.
    recovery.node.ask(session.run("set default_transaction_read_only = on").await, "prepare the query")?;
    let rows = recovery.node.ask(session.rows(&check.query).await, &format!("ask {:?}", check.title))?;
    Ok(CheckFacts::Sql { rows })
}
