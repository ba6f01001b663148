//! Facts in the server's log.
//!
//! Lifeboat's nodes log in English, in UTC, with the prefix `%m [%p] `, so that these texts can be relied on.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Timeline;

/// The value of `log_line_prefix` that [`parse`] expects.
pub const LINE_PREFIX: &str = "%m [%p] ";

/// What a server said of its own start and recovery, in the order in which it said it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogFact {
    /// When, by the server's clock, to the millisecond.
    pub at: Timestamp,
    /// What.
    pub what: LogFactKind,
}

/// The messages of `xlogrecovery.c`, `xlog.c` and `postmaster.c` that decide what a recovery was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "kebab-case")]
pub enum LogFactKind {
    /// `starting point-in-time recovery to …` or `starting archive recovery`: a recovery signal was honoured.
    ArchiveRecovery {
        /// The target in the server's words; `None` where there is none.
        target: Option<String>,
    },
    /// `database system was not properly shut down; automatic recovery in progress`.
    CrashRecovery,
    /// `redo starts at` …
    RedoStarts,
    /// `consistent recovery state reached at` …
    Consistent,
    /// `recovery stopping before/after …`: the target was met.
    Stopping {
        /// The server's words from `before` or `after` on.
        words: String,
    },
    /// `redo done at` …
    RedoDone,
    /// `selected new timeline ID: N`.
    NewTimeline {
        /// The new timeline.
        timeline: Timeline,
    },
    /// `archive recovery complete`.
    ArchiveRecoveryComplete,
    /// `database system is ready to accept connections`: for writes.
    Ready,
    /// A line at level `FATAL` or `PANIC`.
    Fatal {
        /// The message.
        message: String,
    },
}

/// How the messages begin that [`parse`] knows.
const MESSAGES: [&str; 10] = [
    "starting point-in-time recovery to ",
    "starting archive recovery",
    "database system was not properly shut down",
    "redo starts at",
    "consistent recovery state reached",
    "recovery stopping ",
    "redo done at",
    "selected new timeline ID: ",
    "archive recovery complete",
    "database system is ready to accept connections",
];

/// A program for `sed -nE` that picks the lines which [`parse`] knows out of a log that may be long, but for
/// what clients are told who come too early: there is much of it, and it says nothing.
#[must_use]
pub fn sed_program() -> String {
    format!(
        "/^[^ ]+ [^ ]+ UTC \\[[0-9]+\\] FATAL:  the database system is /d\n\
         /^[^ ]+ [^ ]+ UTC \\[[0-9]+\\] (LOG:  ({})|PANIC:  |FATAL:  )/p",
        MESSAGES.join("|")
    )
}

/// The facts in a server log; other lines are passed over.
#[must_use]
pub fn parse(log: &str) -> Vec<LogFact> {
    log.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<LogFact> {
    // 2026-11-20 16:00:00.123 UTC [42] LOG:  redo starts at 0/2000028
    let (stamp, rest) = line.split_once(" UTC [")?;
    let (_pid, rest) = rest.split_once("] ")?;
    let (level, message) = rest.split_once(":  ")?;
    let at = stamp.replacen(' ', "T", 1) + "Z";
    let what = match level {
        "LOG" => fact(message)?,
        "FATAL" | "PANIC" => LogFactKind::Fatal { message: message.to_owned() },
        _ => return None,
    };
    Some(LogFact { at: at.parse().ok()?, what })
}

fn fact(message: &str) -> Option<LogFactKind> {
    use LogFactKind as Kind;
    Some(if let Some(target) = message.strip_prefix("starting point-in-time recovery to ") {
        Kind::ArchiveRecovery { target: Some(target.to_owned()) }
    } else if message == "starting archive recovery" {
        Kind::ArchiveRecovery { target: None }
    } else if message.starts_with("database system was not properly shut down") {
        Kind::CrashRecovery
    } else if message.starts_with("redo starts at") {
        Kind::RedoStarts
    } else if message.starts_with("consistent recovery state reached") {
        Kind::Consistent
    } else if let Some(words) = message.strip_prefix("recovery stopping ") {
        Kind::Stopping { words: words.to_owned() }
    } else if message.starts_with("redo done at") {
        Kind::RedoDone
    } else if let Some(timeline) = message.strip_prefix("selected new timeline ID: ") {
        Kind::NewTimeline { timeline: Timeline(timeline.parse().ok()?) }
    } else if message == "archive recovery complete" {
        Kind::ArchiveRecoveryComplete
    } else if message == "database system is ready to accept connections" {
        Kind::Ready
    } else {
        return None;
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_of_a_point_in_time_recovery_is_read() {
        let log = include_str!("../../fixtures/logs/pitr-15.log");
        insta::assert_json_snapshot!(parse(log));
    }

    /// The lines that the pattern picks, picked by the program that picks them in a node.
    fn picked(log: &str) -> String {
        use std::io::Write;
        let mut sed = std::process::Command::new("sed");
        sed.args(["-nE", &sed_program()]).env("LC_ALL", "C");
        sed.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
        let mut sed = sed.spawn().unwrap();
        sed.stdin.take().unwrap().write_all(log.as_bytes()).unwrap();
        String::from_utf8(sed.wait_with_output().unwrap().stdout).unwrap()
    }

    #[test]
    fn every_known_message_is_picked_out_of_a_log_and_no_other_line() {
        let log = include_str!("../../fixtures/logs/pitr-15.log");
        let lines = picked(log);
        let early = LogFactKind::Fatal { message: "the database system is shutting down".into() };
        let known: Vec<_> = parse(log).into_iter().filter(|fact| fact.what != early).collect();
        assert_eq!((parse(&lines), lines.lines().count()), (known.clone(), known.len()));
        let line = |message: &str| format!("2026-11-20 16:00:00.123 UTC [42] {message}\n");
        for message in MESSAGES {
            let line = line(&format!("LOG:  {message}1"));
            assert_eq!(picked(&line), line);
        }
        for fatal in
            ["FATAL:  could not locate required checkpoint record", "FATAL:  the data directory", "PANIC:  x"]
        {
            assert_eq!(picked(&line(fatal)), line(fatal));
        }
        for other in ["FATAL:  the database system is starting up", "LOG:  checkpoint starting", "ERROR:  x"]
        {
            assert_eq!(picked(&line(other)), "");
        }
    }

    #[test]
    fn lines_of_other_prefixes_are_no_facts() {
        assert_eq!(parse("LOG:  redo starts at 0/2000028\ncp: cannot stat\n\u{1b}[0m UTC [x] y"), []);
    }
}
