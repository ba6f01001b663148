//! Taking backups and laying them down again.

mod basebackup;
pub(in crate::action) mod dump;

use std::collections::BTreeSet;

use async_trait::async_trait;
use futures_util::future::BoxFuture;

use super::{context::DrillContext, tablespaces};
use crate::{
    drill::{Backup, BackupMethod, Drill, Label},
    journal::{BackupFacts, CheckFacts, Complaint, ErrorChain, Event, Examined, Fingerprint, Severity},
    lab::{Command, LabError, node::Node},
    pg::setting::Settings,
};

/// So many complaints about a backup are kept.
const KEPT: usize = 100;

/// What a backup is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It is restored later: it is whole on the disk before it counts as taken.
    Restore,
    /// It is verified and thrown away: no crash has to spare it.
    Proof,
}

/// What each tool must be able to do. It takes backups into the repository, and gives them back into a node.
#[async_trait]
pub trait Tool: Send + Sync {
    /// The settings without which a server in a node can't be backed up by it.
    fn settings(&self, _node: &Node) -> Settings {
        Settings::new()
    }

    /// Does what has to be done once with the server, just after it was started.
    ///
    /// # Errors
    /// Returns an error if it fails.
    async fn after_start(&self, _context: &DrillContext, _node: &Node) -> Result<(), LabError> {
        Ok(())
    }

    /// Whether a restored copy has its tablespaces in directories of its own.
    fn maps_tablespaces(&self) -> bool {
        false
    }

    /// Takes a backup. A logical one holds exactly one snapshot: its content's fingerprint comes with it.
    ///
    /// # Errors
    /// Returns an error if the tool fails.
    async fn take(
        &self,
        context: &DrillContext,
        backup: &Backup,
        purpose: Purpose,
    ) -> Result<(BackupFacts, Option<Fingerprint>), LabError>;

    /// Brings a backup to a node; `None` for a tool that reads it where it lies while it restores it.
    fn fetch<'a>(
        &'a self,
        _context: &'a DrillContext,
        _facts: &'a BackupFacts,
        _node: &'a Node,
    ) -> Option<BoxFuture<'a, Result<(), LabError>>> {
        None
    }

    /// Lays a backup down in a node. A physical one fills the data directory of a server that is not running;
    /// a logical one is read into the running server.
    ///
    /// # Errors
    /// Returns an error if the tool fails.
    async fn restore(&self, context: &DrillContext, facts: &BackupFacts, node: &Node)
    -> Result<(), LabError>;

    /// Verifies a backup as far as the tool can without restoring it: what it complains of, and how many
    /// files or entries it looked at.
    ///
    /// # Errors
    /// Returns an error if it can't be run.
    async fn verify(
        &self,
        context: &DrillContext,
        facts: &BackupFacts,
    ) -> Result<(Vec<String>, u64), LabError>;

    /// Removes a backup that was taken as a proof.
    ///
    /// # Errors
    /// Returns an error if it can't be removed.
    async fn remove(&self, context: &DrillContext, facts: &BackupFacts) -> Result<(), LabError> {
        let repository = context.repository();
        let clean = folder(&repository, &facts.label);
        let clean = format!("rm -rf {clean} {}", tablespaces::beside(&clean));
        repository.run(Command::shell("remove the backup that proved it", clean)).await.map(drop)
    }
}

/// The tool of a method.
#[must_use]
pub fn tool(method: BackupMethod) -> &'static dyn Tool {
    match method {
        BackupMethod::Basebackup => &basebackup::Basebackup,
        BackupMethod::Dump => &dump::Dump,
    }
}

/// The methods by which a drill takes backups.
fn methods(drill: &Drill) -> BTreeSet<BackupMethod> {
    drill.backups().map(|backup| backup.method).collect()
}

/// The settings without which a server can't be backed up as the drill does it.
#[must_use]
pub fn settings(context: &DrillContext, node: &Node) -> Settings {
    methods(&context.drill).into_iter().flat_map(|method| tool(method).settings(node)).collect()
}

/// Does what the drill's tools need of a server that was just started.
///
/// # Errors
/// Returns an error if it fails.
pub async fn after_start(context: &DrillContext, node: &Node) -> Result<(), LabError> {
    for method in methods(&context.drill) {
        tool(method).after_start(context, node).await?;
    }
    Ok(())
}

/// A backup step.
///
/// # Errors
/// Returns an error if the tool fails.
pub async fn back_up(context: &mut DrillContext, step: usize, backup: &Backup) -> Result<(), LabError> {
    let (facts, baseline) = tool(backup.method).take(context, backup, Purpose::Restore).await?;
    if let Some(baseline) = baseline {
        context.baselines.insert(backup.label.to_string(), baseline);
    }
    context.recorder.record(Event::BackupTaken { step, facts: facts.clone() });
    context.backups.insert(backup.label.clone(), facts);
    verify(context, step, &backup.label).await;
    Ok(())
}

/// Verifies a backup where it lies and writes down what its tool says; that it can't be run is for the judge,
/// too.
pub async fn verify(context: &DrillContext, step: usize, label: &Label) {
    let Some(facts) = context.backups.get(label) else { return };
    context.recorder.progress(format!("verifying {label}"));
    let complaint = |text| Complaint { severity: Severity::Damage, about: format!("backup {label}"), text };
    let facts = match tool(facts.method).verify(context, facts).await {
        Ok((complaints, examined)) => CheckFacts::Examined(Examined {
            examined,
            complaints: complaints.into_iter().take(KEPT).map(complaint).collect(),
        }),
        Err(error) => CheckFacts::Broken { error: ErrorChain::of(&error), state: None },
    };
    context.recorder.record(Event::BackupVerified { step, label: label.clone(), facts });
}

/// Where a backup lies, as a node sees it.
pub(super) fn folder(node: &Node, label: &Label) -> String {
    format!("{}/backup/{label}", node.paths().repository)
}

/// The bytes below a folder of the repository.
async fn size(node: &Node, folder: &str) -> Result<u64, LabError> {
    let what = "measure the backup";
    let output = node
        .run(Command::shell(
            what,
            format!("du -skc {folder} $(ls -d {} 2>/dev/null) | tail -n 1", tablespaces::beside(folder)),
        ))
        .await?
        .text();
    let kilobytes: Option<u64> =
        output.split_whitespace().next().and_then(|kilobytes| kilobytes.parse().ok());
    kilobytes
        .map(|kilobytes| kilobytes * 1024)
        .ok_or_else(|| LabError::state(what, format!("du said {output:?}")))
}
