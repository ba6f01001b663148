//! Where WAL goes, and how it comes back.

mod command;
mod proof;

use std::time::Duration;

use async_trait::async_trait;

use super::context::DrillContext;
use crate::{
    drill::ArchiveMethod,
    journal::ArchiveProof,
    lab::{
        Command, LabError,
        node::Node,
        session::Session,
        wait::{self, Poll},
    },
    pg::setting::Settings,
};

/// What each means of archiving must be able to do, for an archive in a folder that every node of the
/// exercise sees.
#[async_trait]
pub trait Archiver: Send + Sync {
    /// Makes what the archive needs before a server archives into it.
    ///
    /// # Errors
    /// Returns an error if it can't be created.
    async fn prepare(&self, node: &Node, folder: &str) -> Result<(), LabError> {
        node.run(Command::shell("make the archive", format!("mkdir -p {folder}"))).await.map(drop)
    }

    /// The settings of a server in a node that archives into it.
    fn settings(&self, node: &Node, folder: &str) -> Settings;

    /// The `restore_command` of a server in a node that fetches from it.
    fn restore_command(&self, node: &Node, folder: &str) -> String;

    /// Does what can only be done with the server that is to archive, just after it was started.
    ///
    /// # Errors
    /// Returns an error if it fails.
    async fn after_start(&self, _node: &Node, _folder: &str) -> Result<(), LabError> {
        Ok(())
    }

    /// The name of the last segment in it; `None` where there is nothing in it.
    ///
    /// # Errors
    /// Returns an error if it can't be read.
    async fn last_segment(&self, node: &Node, folder: &str) -> Result<Option<String>, LabError>;

    /// Switches to a new segment and waits until the one before is in the archive, by what the server says of
    /// it.
    ///
    /// # Errors
    /// Returns an error if it does not come.
    async fn complete(&self, node: &Node) -> Result<(), LabError> {
        let session = node.session("postgres").await?;
        let segment = switch_segment(node, &session).await?;
        let last = "select coalesce(last_archived_wal, '') from pg_stat_archiver";
        wait::until(
            "see the segment archived",
            node.time_left().remaining(),
            Duration::from_millis(10),
            || async {
                let last: String =
                    node.ask(session.value(last).await, "ask the archiver")?.unwrap_or_default();
                // Only names of segments are compared, not those of histories and backups.
                Ok(if last.len() == segment.len() && last >= segment {
                    Poll::Ready(())
                } else {
                    Poll::NotYet
                })
            },
        )
        .await
    }

    /// Proves that the server archives into it: a segment is switched, waited for, fetched back by the
    /// restore command and compared with the server's own copy; `None` where nothing came within the time.
    ///
    /// # Errors
    /// Returns an error if the server can't be asked or the archive can't be read.
    async fn prove(&self, node: &Node, folder: &str) -> Result<Option<ArchiveProof>, LabError> {
        let session = node.session("postgres").await?;
        let segment = switch_segment(node, &session).await?;
        proof::fetched_back(node, segment, &self.restore_command(node, folder)).await
    }
}

/// The means of a method.
#[must_use]
pub fn archiver(method: ArchiveMethod) -> &'static dyn Archiver {
    match method {
        ArchiveMethod::Command => &command::ArchiveCommand,
    }
}

/// The means of the drill, where it archives.
fn of(context: &DrillContext) -> Option<&'static dyn Archiver> {
    context.drill.archive().as_ref().map(|archive| archiver(archive.method))
}

/// The drill's archive.
pub(super) fn folder(node: &Node) -> String {
    format!("{}/archive", node.paths().repository)
}

/// Makes the paths that an archive needs.
///
/// # Errors
/// Returns an error if they can't be created.
pub async fn prepare(repository: &Node, method: ArchiveMethod) -> Result<(), LabError> {
    archiver(method).prepare(repository, &folder(repository)).await
}

/// Does what can only be done with a server that archives into the drill's archive, just after it was
/// started.
///
/// # Errors
/// Returns an error if it fails.
pub async fn after_start(context: &DrillContext, node: &Node) -> Result<(), LabError> {
    match of(context) {
        Some(archiver) => archiver.after_start(node, &folder(node)).await,
        None => Ok(()),
    }
}

/// The name of the last segment in the drill's archive; `None` where there is no archive or nothing in it.
///
/// # Errors
/// Returns an error if the archive can't be read.
pub async fn last_segment(context: &DrillContext) -> Result<Option<String>, LabError> {
    let repository = context.repository();
    match of(context) {
        Some(archiver) => archiver.last_segment(&repository, &folder(&repository)).await,
        None => Ok(None),
    }
}

/// The settings of a server that archives into the drill's archive, if there is one.
#[must_use]
pub fn settings(context: &DrillContext, node: &Node) -> Settings {
    of(context).map(|archiver| archiver.settings(node, &folder(node))).unwrap_or_default()
}

/// The `restore_command` that fetches from the drill's archive, if there is one.
#[must_use]
pub fn restore_command(context: &DrillContext, node: &Node) -> Option<String> {
    of(context).map(|archiver| archiver.restore_command(node, &folder(node)))
}

/// Makes sure that the drill's archive, if there is one, holds what a server has written so far.
///
/// # Errors
/// Returns an error if it does not come.
pub async fn complete(context: &DrillContext, node: &Node) -> Result<(), LabError> {
    match of(context) {
        Some(archiver) => archiver.complete(node).await,
        None => Ok(()),
    }
}

/// Proves that a recovered server archives, into the drill's archive if that is where it does, else for this
/// proof into one of its own. `recovery` is the step that made the server; `None` where nothing came within
/// the time.
///
/// # Errors
/// Returns an error if the server can't be asked or the archive can't be read.
pub async fn prove(
    context: &DrillContext,
    node: &Node,
    recovery: usize,
) -> Result<Option<ArchiveProof>, LabError> {
    let Some(archiver) = of(context) else { return Ok(None) };
    let session = node.session("postgres").await?;
    let command = session.value("show archive_command").await;
    // A server that has a command served before, and has to archive where it always did, whatever its command
    // is by now: a segment that went elsewhere would be a hole in its archive.
    if node.ask(command, "ask how it archives")?.is_some_and(|command| !command.is_empty()) {
        return archiver.prove(node, &folder(node)).await;
    }
    // Of this recovery alone: another on a node of the same name has segments of the same names.
    let apart = format!("{}/reprotected-{}-{recovery}/archive", node.paths().repository, node.name());
    archiver.prepare(node, &apart).await?;
    node.override_settings(&archiver.settings(node, &apart)).await?;
    let proof = async {
        archiver.after_start(node, &apart).await?;
        archiver.prove(node, &apart).await
    };
    let proof = proof.await;
    node.restore_settings().await?;
    proof
}

/// Ends the current segment, so that it is archived; gives its name.
async fn switch_segment(node: &Node, session: &Session) -> Result<String, LabError> {
    // A record of its own, so that there is something to switch away from; no commit, which would wait for a
    // synchronous standby.
    node.ask(
        session.run("select pg_logical_emit_message(false, 'lifeboat', 'switch')").await,
        "write a record",
    )?;
    let segment = "select pg_walfile_name(pg_current_wal_insert_lsn())";
    let segment: String = node.ask(session.read(segment).await, "name the current segment")?;
    node.ask(session.run("select pg_switch_wal()").await, "switch to a new segment")?;
    Ok(segment)
}
