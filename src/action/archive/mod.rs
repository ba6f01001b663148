//! Where WAL goes, and how it comes back.

mod command;

use super::context::DrillContext;
use crate::{
    drill::ArchiveMethod,
    journal::ArchiveProof,
    lab::{LabError, node::Node},
    pg::setting::Settings,
};

/// Makes the paths that an archive needs.
///
/// # Errors
/// Returns an error if they can't be made.
pub async fn prepare(repository: &Node, method: ArchiveMethod) -> Result<(), LabError> {
    match method {
        ArchiveMethod::Command => command::prepare(repository, &command::folder(repository)).await,
    }
}

/// The name of the last segment in the drill's archive; `None` where there is no archive or nothing in it.
///
/// # Errors
/// Returns an error if the archive can't be read.
pub async fn last_segment(context: &DrillContext) -> Result<Option<String>, LabError> {
    match context.drill.archive.as_ref().map(|archive| archive.method) {
        Some(ArchiveMethod::Command) => command::last_segment(&context.repository()).await,
        None => Ok(None),
    }
}

/// The settings of a server that archives into the drill's archive.
#[must_use]
pub fn settings(context: &DrillContext, method: ArchiveMethod) -> Settings {
    match method {
        ArchiveMethod::Command => command::settings(&command::folder(&context.repository())),
    }
}

/// The `restore_command` that fetches from the drill's archive.
#[must_use]
pub fn restore_command(context: &DrillContext, method: ArchiveMethod) -> String {
    match method {
        ArchiveMethod::Command => command::restore_command(&command::folder(&context.repository())),
    }
}

/// Switches to a new segment and waits until the one before is in the archive, by what the server says of it.
///
/// # Errors
/// Returns an error if it does not come.
pub async fn complete(node: &Node) -> Result<(), LabError> {
    command::complete(node).await
}

/// Proves that a recovered server archives, into the drill's archive if that is where it does, else for this proof into one
/// of its own: a segment is switched, waited for, fetched back and compared with the server's own copy. `recovery` is the
/// step that made the server; `None` where nothing came within the time.
///
/// # Errors
/// Returns an error if the server can't be asked or the archive can't be read.
pub async fn prove(node: &Node, recovery: usize) -> Result<Option<ArchiveProof>, LabError> {
    command::prove(node, recovery).await
}
