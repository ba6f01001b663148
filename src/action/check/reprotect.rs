//! The recovered server under protection again: it archives, and a new backup of it verifies.

use super::{DrillContext, Recovery};
use crate::{
    action::{
        archive,
        backup::{self, Purpose},
    },
    drill::{Backup, Compression, Label, NotAName},
    journal::{CheckFacts, Reprotected},
    lab::LabError,
};

pub(super) async fn protect(context: &DrillContext, recovery: &Recovery) -> Result<CheckFacts, LabError> {
    let (archive, (backup_complaints, verified)) =
        tokio::try_join!(archive::prove(context, &recovery.node, recovery.step), back_up(context, recovery))?;
    Ok(CheckFacts::Reprotect(Reprotected { archive, backup_complaints, verified }))
}

/// Takes a new backup of the recovered server, by the method of the drill, and verifies it: the complaints,
/// and how much was verified.
async fn back_up(context: &DrillContext, recovery: &Recovery) -> Result<(Vec<String>, u64), LabError> {
    let label: Label = format!("reprotect-{}", recovery.step)
        .parse()
        .map_err(|error: NotAName| LabError::state("name the new backup", error.to_string()))?;
    let wanted = Backup {
        method: context.drill.protects_by(recovery.step),
        label,
        node: recovery.node.name().clone(),
        compress: Compression::None,
    };
    let tool = backup::tool(wanted.method);
    let (facts, _) = tool.take(context, &wanted, Purpose::Proof).await?;
    let verified = tool.verify(context, &facts).await?;
    tool.remove(context, &facts).await?;
    Ok(verified)
}
