//! `archive_command`: each completed segment is copied, made durable, and given its name only then.

use std::time::Duration;

use crate::{
    journal::ArchiveProof,
    lab::{
        Command, LabError,
        node::Node,
        session::Session,
        wait::{self, Poll},
    },
    pg::setting::Settings,
};

/// The exit code that tells that it did not come; `cmp` has 0 to 2.
const NEVER_CAME: i64 = 9;

/// The drill's archive.
pub(super) fn folder(node: &Node) -> String {
    format!("{}/archive", node.paths().repository)
}

pub(super) async fn prepare(node: &Node, folder: &str) -> Result<(), LabError> {
    node.run(Command::shell("make the archive", format!("mkdir -p {folder}"))).await.map(drop)
}

pub(super) async fn last_segment(repository: &Node) -> Result<Option<String>, LabError> {
    let script =
        format!("ls {} | LC_ALL=C sort | sed -n '/^[0-9A-F]\\{{24\\}}$/p' | tail -n 1", folder(repository));
    let name = repository
        .run(Command::shell("find the last segment in the archive", script))
        .await?
        .text()
        .trim()
        .to_owned();
    Ok((!name.is_empty()).then_some(name))
}

pub(super) fn settings(folder: &str) -> Settings {
    // A segment that is there already is right only if it is the same one (a retry after a crash).
    let archive = format!(
        "if test -f {folder}/%f; then cmp -s %p {folder}/%f; else cp %p {folder}/.%f.$$ && sync {folder}/.%f.$$ && mv {folder}/.%f.$$ {folder}/%f; fi"
    );
    Settings::from([("archive_command".to_owned(), archive)])
}

pub(super) fn restore_command(folder: &str) -> String {
    format!("cp {folder}/%f %p")
}

pub(super) async fn complete(node: &Node) -> Result<(), LabError> {
    let session = node.session("postgres").await?;
    let segment = switch_segment(node, &session).await?;
    let last = "select coalesce(last_archived_wal, '') from pg_stat_archiver";
    wait::until(
        "see the segment archived",
        node.time_left().remaining(),
        Duration::from_millis(10),
        || async {
            let last: String = node.ask(session.value(last).await, "ask the archiver")?.unwrap_or_default();
            // Only names of segments are compared, not those of histories and backups.
            Ok(if last.len() == segment.len() && last >= segment { Poll::Ready(()) } else { Poll::NotYet })
        },
    )
    .await
}

pub(super) async fn prove(node: &Node, recovery: usize) -> Result<Option<ArchiveProof>, LabError> {
    let session = node.session("postgres").await?;
    let command = session.value("show archive_command").await;
    // A server that has a command served before, and has to archive where it always did, whatever its command is by now: a
    // segment that went elsewhere would be a hole in its archive.
    if node.ask(command, "ask how it archives")?.is_some_and(|command| !command.is_empty()) {
        return fetch_back(node, &session, &folder(node)).await;
    }
    // Of this recovery alone: another on a node of the same name has segments of the same names.
    let apart = format!("{}/reprotected-{}-{recovery}/archive", node.paths().repository, node.name());
    prepare(node, &apart).await?;
    node.override_settings(&settings(&apart)).await?;
    let proof = fetch_back(node, &session, &apart).await;
    node.restore_settings().await?;
    proof
}

/// Switches to a new segment and compares the one before with what comes into the archive; `None` where nothing comes.
async fn fetch_back(node: &Node, session: &Session, folder: &str) -> Result<Option<ArchiveProof>, LabError> {
    let segment = switch_segment(node, session).await?;
    // One command that waits inside the node: many that only look would take the time that it needs to archive.
    let compare = format!(
        "left={looks}\nuntil test -f {folder}/{segment}; do left=$((left - 1)); test $left -gt 0 || exit {NEVER_CAME}; sleep 0.02; done\n\
         cmp -s {folder}/{segment} {data}/pg_wal/{segment}",
        // That it does not come is a finding, which has to be made before the step ends.
        looks = node.time_left().patience().as_millis() / 20,
        data = node.paths().data,
    );
    let what = "compare the archived segment";
    let compare = Command::shell(what, compare);
    match node.exec(compare).await?.code {
        0 => Ok(Some(ArchiveProof { segment, identical: true })),
        1 => Ok(Some(ArchiveProof { segment, identical: false })),
        NEVER_CAME => Ok(None),
        code => Err(LabError::state(what, format!("cmp ended with exit code {code}"))),
    }
}

/// Ends the current segment, so that it is archived; gives its name.
async fn switch_segment(node: &Node, session: &Session) -> Result<String, LabError> {
    // A record of its own, so that there is something to switch away from; no commit, which would wait for a synchronous standby.
    node.ask(
        session.run("select pg_logical_emit_message(false, 'lifeboat', 'switch')").await,
        "write a record",
    )?;
    let segment = "select pg_walfile_name(pg_current_wal_insert_lsn())";
    let segment: String = node.ask(session.read(segment).await, "name the current segment")?;
    node.ask(session.run("select pg_switch_wal()").await, "switch to a new segment")?;
    Ok(segment)
}
