//! The processes of a directory: those whose working directory lies below it.
//!
//! PostgreSQL's processes stand in their data directory, and every tool is started in its node's. The
//! environment can't serve to find them: a server overwrites it with its process title.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use nix::{
    errno::Errno,
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::lab::Processes;

/// The processes that stand at or below `directory`; zombies have no place and are no longer counted.
#[must_use]
pub(super) fn below(directory: &Path) -> Vec<Pid> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let own = std::process::id();
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
        .filter(|pid| u32::try_from(*pid).is_ok_and(|pid| pid != own))
        .filter(|pid| place_of(*pid).is_some_and(|place| place.starts_with(directory)))
        .map(Pid::from_raw)
        .collect()
}

fn place_of(pid: i32) -> Option<PathBuf> {
    let place = fs::read_link(format!("/proc/{pid}/cwd")).ok()?;
    // A directory that was removed is shown as `/path (deleted)`.
    let text = place.to_str()?;
    Some(text.strip_suffix(" (deleted)").map_or_else(|| place.clone(), PathBuf::from))
}

/// What the processes of a directory do: they stand still only where all of them were stopped.
#[must_use]
pub(super) fn state(directory: &Path) -> Processes {
    let stopped: Vec<bool> = below(directory).into_iter().filter_map(is_stopped).collect();
    match stopped.as_slice() {
        [] => Processes::Gone,
        all if all.iter().all(|stopped| *stopped) => Processes::Frozen,
        _ => Processes::Running,
    }
}

/// Whether a process was stopped by a signal; `None` where it is gone meanwhile, or dead and not collected.
fn is_stopped(pid: Pid) -> Option<bool> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; the state follows the last of them.
    match stat.rsplit_once(") ")?.1.chars().next()? {
        'Z' | 'X' => None,
        state => Some(state == 'T'),
    }
}

/// Sends a signal to all of them, past refusals; those that are gone meanwhile don't matter. Returns how many
/// there were.
///
/// # Errors
/// Returns an error if one refused it: the first refusal.
pub(super) fn signal_all(directory: &Path, signal: Signal) -> Result<usize, Errno> {
    let all = below(directory);
    let mut refused = None;
    for pid in &all {
        match kill(*pid, signal) {
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(errno) => refused = refused.or(Some(errno)),
        }
    }
    refused.map_or(Ok(all.len()), Err)
}

/// Stops all of them, so that they can be looked at and make nothing new until they are killed; which they
/// are.
pub(super) fn stopped(directory: &Path) -> Vec<Pid> {
    // Twice, so that a process which was forked during the first pass is stopped as well. Refusals are told
    // when they are killed.
    for _ in 0..2 {
        if let Err(errno) = signal_all(directory, Signal::SIGSTOP) {
            tracing::debug!(%errno, "not all processes were stopped");
        }
    }
    below(directory)
}

/// SIGKILL until none is left, for at most five seconds; returns how many are left.
///
/// # Errors
/// Returns an error if a signal is refused.
pub(super) async fn kill_all(directory: &Path) -> Result<usize, Errno> {
    for _ in 0..1000 {
        if signal_all(directory, Signal::SIGKILL)? == 0 {
            return Ok(0);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(below(directory).len())
}
