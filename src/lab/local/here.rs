//! A program of the user's on the runner's machine.

use std::{collections::BTreeMap, fs::File, path::Path, process::Stdio, time::Duration};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use crate::lab::{Command, LabError, Output};

/// So much of what the program said is told where it fails.
const TAIL: usize = 1 << 20;

/// Kills the program and all that it has started, unless it came to its end.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0
            && let Err(errno) = killpg(group, Signal::SIGKILL)
        {
            tracing::debug!(%errno, "the program was gone before it was killed");
        }
    }
}

/// Runs a program in a folder to its end, with these variables beside the runner's own; what it says goes to
/// the file `output`. It is killed, with all that it has started, at its deadline and when nobody waits for
/// it any more.
///
/// # Errors
/// Returns an error if it can't be started, ends with another code than 0, or comes to its deadline.
pub async fn run_here(
    what: &str,
    command: &[String],
    folder: &Path,
    env: &BTreeMap<String, String>,
    output: &Path,
    within: Duration,
) -> Result<(), LabError> {
    let (program, arguments) =
        command.split_first().ok_or_else(|| LabError::state(what, "no program is given"))?;
    let log = File::create(output).map_err(LabError::io(format!("write {}", output.display())))?;
    let second = log.try_clone().map_err(LabError::io(what))?;
    // A relative path is one of the drill's folder; a name alone is looked for in PATH.
    let found = folder.join(program);
    let program = if program.contains('/') { found.as_os_str() } else { program.as_ref() };
    let mut child = tokio::process::Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .envs(env)
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(second)
        .spawn()
        .map_err(LabError::io(format!("{what}: start {}", program.to_string_lossy())))?;
    let mut group = Group(child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw));
    let status = tokio::time::timeout(within, child.wait())
        .await
        .map_err(|_| LabError::Deadline { what: what.to_owned(), within })?
        .map_err(LabError::io(what))?;
    if status.success() {
        group.0 = None;
        return Ok(());
    }
    use std::os::unix::process::ExitStatusExt;
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).map_or(-1, i64::from);
    let said = std::fs::read(output).map_err(LabError::io(format!("read {}", output.display())))?;
    let tail = said.get(said.len().saturating_sub(TAIL)..).unwrap_or_default().to_vec();
    let output = Output { code, stdout: tail, ..Output::default() };
    output.success(&Command::new(what, command.iter().map(String::as_str))).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn run(script: &str, within: Duration) -> (Result<(), LabError>, String) {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("out");
        let env = BTreeMap::from([("PGHOST".to_owned(), "here".to_owned())]);
        let command = ["sh", "-c", script].map(str::to_owned);
        let ended = run_here("load", &command, folder.path(), &env, &output, within).await;
        (ended, std::fs::read_to_string(&output).unwrap())
    }

    #[tokio::test]
    async fn what_a_program_says_is_kept_and_told_where_it_fails() {
        let (ended, said) = run("echo $PGHOST; echo no >&2; exit 3", Duration::from_secs(20)).await;
        assert_eq!(said, "here\nno\n");
        assert!(matches!(ended, Err(LabError::Command { code: 3, said, .. }) if said == "here; no"));
    }

    #[tokio::test]
    async fn a_program_and_its_children_end_at_its_deadline() {
        let (ended, said) = run("sleep 300 & echo $!; wait", Duration::from_millis(300)).await;
        assert!(matches!(ended, Err(LabError::Deadline { .. })));
        let child = Pid::from_raw(said.trim().parse().unwrap());
        for _ in 0..500 {
            // A zombie that waits for its new parent runs nothing any more.
            let state = std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
            if state.is_empty() || state.contains(") Z ") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the child still runs");
    }
}
