//! Exit codes.

use std::process::ExitCode;

use super::judged::JudgingError;
use crate::{
    engine::{RunError, StoreError},
    journal::format::FormatError,
    judge::{RunJudgement, Verdict},
    lab::LabError,
};

/// How the command ends; the numbers are documented and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Every drill passed, or the command did what it was asked.
    Passed,
    /// An objective was missed, or a check failed.
    Broken,
    /// A drill file or the command line is wrong.
    Usage,
    /// It could not be determined.
    Inconclusive,
    /// Nothing was selected.
    Nothing,
    /// Passed, but something could not be cleaned up.
    LeftBehind,
    /// What the selection needs is not installed.
    NotInstalled,
    /// A bug in Lifeboat.
    Bug,
    /// A report could not be written.
    Report,
    /// Interrupted from the keyboard.
    Interrupted,
    /// Asked to end.
    Terminated,
}

impl Exit {
    const ALL: [Self; 11] = [
        Self::Passed,
        Self::Broken,
        Self::Usage,
        Self::Inconclusive,
        Self::Nothing,
        Self::LeftBehind,
        Self::NotInstalled,
        Self::Bug,
        Self::Report,
        Self::Interrupted,
        Self::Terminated,
    ];

    const fn code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Broken => 1,
            Self::Usage => 2,
            Self::Inconclusive => 3,
            Self::Nothing => 4,
            Self::LeftBehind => 5,
            Self::NotInstalled => 6,
            Self::Bug => 70,
            Self::Report => 74,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    const fn meaning(self) -> &'static str {
        match self {
            Self::Passed => "every drill passed",
            Self::Broken => "an objective was missed, or a check failed",
            Self::Usage => "a drill file or the command line is wrong; nothing was started",
            Self::Inconclusive => "inconclusive: could not be determined",
            Self::Nothing => "nothing was selected",
            Self::LeftBehind => "passed, but something could not be cleaned up",
            Self::NotInstalled => {
                "what the selection needs (a version, a tool, an engine) is not installed; nothing was \
                 started"
            }
            Self::Bug => "a bug in Lifeboat",
            Self::Report => "a report could not be written",
            Self::Interrupted => "interrupted from the keyboard",
            Self::Terminated => "terminated by SIGTERM or SIGHUP",
        }
    }

    /// All codes with their meanings.
    pub(super) fn codes() -> impl Iterator<Item = (u8, &'static str)> {
        Self::ALL.into_iter().map(|exit| (exit.code(), exit.meaning()))
    }

    /// All codes with their meanings, for the help.
    pub(super) fn table() -> String {
        let lines: String = Self::codes().map(|(code, meaning)| format!("\n  {code:<5}{meaning}")).collect();
        format!("Exit codes:{lines}")
    }

    /// How a run ends that was not interrupted.
    pub(super) fn of(run: &RunJudgement) -> Self {
        match run.verdict {
            Verdict::Fail => Self::Broken,
            // What was selected can't be done here, for want of something: nothing was started.
            Verdict::Inconclusive
                if !run.exercises.is_empty()
                    && run.exercises.iter().all(|exercise| exercise.skipped.is_some()) =>
            {
                Self::NotInstalled
            }
            Verdict::Inconclusive => Self::Inconclusive,
            Verdict::Pass if run.exercises.iter().any(|exercise| !exercise.left.is_empty()) => {
                Self::LeftBehind
            }
            Verdict::Pass => Self::Passed,
        }
    }
}

impl From<&LabError> for Exit {
    /// How a command ends that could not be done: what was refused was seen before anything was made.
    fn from(error: &LabError) -> Self {
        match error {
            LabError::Refused { .. } => Self::Usage,
            LabError::Missing { .. } => Self::NotInstalled,
            LabError::Command { .. }
            | LabError::Died { .. }
            | LabError::Deadline { .. }
            | LabError::Cancelled { .. }
            | LabError::Io { .. }
            | LabError::Engine { .. }
            | LabError::Sql { .. }
            | LabError::NoBackup { .. }
            | LabError::State { .. } => Self::Inconclusive,
        }
    }
}

impl From<&RunError> for Exit {
    fn from(error: &RunError) -> Self {
        match error {
            RunError::Store(_) | RunError::Journal(_) => Self::Report,
            RunError::Lab(error) => error.into(),
        }
    }
}

impl From<&StoreError> for Exit {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::NoRun { .. } => Self::Usage,
            StoreError::File { .. } | StoreError::Lines { source: FormatError::Newer { .. }, .. } => {
                Self::Report
            }
            // There is a journal, and it does not tell what happened.
            StoreError::Lines { .. } => Self::Inconclusive,
        }
    }
}

impl From<&JudgingError> for Exit {
    fn from(error: &JudgingError) -> Self {
        match error {
            JudgingError::Store(error) => error.into(),
            JudgingError::Judge { .. } => Self::Inconclusive,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_documented_in_the_readme_with_the_words_of_the_help() {
        let readme = include_str!("../../README.md");
        let rows: Vec<&str> =
            readme.lines().skip_while(|line| !line.starts_with("| exit code |")).skip(2).collect();
        for (exit, row) in Exit::ALL.into_iter().zip(rows) {
            assert_eq!(row, format!("| {} | {} |", exit.code(), exit.meaning()));
        }
    }
}
