//! Finding installed PostgreSQL binaries.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    io::Read,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use crate::{
    journal::Software,
    lab::{Installation, TOOLS},
    pg::{Major, Version},
};

/// Names directories with PostgreSQL's programs, parted by colons.
const VARIABLE: &str = "LIFEBOAT_PG_BIN";

/// How long a program may take to say its version: one behind a mount that does not answer must not hold up
/// the others.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// A version, or a directory, is shorter.
const LONGEST_ANSWER: u64 = 64 << 10;

/// Every installation on this machine with `postgres` and `initdb`, the newest release of each major version,
/// by version.
///
/// Looked for in `LIFEBOAT_PG_BIN` (directories parted by colons), `pg_config --bindir`, PATH, and the
/// folders of Debian, Red Hat and Homebrew.
#[must_use]
pub fn find() -> BTreeMap<Major, Installation> {
    let mut found: BTreeMap<Major, Installation> = BTreeMap::new();
    let tools: BTreeSet<String> = tools_in_path();
    for bin in candidates() {
        let Some(version) = version_in(&bin) else { continue };
        let place = bin.to_string_lossy().into_owned();
        let installation = Installation {
            version,
            identity: format!("{version} {place}"),
            software: Software { programs: Some(place.clone()), ..Software::default() },
            bin: place,
            listen: "127.0.0.1",
            clients: "127.0.0.1/32",
            tools: tools.iter().cloned().chain(programs_in(&bin)).collect(),
        };
        let slot = found.entry(version.major).or_insert_with(|| installation.clone());
        if slot.version < version {
            *slot = installation;
        }
    }
    found
}

/// Directories that `LIFEBOAT_PG_BIN` names and that hold no PostgreSQL which could be used.
#[must_use]
pub fn named_in_vain() -> Vec<PathBuf> {
    listed(VARIABLE)
        .into_iter()
        .filter(|bin| version_in(bin).is_none() || !bin.join("initdb").exists())
        .collect()
}

/// How to get PostgreSQL, of a version where one is meant.
#[must_use]
pub fn how_to_get(major: Option<Major>) -> String {
    let package = major.map_or_else(|| "postgresql".to_owned(), |major| format!("postgresql-{major}"));
    format!("get it: apt-get install {package}, or set {VARIABLE} to the directory of its programs")
}

/// The directories in a variable such as PATH.
fn listed(variable: &str) -> Vec<PathBuf> {
    env::var_os(variable).map(|value| env::split_paths(&value).collect()).unwrap_or_default()
}

fn candidates() -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = Vec::new();
    all.extend(listed(VARIABLE));
    all.extend(said(Path::new("pg_config"), "--bindir").map(|text| PathBuf::from(text.trim())));
    all.extend(listed("PATH"));
    let families = [
        ("/usr/lib/postgresql", "", "bin"),
        ("/usr", "pgsql-", "bin"),
        ("/usr/local/opt", "postgresql@", "bin"),
        ("/opt/homebrew/opt", "postgresql@", "bin"),
    ];
    for (folder, prefix, leaf) in families {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        let mut inside: Vec<PathBuf> = entries
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
            .map(|entry| entry.path().join(leaf))
            .collect();
        inside.sort();
        all.extend(inside);
    }
    let mut seen = BTreeSet::new();
    // A link such as /usr/local/bin/postgres leads to the directory that has the other programs, too.
    all.into_iter()
        .filter_map(|bin| fs::canonicalize(bin.join("postgres")).ok())
        .filter_map(|postgres| postgres.parent().map(Path::to_path_buf))
        .filter(|bin| bin.join("initdb").exists() && seen.insert(bin.clone()))
        .collect()
}

fn version_in(bin: &Path) -> Option<Version> {
    let version = Version::from_banner(&said(&bin.join("postgres"), "--version")?).ok()?;
    (version.major >= Major::OLDEST).then_some(version)
}

/// What a program says to one argument; `None` where it fails, or does not end in time and is killed.
fn said(program: &Path, argument: &str) -> Option<String> {
    said_within(program, argument, ANSWERS_WITHIN)
}

fn said_within(program: &Path, argument: &str, within: Duration) -> Option<String> {
    let mut command = Command::new(program);
    command.arg(argument).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
    let mut child = command.spawn().ok()?;
    let (send, answer) = mpsc::channel();
    let stdout = child.stdout.take()?;
    // Read by a thread of its own, which ends with the program's output: a read can't be given a deadline.
    std::thread::spawn(move || {
        let mut text = String::new();
        let read = stdout.take(LONGEST_ANSWER).read_to_string(&mut text);
        drop(send.send(read.map(|_| text)));
    });
    let answer = answer.recv_timeout(within);
    if answer.is_err() {
        tracing::warn!(program = %program.display(), argument, ?within, "a program does not answer; it is \
            not used");
    }
    let group = i32::try_from(child.id()).ok().map(Pid::from_raw);
    let ended = answer.is_ok() && ended_within(&mut child, within);
    if !ended && let Some(group) = group {
        // Gone already, or not ours to kill: there is nothing to be done about either.
        let _ = killpg(group, Signal::SIGKILL);
        ended_within(&mut child, within);
    }
    let status = if ended { child.wait().ok()? } else { return None };
    answer.ok()?.ok().filter(|_| status.success())
}

/// A program that has closed its output ends at once; it is looked at until it does.
fn ended_within(child: &mut Child, within: Duration) -> bool {
    let end = Instant::now() + within;
    loop {
        match child.try_wait() {
            Ok(Some(_)) => return true,
            Ok(None) if Instant::now() < end => std::thread::sleep(Duration::from_millis(1)),
            Ok(None) | Err(_) => return false,
        }
    }
}

/// The paths of PostgreSQL's programs beside its server.
fn programs_in(bin: &Path) -> Vec<String> {
    let entries = fs::read_dir(bin).into_iter().flatten().filter_map(Result::ok);
    let names = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("pg_"));
    names.map(|entry| entry.path().to_string_lossy().into_owned()).collect()
}

/// Which of [`TOOLS`] are on PATH.
fn tools_in_path() -> BTreeSet<String> {
    let folders = listed("PATH");
    TOOLS
        .into_iter()
        .filter(|name| folders.iter().any(|folder| folder.join(name).exists()))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// What a script says, and how long that took.
    fn said_by(script: &str) -> (Option<String>, Duration) {
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("postgres");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).expect("a script");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a program");
        let began = Instant::now();
        (said_within(&program, "--version", Duration::from_millis(500)), began.elapsed())
    }

    #[test]
    fn a_program_that_hangs_or_talks_for_ever_is_given_up() {
        for script in ["sleep 60", "exec >/dev/null; sleep 60", "sleep 60 & echo it is left behind", "yes"] {
            let (said, took) = said_by(script);
            assert!(took < Duration::from_secs(20), "{script}: {took:?}");
            assert_eq!(said, None, "{script}");
        }
    }

    #[test]
    fn a_program_that_answers_is_heard_and_one_that_fails_is_not() {
        assert_eq!(said_by("echo postgres \"$1\"").0.as_deref(), Some("postgres --version\n"));
        assert_eq!(said_by("echo something; exit 1").0, None);
    }
}
