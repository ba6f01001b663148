//! The process that cleans up when the runner has died.
//!
//! It runs in a session of its own and holds the reading end of a pipe from the runner. Whatever ends the
//! runner, SIGKILL included, ends the pipe; what the runner had not released by then is removed by its labels
//! and its directory.

use std::{process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, Command},
    signal::unix::{SignalKind, signal},
};

use crate::{
    drill::RuntimeKind,
    lab::{
        LabError, docker,
        local::{self, WorkDir},
    },
};

/// What the runner writes when there is nothing left to clean up.
const RELEASE: &[u8] = b"released\n";

/// What the reaper writes when it is in its own session and watches.
const READY: &str = "ready";

/// The runner's end.
pub struct Reaper {
    child: Child,
    pipe: ChildStdin,
}

impl Reaper {
    /// Starts the reaper of a run and waits until it watches.
    ///
    /// # Errors
    /// Returns an error if it can't be started: then nothing else may be.
    pub async fn start(run: &str, runtime: RuntimeKind, work: &WorkDir) -> Result<Self, LabError> {
        let what = "start the reaper";
        let program = std::env::current_exe().map_err(LabError::io(what))?;
        let mut child = Command::new(program)
            .args(["reap", "--run", run, "--runtime", &runtime.to_string(), "--work-dir"])
            .arg(work.path())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(LabError::io(what))?;
        let (pipe, stdout) = (child.stdin.take(), child.stdout.take());
        let (Some(pipe), Some(stdout)) = (pipe, stdout) else {
            return Err(LabError::state(what, "it has no pipe"));
        };
        let mut line = String::new();
        let within = Duration::from_secs(10);
        match tokio::time::timeout(within, BufReader::new(stdout).read_line(&mut line)).await {
            Ok(Ok(_)) if line.trim() == READY => Ok(Self { child, pipe }),
            Ok(Ok(_)) => Err(LabError::state(what, "it ended at once")),
            Ok(Err(error)) => Err(LabError::io(what)(error)),
            Err(_) => Err(LabError::Deadline { what: what.to_owned(), within }),
        }
    }

    /// Tells it that nothing is left to it, and waits for its end.
    ///
    /// # Errors
    /// Returns an error if it does not end.
    pub async fn release(mut self) -> Result<(), LabError> {
        let what = "release the reaper";
        self.pipe.write_all(RELEASE).await.map_err(LabError::io(what))?;
        drop(self.pipe);
        let within = Duration::from_secs(10);
        let ended = tokio::time::timeout(within, self.child.wait()).await;
        ended
            .map_err(|_| LabError::Deadline { what: what.to_owned(), within })?
            .map_err(LabError::io(what))
            .map(drop)
    }
}

/// The reaper's end: watches the pipe on standard input, and cleans up after the run when it ends without a
/// release. Returns what is left.
///
/// # Errors
/// Returns an error if it can't watch, or the engine can't be asked.
pub async fn reap(run: &str, runtime: RuntimeKind, work: &WorkDir) -> Result<Vec<String>, LabError> {
    // A terminal's hang-up and interrupt reach the runner's session, no longer this one; a signal to it is
    // not for it.
    if let Err(errno) = nix::unistd::setsid() {
        tracing::debug!(%errno, "already in a session of its own");
    }
    let mut signals = Vec::new();
    for kind in [SignalKind::hangup(), SignalKind::interrupt(), SignalKind::terminate()] {
        signals.push(signal(kind).map_err(LabError::io("watch"))?);
    }
    let mut stdout = tokio::io::stdout();
    stdout.write_all(format!("{READY}\n").as_bytes()).await.map_err(LabError::io("watch"))?;
    stdout.flush().await.map_err(LabError::io("watch"))?;
    let mut said = Vec::new();
    tokio::io::stdin().read_to_end(&mut said).await.map_err(LabError::io("watch"))?;
    if said == RELEASE {
        return Ok(Vec::new());
    }
    let mut left = local::remove_run(&work.run(run)).await;
    if runtime == RuntimeKind::Docker {
        let engine = docker::Engine::connect().await?;
        let swept = docker::sweep(&engine, docker::Which::Run(run), false).await?;
        left.extend(
            swept
                .into_iter()
                .filter(|resource| resource.outcome != docker::Outcome::Removed)
                .map(|resource| resource.name),
        );
    }
    Ok(left)
}
