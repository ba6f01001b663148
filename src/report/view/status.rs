//! How something came out, for people.

use schemars::JsonSchema;
use serde::Serialize;

use crate::judge::{Judgement, Verdict};

/// A verdict, or none because the drill could not be done here. In the order in which a report shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// A promise was broken.
    Fail,
    /// Nobody can tell.
    Inconclusive,
    /// The promises were kept.
    Pass,
    /// Not possible here.
    Skipped,
}

impl Status {
    /// The status of a verdict; no verdict is a drill that was skipped.
    #[must_use]
    pub const fn of(verdict: Option<Verdict>) -> Self {
        match verdict {
            Some(Verdict::Fail) => Self::Fail,
            Some(Verdict::Inconclusive) => Self::Inconclusive,
            Some(Verdict::Pass) => Self::Pass,
            None => Self::Skipped,
        }
    }

    /// The status of a drill. Only one with a reason was skipped; one without a verdict and a reason is not
    /// proven.
    #[must_use]
    pub const fn of_drill(judgement: &Judgement) -> Self {
        match (&judgement.skipped, judgement.verdict) {
            (Some(_), None) => Self::Skipped,
            (None, None) => Self::Inconclusive,
            (_, Some(verdict)) => Self::of(Some(verdict)),
        }
    }

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
            Self::Pass => "pass",
            Self::Skipped => "skipped",
        }
    }

    /// Its sign, where there is no colour; it never stands without the word.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Fail => "❌",
            Self::Inconclusive => "❓",
            Self::Pass => "✅",
            Self::Skipped => "⏭️",
        }
    }
}
