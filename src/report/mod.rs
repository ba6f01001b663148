//! From a judgement to reports.
//!
//! **Invariant:** a renderer is a pure function from a finished [`RunJudgement`] to bytes: no clock, no
//! environment, no file; the same judgement gives the same bytes. It never computes what the judge has not
//! said, and it escapes every text for its own format.

mod definitions;
pub mod escape;
pub mod json;
mod junit;
mod markdown;
mod terminal;
pub mod view;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use terminal::Terminal;

use crate::judge::RunJudgement;

/// The formats that a run writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For CI: JUnit XML.
    Junit,
    /// For people: Markdown as GitHub renders it.
    Markdown,
    /// For programs: JSON, documented by the types in [`json`].
    Json,
}

impl Format {
    /// All of them, in the order in which they are written.
    pub const ALL: [Self; 3] = [Self::Junit, Self::Markdown, Self::Json];

    /// The name of its file in the run's folder.
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Self::Junit => "junit.xml",
            Self::Markdown => "report.md",
            Self::Json => "report.json",
        }
    }

    /// The report in this format.
    #[must_use]
    pub fn render(self, run: &RunJudgement) -> Vec<u8> {
        match self {
            Self::Junit => junit::render(run),
            Self::Markdown => markdown::render(run).into_bytes(),
            Self::Json => json::render(run),
        }
    }
}

/// The files that a run writes into its folder, by name.
#[must_use]
pub fn files(run: &RunJudgement) -> Vec<(&'static str, Vec<u8>)> {
    Format::ALL.into_iter().map(|format| (format.file_name(), format.render(run))).collect()
}
