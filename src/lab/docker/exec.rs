//! Commands in a container.

use std::{pin::pin, time::Duration};

use bollard::{
    container::LogOutput,
    exec::{StartExecOptions, StartExecResults},
    models::ExecConfig,
};
use futures_util::{
    Stream, StreamExt,
    future::{Either, select},
};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    time::{Instant, sleep, timeout},
};

use super::engine::{Engine, call, call_unless, refusal};
use crate::lab::{Command, LabError, Output, output::Collector};

/// Between SIGTERM at the deadline and SIGKILL.
const KILL_AFTER: &str = "2";
/// From the deadline to the moment at which an answer is not waited for any more.
const SLACK: Duration = Duration::from_secs(8);
/// From the end of a command by SIGKILL to the moment at which its container, were it killed too, is surely
/// known to be dead.
const NEWS_OF_DEATH: Duration = Duration::from_secs(1);
const CAPACITY: usize = 64 << 10;

/// Does what GNU's `timeout -k` does, for images without it: busybox's kills a shell and leaves what the
/// shell had started. A background command would read from `/dev/null`, hence the detour of standard input.
const WATCHDOG: &str = r#"limit=$1 after=$2; shift 2; exec 3<&0
group=- alone=setsid; command -v setsid >/dev/null 2>&1 || { group=; alone=; }
$alone "$@" <&3 3<&- & command=$!
$alone /bin/sh -c 'sleep "$1"; kill -s TERM -- "$3"; sleep "$2"; kill -s KILL -- "$3"' \
    watchdog "$limit" "$after" "$group$command" >/dev/null 2>&1 3<&- & watchdog=$!
code=0; wait $command || code=$?
kill -s KILL -- "$group$watchdog" 2>/dev/null
exit $code"#;

/// Where and as whom commands are run.
pub(super) struct ExecPlace<'a> {
    pub(super) container: &'a str,
    /// `uid:gid`.
    pub(super) user: &'a str,
    pub(super) home: &'a str,
    /// Whether the image has a `timeout` that knows `-k` and kills the whole process group.
    pub(super) has_timeout: bool,
}

/// Runs a command to its end, which is that of the program, and two seconds more where something that it left
/// in the background still holds its output: daemons should write elsewhere. Its deadline is rounded up to
/// whole seconds, which is what every `timeout` understands.
pub(super) async fn exec(
    engine: &Engine,
    place: &ExecPlace<'_>,
    command: &Command,
) -> Result<Output, LabError> {
    let limit = Duration::from_secs(
        command.deadline.as_nanos().div_ceil(1_000_000_000).try_into().unwrap_or(u64::MAX >> 8),
    );
    let expired = || LabError::Deadline { what: command.what.clone(), within: command.deadline };
    let began = Instant::now();
    let output =
        match timeout(limit.saturating_add(SLACK), attached(engine, place, command, limit.as_secs().max(1)))
            .await
        {
            Ok(output) => output?,
            Err(_) => return Err(expired()),
        };
    match output.code {
        // 124: timeout's own; 137 and 143: the watchdog's, and a command that minded only SIGKILL.
        124 | 137 | 143 if began.elapsed() >= command.deadline => Err(expired()),
        137 => survived(engine, place, command).await.map(|()| output),
        _ => Ok(output),
    }
}

async fn attached(
    engine: &Engine,
    place: &ExecPlace<'_>,
    command: &Command,
    seconds: u64,
) -> Result<Output, LabError> {
    if command.argv.is_empty() {
        return Err(LabError::state(command.what.as_str(), "no program was named"));
    }
    let docker = engine.docker();
    let config = ExecConfig {
        attach_stdin: Some(!command.stdin.is_empty() || command.feed.is_some()),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        user: Some(place.user.to_owned()),
        env: Some(environment(place, command)),
        cmd: Some(limited(place, command, seconds)),
        ..ExecConfig::default()
    };
    let id = call(command.what.as_str(), docker.create_exec(place.container, config)).await?.id;
    let options = StartExecOptions { detach: false, tty: false, output_capacity: Some(CAPACITY) };
    let started = call(command.what.as_str(), docker.start_exec(&id, Some(options))).await?;
    let StartExecResults::Attached { output, input } = started else {
        return Err(LabError::state(command.what.as_str(), "the engine did not attach to it"));
    };
    let collected = pin!(collect(command, output));
    let fed = pin!(feed(command, input));
    let mut output = match select(collected, fed).await {
        Either::Left((collected, _)) => collected?,
        Either::Right(((), collected)) => collected.await?,
    };
    output.code = code(engine, command, &id).await?;
    Ok(output)
}

fn environment(place: &ExecPlace<'_>, command: &Command) -> Vec<String> {
    let fixed = [("LC_ALL", "C"), ("TZ", "UTC"), ("HOME", place.home)];
    let fixed = fixed
        .into_iter()
        .filter(|(name, _)| !command.env.contains_key(*name))
        .map(|(name, value)| format!("{name}={value}"));
    fixed.chain(command.env.iter().map(|(name, value)| format!("{name}={value}"))).collect()
}

fn limited(place: &ExecPlace<'_>, command: &Command, seconds: u64) -> Vec<String> {
    let seconds = seconds.to_string();
    let limit: &[&str] = if place.has_timeout {
        &["timeout", "-k", KILL_AFTER, &seconds]
    } else {
        &["/bin/sh", "-c", WATCHDOG, "watchdog", &seconds, KILL_AFTER]
    };
    limit.iter().map(|&word| word.to_owned()).chain(command.argv.iter().cloned()).collect()
}

/// Writes everything and closes; a program that does not read to the end is not to blame for it.
async fn feed(command: &Command, mut input: impl AsyncWrite + Unpin) {
    if let Some(stream) = &command.feed {
        stream.write_to(input).await;
    } else if !command.stdin.is_empty() && input.write_all(&command.stdin).await.is_ok() {
        let _ = input.shutdown().await;
    }
}

async fn collect(
    command: &Command,
    mut output: impl Stream<Item = Result<LogOutput, bollard::errors::Error>> + Unpin,
) -> Result<Output, LabError> {
    let mut collector = Collector::begin(command).await?;
    while let Some(piece) = output.next().await {
        match piece.map_err(|error| refusal(command.what.as_str(), error))? {
            LogOutput::StdOut { message } => collector.stdout(&message).await?,
            LogOutput::StdErr { message } => collector.stderr(&message)?,
            LogOutput::StdIn { .. } => {}
            LogOutput::Console { .. } => {
                return Err(LabError::state(command.what.as_str(), "its output was cut off"));
            }
        }
    }
    collector.end().await
}

/// The exit code. The engine closes the streams a moment before it notes it.
async fn code(engine: &Engine, command: &Command, id: &str) -> Result<i64, LabError> {
    let patience = Instant::now() + Duration::from_secs(5);
    loop {
        let state = call(command.what.as_str(), engine.docker().inspect_exec(id)).await?;
        match state.exit_code {
            Some(code) if state.running != Some(true) => return Ok(code),
            _ if Instant::now() > patience => {
                return Err(LabError::state(command.what.as_str(), "the engine lost it"));
            }
            _ => sleep(Duration::from_millis(5)).await,
        }
    }
}

/// A program that was killed has an exit code; a node that was killed under it has not, but the engine notes
/// it a moment later.
async fn survived(engine: &Engine, place: &ExecPlace<'_>, command: &Command) -> Result<(), LabError> {
    let patience = Instant::now() + NEWS_OF_DEATH;
    while Instant::now() < patience {
        let inspected = call_unless(
            &[404],
            command.what.as_str(),
            engine.docker().inspect_container(place.container, None),
        )
        .await?;
        if inspected.and_then(|container| container.state).and_then(|state| state.running) != Some(true) {
            return Err(LabError::state(
                command.what.as_str(),
                format!("the container {} was killed meanwhile", place.container),
            ));
        }
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
