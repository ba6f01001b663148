//! Whether a recovery was refused by its tool or its server, or the harness could not do its part.
//!
//! **Invariant:** a refusal is written down only where the lab is seen to be sound: commands run, disks have
//! room, and nobody killed what was at work. What a tool says of the lab itself comes before that: it may
//! have given the room back.

use super::DrillContext;
use crate::{
    drill::{NodeName, Recovery},
    journal::{ErrorChain, Event},
    lab::{Command, LabError},
    pg::{restore_errors, sqlstate},
};

/// The name of the file of evidence in which all words of the tool are kept.
const WORDS: &str = "not-recovered";

/// A shell's exit codes for a program that can't be run or is not there, and for those that somebody ended:
/// by SIGHUP, SIGINT, SIGKILL and SIGTERM. A tool that crashes over what it reads ends by other signals.
const OF_THE_LAB: [i64; 6] = [126, 127, 129, 130, 137, 143];

/// A server that has no room for another segment of WAL can't go on.
const ROOM: u64 = 16 << 10;

/// The death of the server, where that is why a session with it was lost; else the error.
pub(super) async fn blame(context: &DrillContext, recovery: &Recovery, error: LabError) -> LabError {
    match context.node(recovery.server()) {
        Ok(node) if error.is_disconnect() => node.blame(error).await,
        Ok(_) | Err(_) => error,
    }
}

/// Writes down that a recovery was refused, where that is what an error tells, and keeps all words of the
/// tool.
pub(super) async fn note(context: &DrillContext, step: usize, recovery: &Recovery, error: &LabError) {
    if !is_refusal(error) {
        return;
    }
    if let Some(trouble) = trouble_of_the_lab(context, recovery.server()).await {
        context.recorder.progress(format!("the recovery was not refused: {trouble}"));
        return;
    }
    if let LabError::Command { whole, .. } | LabError::Died { whole, .. } = error {
        let name = format!("{WORDS}-{:02}.txt", step + 1);
        if let Err(error) = context.recorder.keep(&context.folder, &name, whole.as_bytes()).await {
            let error = ErrorChain::of(&error);
            context.recorder.record(Event::EvidenceMissing { file: format!("evidence/{name}"), error });
        }
    }
    context.recorder.record(Event::NotRecovered { step, error: ErrorChain::of(error) });
}

/// Whether an error is a word of the tool or of the server against what was to be recovered. What the harness
/// could not do or see is none: an engine, a disk, a program or an extension that is not there.
fn is_refusal(error: &LabError) -> bool {
    match error {
        LabError::Command { code, whole, .. } => {
            !OF_THE_LAB.contains(code) && !restore_errors::tells_of_the_machine(whole)
        }
        LabError::Died { whole, .. } => !restore_errors::tells_of_the_machine(whole),
        LabError::Sql { source, .. } => {
            let refused = source.state.as_deref().is_some_and(|state| !sqlstate::is_lack_of_resources(state));
            refused && !restore_errors::tells_of_the_machine(&source.message)
        }
        LabError::Deadline { .. } | LabError::NoBackup { .. } => true,
        LabError::Cancelled { .. }
        | LabError::Io { .. }
        | LabError::Engine { .. }
        | LabError::Missing { .. }
        | LabError::Refused { .. }
        | LabError::State { .. } => false,
    }
}

/// What is wrong with the lab itself, as far as it can be seen now.
async fn trouble_of_the_lab(context: &DrillContext, name: &NodeName) -> Option<String> {
    let repository = context.repository();
    let look = Command::shell(
        "look at the room in the repository",
        format!("df -Pk {}", repository.paths().repository),
    );
    match repository.runtime().exec(repository.name(), &look).await {
        Ok(output) if output.code == 0 => {
            if let Some(trouble) = no_room(&output.text()) {
                return Some(trouble);
            }
        }
        Ok(_) => {}
        Err(error) => return Some(ErrorChain::of(&error).to_string()),
    }
    let node = context.node(name).ok()?;
    let script = format!(
        "df -Pk {data}; tail -n 200 {log} | grep 'was terminated by signal 9: Killed' >&2 || :",
        data = node.paths().data,
        log = node.log_file(),
    );
    let look = Command::shell(format!("look at the room and the log of {name}"), script);
    // A node that is gone has no room to look at.
    let output = node.runtime().exec(name, &look).await.ok()?;
    let killed = String::from_utf8_lossy(&output.stderr).contains("signal 9: Killed");
    let killed = killed.then(|| format!("a process of the server on {name} was killed"));
    no_room(&output.text()).or(killed)
}

/// What `df -Pk` says of a file system that has no room left.
fn no_room(df: &str) -> Option<String> {
    let fields: Vec<&str> = df.lines().last()?.split_whitespace().collect();
    let percent = fields.iter().position(|field| field.ends_with('%'))?;
    let available: u64 = fields.get(percent.checked_sub(1)?)?.parse().ok()?;
    let mounted = fields.get(percent + 1..).unwrap_or_default().join(" ");
    (available < ROOM).then(|| format!("the file system at {mounted} has {available} kB left"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::session::SqlError;

    #[test]
    fn what_was_killed_or_is_not_there_is_of_the_lab_and_a_crash_over_a_backup_is_not() {
        let ended = |code, whole: &str| LabError::Command {
            what: "restore dump nightly".into(),
            code,
            said: String::new(),
            whole: whole.into(),
        };
        for (code, words) in [
            (127, "sh: 1: zstd: not found"),
            (137, ""),
            (2, "tar: base: Cannot write: No space left on device"),
            (1, "pg_restore: error: could not execute query: ERROR:  extension \"postgis\" is not available"),
        ] {
            assert!(!is_refusal(&ended(code, words)), "{code} {words}");
        }
        for (code, words) in [
            (1, "pg_restore: error: could not execute query: ERROR:  role \"shop_owner\" does not exist"),
            (139, ""),
            (1, "CONTEXT:  COPY help, line 7, column text: \"what to do at: No space left on device\""),
        ] {
            assert!(is_refusal(&ended(code, words)), "{code} {words}");
        }
    }

    #[test]
    fn sqlstates_tell_a_lack_of_resources_from_a_refusal() {
        let said = |state: Option<&str>, message: &str| LabError::Sql {
            what: "look for the nonce".into(),
            source: Box::new(SqlError { state: state.map(str::to_owned), message: message.into() }),
        };
        assert!(is_refusal(&said(Some("42P01"), "relation \"lifeboat.nonce\" does not exist")));
        assert!(is_refusal(&said(Some("XX001"), "invalid page in block 0 of relation base/5/1259")));
        assert!(!is_refusal(&said(Some("53100"), "could not extend file \"base/5/1\"")));
        assert!(!is_refusal(&said(None, "connection reset by peer")));
    }

    #[test]
    fn a_file_system_without_room_for_a_segment_is_full() {
        let df = |available: &str| {
            format!(
                "Filesystem 1024-blocks Used Available Capacity Mounted on\n\
                 map auto 1000000 400000 {available} 42% /my work\n"
            )
        };
        assert_eq!(no_room(&df("600000")), None);
        assert_eq!(no_room(&df("0")).as_deref(), Some("the file system at /my work has 0 kB left"));
        assert_eq!(no_room("df: /gone: No such file or directory"), None);
    }
}
