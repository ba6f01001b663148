//! The first process of a node's container: it makes the volumes the server's, waits, reaps orphans, and
//! kills at a word.
//!
//! The engine takes 15 ms and more until a container that it kills is dead, and its unmounting then makes the
//! other nodes' disk wait: both would be measured as parts of a recovery. The first process kills within a
//! millisecond of the word, and the container stays, without a server, until the node is destroyed.

use std::{pin::Pin, time::Duration};

use bollard::{
    Docker,
    container::{AttachContainerResults, LogOutput},
    query_parameters::AttachContainerOptions,
};
use futures_util::{Stream, StreamExt};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    time::timeout,
};

use super::engine::{ANSWER, call, refusal};
use crate::lab::LabError;

/// How long it may take for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Gives the volumes to the server's user, says so, and then answers each line of its input by whether a
/// process of that user is left: `gone` or `running`. Before it answers the line `kill`, it kills all of them
/// by one call. It is the one process with capabilities: those of changing owners and of signalling another
/// user's processes.
const SCRIPT: &str = r#"trap 'exit 0' TERM
user=$1; shift
chown "$user" "$@" || exit 1
echo ready
exec 3<&0 4>&1 >/dev/null 2>&1
left() {
    for status in /proc/[0-9]*/status; do
        while read -r key word rest; do
            case $key in
            State:) [ "$word" != Z ] || break ;;
            Uid:) [ "$word" != "${user%%:*}" ] || return 0; break ;;
            esac
        done <"$status"
    done
    return 1
}
{
    while read -r word <&3; do
        [ "$word" != kill ] || kill -s KILL -- -1
        if left; then echo running; else echo gone; fi >&4
    done
} &
while :; do sleep 3600 & wait $!; done"#;

/// The command of a container: the script, with the server's user and the places of its volumes.
pub(super) fn command<'a>(user: &'a str, places: impl Iterator<Item = &'a str>) -> Vec<String> {
    ["/bin/sh", "-c", SCRIPT, "lifeboat", user].into_iter().chain(places).map(str::to_owned).collect()
}

/// A line to the first process of a container.
pub(super) struct FirstProcess {
    container: String,
    input: Pin<Box<dyn AsyncWrite + Send>>,
    output: Pin<Box<dyn Stream<Item = Result<LogOutput, bollard::errors::Error>> + Send>>,
    /// What it has said and nobody has read: the end of it may be the beginning of a line.
    said: Vec<u8>,
}

impl FirstProcess {
    /// Attaches to a container that was made and not started yet.
    ///
    /// # Errors
    /// Returns an error if the engine refuses.
    pub(super) async fn attach(docker: &Docker, container: &str) -> Result<Self, LabError> {
        let options = AttachContainerOptions {
            stream: true,
            stdin: true,
            stdout: true,
            stderr: true,
            ..AttachContainerOptions::default()
        };
        let what = format!("attach to the container {container}");
        let attached = call(what, docker.attach_container(container, Some(options))).await?;
        let AttachContainerResults { output, input } = attached;
        Ok(Self { container: container.to_owned(), input, output, said: Vec::new() })
    }

    /// Waits until the volumes belong to the server's user.
    ///
    /// # Errors
    /// Returns an error if it ends before, in its own words.
    pub(super) async fn ready(&mut self) -> Result<(), LabError> {
        let what = format!("start the container {}", self.container);
        self.line(&what, ANSWER).await.map(drop)
    }

    /// SIGKILL to every other process of the container; whether none of the server's user is left.
    ///
    /// # Errors
    /// Returns an error if it does not answer: it may be frozen, or dead.
    pub(super) async fn kill(&mut self) -> Result<bool, LabError> {
        self.ask("kill").await
    }

    /// Whether no process of the server's user is left.
    ///
    /// # Errors
    /// Returns an error if it does not answer: it may be frozen, or dead.
    pub(super) async fn is_alone(&mut self) -> Result<bool, LabError> {
        self.ask("look").await
    }

    async fn ask(&mut self, word: &str) -> Result<bool, LabError> {
        let what = format!("tell the container {} to {word}", self.container);
        // An answer that came too late for an earlier question is none to this one.
        self.said.clear();
        let told = async {
            self.input.write_all(format!("{word}\n").as_bytes()).await?;
            self.input.flush().await
        };
        timeout(ANSWER_WITHIN, told)
            .await
            .map_err(|_| LabError::Deadline { what: what.clone(), within: ANSWER_WITHIN })?
            .map_err(LabError::io(&what))?;
        Ok(self.line(&what, ANSWER_WITHIN).await? == b"gone")
    }

    async fn line(&mut self, what: &str, within: Duration) -> Result<Vec<u8>, LabError> {
        let mut complaint = Vec::new();
        let line = async {
            loop {
                if let Some(end) = self.said.iter().position(|byte| *byte == b'\n') {
                    let mut line: Vec<u8> = self.said.drain(..=end).collect();
                    line.pop();
                    return Ok(line);
                }
                match self.output.next().await {
                    Some(Ok(LogOutput::StdOut { message })) => self.said.extend_from_slice(&message),
                    Some(Ok(piece)) => complaint.extend_from_slice(piece.as_ref()),
                    Some(Err(error)) => return Err(refusal(what, error)),
                    None => {
                        let complaint = String::from_utf8_lossy(&complaint);
                        return Err(LabError::state(what, format!("it ended: {}", complaint.trim())));
                    }
                }
            }
        };
        timeout(within, line)
            .await
            .map_err(|_| LabError::Deadline { what: what.to_owned(), within })
            .flatten()
    }
}
