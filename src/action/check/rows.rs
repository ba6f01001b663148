//! How many rows a table holds.

use super::{DrillContext, Recovery};
use crate::{drill::TableName, journal::CheckFacts, lab::LabError};

pub(super) async fn count(
    context: &DrillContext,
    recovery: &Recovery,
    table: &TableName,
) -> Result<CheckFacts, LabError> {
    let session = recovery.node.session(context.database().as_str()).await?;
    let sql = format!("set row_security = off; select count(*) from {}", table.quoted());
    let rows = recovery.node.ask(session.read(&sql).await, &format!("count the rows of {table}"))?;
    Ok(CheckFacts::Rows { table: table.clone(), rows })
}
