//! Exit codes.

use std::process::ExitCode;

use crate::judge::{RunJudgement, Verdict};

/// How the command ends; the numbers are documented and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Every drill passed, or the command did what it was asked.
    Passed,
    /// A promise was broken.
    Broken,
    /// A drill file or the command line is wrong.
    Usage,
    /// Nobody can tell.
    Inconclusive,
    /// Nothing was selected.
    Nothing,
    /// Passed, but something could not be cleaned up.
    LeftBehind,
    /// A bug in lifeboat.
    Bug,
    /// A report could not be written.
    Report,
    /// Interrupted from the keyboard.
    Interrupted,
    /// Asked to end.
    Terminated,
}

impl Exit {
    const fn code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Broken => 1,
            Self::Usage => 2,
            Self::Inconclusive => 3,
            Self::Nothing => 4,
            Self::LeftBehind => 5,
            Self::Bug => 70,
            Self::Report => 74,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }

    /// How a run ends that was not interrupted.
    pub(super) fn of(run: &RunJudgement) -> Self {
        match run.verdict {
            Verdict::Fail => Self::Broken,
            Verdict::Inconclusive => Self::Inconclusive,
            Verdict::Pass if run.exercises.iter().any(|exercise| !exercise.left.is_empty()) => Self::LeftBehind,
            Verdict::Pass => Self::Passed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
