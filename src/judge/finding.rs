//! How a finding is put together.

use std::time::Duration;

use super::{Finding, Subject, Verdict};

/// What one rule says, before it is known which case it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ruling {
    pub(super) verdict: Verdict,
    pub(super) message: String,
    pub(super) details: Vec<String>,
    pub(super) follows: bool,
}

impl Ruling {
    fn new(verdict: Verdict, message: impl Into<String>) -> Self {
        Self { verdict, message: message.into(), details: Vec::new(), follows: false }
    }

    pub(super) fn pass(message: impl Into<String>) -> Self {
        Self::new(Verdict::Pass, message)
    }

    pub(super) fn fail(message: impl Into<String>) -> Self {
        Self::new(Verdict::Fail, message)
    }

    pub(super) fn inconclusive(message: impl Into<String>) -> Self {
        Self::new(Verdict::Inconclusive, message)
    }

    /// Inconclusive only because something before it did not come to its end, which another finding tells.
    pub(super) fn follows(message: impl Into<String>) -> Self {
        Self { follows: true, ..Self::inconclusive(message) }
    }

    pub(super) fn with(mut self, details: Vec<String>) -> Self {
        self.details.extend(details);
        self
    }

    /// The ruling over several complaints: the worst verdict, its first message, the others as details;
    /// `good` where there is none.
    pub(super) fn of(complaints: Vec<Self>, good: impl Into<String>) -> Self {
        let verdict = complaints.iter().map(|complaint| complaint.verdict).reduce(Verdict::join);
        let Some(verdict) = verdict else { return Self::pass(good) };
        let mut whole =
            Self { follows: complaints.iter().all(|complaint| complaint.follows), ..Self::new(verdict, "") };
        let (worst, rest): (Vec<_>, Vec<_>) =
            complaints.into_iter().partition(|complaint| complaint.verdict == verdict);
        for complaint in worst.into_iter().chain(rest) {
            if whole.message.is_empty() {
                whole.message = complaint.message;
            } else {
                whole.details.push(complaint.message);
            }
            whole.details.extend(complaint.details);
        }
        whole
    }

    pub(super) fn about(self, subject: Subject, name: impl Into<String>, took: Option<Duration>) -> Finding {
        let Self { verdict, message, details, follows } = self;
        Finding { subject, name: name.into(), verdict, message, details, lines: Vec::new(), took, follows }
    }
}

/// A step's number as people count, so that names sort: `03`.
pub(super) fn number(step: usize) -> String {
    format!("{:02}", step + 1)
}
