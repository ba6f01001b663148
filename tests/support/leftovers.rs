//! What a run has left on this machine: an independent witness that reads /proc and the work directory by
//! itself.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::pace::stretched;

/// How long the reaper, or the runner, may take for the last of it on an idle machine.
const GONE_WITHIN: Duration = Duration::from_secs(5);

/// A process with its working directory and its command line.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    /// Its number.
    pub(crate) pid: i32,
    /// Its command line.
    pub(crate) line: String,
}

/// The processes that stand below a directory.
#[must_use]
pub(crate) fn processes_below(directory: &Path) -> Vec<Process> {
    let stands_below = |pid: i32| {
        let place = fs::read_link(format!("/proc/{pid}/cwd")).unwrap_or_default();
        PathBuf::from(place.to_string_lossy().trim_end_matches(" (deleted)")).starts_with(directory)
    };
    processes().into_iter().filter(|process| stands_below(process.pid)).collect()
}

/// The POSIX shared memory that processes below a directory use.
#[must_use]
pub(crate) fn shared_memory_below(directory: &Path) -> Vec<PathBuf> {
    let maps = processes_below(directory)
        .into_iter()
        .filter_map(|process| fs::read_to_string(format!("/proc/{}/maps", process.pid)).ok());
    let paths = maps.flat_map(|maps| {
        maps.lines().filter_map(|line| Some(line.split_whitespace().nth(5)?.into())).collect::<Vec<PathBuf>>()
    });
    paths.filter(|path| path.starts_with("/dev/shm") && path.exists()).collect()
}

/// All processes of this machine.
#[must_use]
pub(crate) fn processes() -> Vec<Process> {
    let entries = fs::read_dir("/proc").expect("Linux");
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.map(|pid| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        Process { pid, line: String::from_utf8_lossy(&line).replace('\0', " ") }
    })
    .collect()
}

/// The reapers of runs with this work directory.
#[must_use]
pub(crate) fn reapers(work: &Path) -> Vec<Process> {
    let own = format!("--work-dir {}", work.display());
    processes()
        .into_iter()
        .filter(|process| process.line.contains(" reap ") && process.line.trim_end().ends_with(&own))
        .collect()
}

/// The directories of runs below a work directory.
#[must_use]
pub(crate) fn runs(work: &Path) -> Vec<PathBuf> {
    fs::read_dir(work.join("runs"))
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default()
}

/// Waits until nothing is left but the cache; how long that took.
///
/// # Errors
/// Returns an error that says what is left after five seconds, or as many as they are on a machine that is
/// not idle.
pub(crate) fn gone(work: &Path) -> Result<Duration, String> {
    let (began, within) = (Instant::now(), stretched(GONE_WITHIN));
    loop {
        // While the reaper is at work, what is not there may still be about to come.
        let (reapers, processes, runs) = (reapers(work), processes_below(work), runs(work));
        if reapers.is_empty() && processes.is_empty() && runs.is_empty() {
            return Ok(began.elapsed());
        }
        if began.elapsed() > within {
            let inside: Vec<String> = runs.iter().flat_map(|run| listing(run)).take(20).collect();
            return Err(format!(
                "left in {} after {within:?}: {reapers:?}, {processes:?}, {runs:?}: {inside:?}",
                work.display()
            ));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Nothing is left but the cache.
#[track_caller]
pub(crate) fn assert_none(work: &Path) {
    if let Err(left) = gone(work) {
        panic!("{left}");
    }
}

fn listing(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let entries: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    entries
        .iter()
        .flat_map(|path| if path.is_dir() { listing(path) } else { vec![path.display().to_string()] })
        .collect()
}
