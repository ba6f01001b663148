//! The user's own query.

use super::{DrillContext, Recovery};
use crate::{drill::SqlCheck, journal::CheckFacts, lab::LabError};

/// So many rows more than were expected are kept: enough to see what they are.
const MORE: usize = 100;

pub(super) async fn ask(
    context: &DrillContext,
    recovery: &Recovery,
    check: &SqlCheck,
) -> Result<CheckFacts, LabError> {
    let session = recovery.node.user_session(context.database().as_str()).await?;
    let what = format!("ask {:?} as one statement that only reads", check.title);
    let rows = recovery.node.ask(session.read_only(&check.query, check.expect.len() + MORE).await, &what)?;
    Ok(CheckFacts::Sql { rows })
}
