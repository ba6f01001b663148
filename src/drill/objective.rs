//! What was promised.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{NotAPeriod, Period};

/// The objectives of a drill; each may be absent, and then nothing is judged against it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Objectives {
    /// How long the service may be away: recovery time objective.
    pub rto: Option<Period>,
    /// How much acknowledged work, in time, may be lost: recovery point objective. It binds what is measured,
    /// and what may be lost at worst by configuration.
    pub rpo: Option<Period>,
    /// A worst case above the recovery point objective that is accepted in writing; the objective is then *at
    /// risk*.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpo_at_worst: Option<AtWorst>,
    /// How old the oldest acknowledged commit may be that a recovery to an earlier point discards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discarded: Option<Period>,
}

impl Objectives {
    /// Whether there is any.
    #[must_use]
    pub const fn is_any(&self) -> bool {
        self.rto.is_some() || self.rpo.is_some() || self.discarded.is_some()
    }
}

/// A worst case that is accepted although the objective does not cover it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtWorst {
    /// As long as this.
    Within(Period),
    /// Configuration need not bound it.
    Unbounded,
}

/// The word for [`AtWorst::Unbounded`] in drill files.
pub const UNBOUNDED: &str = "unbounded";

impl FromStr for AtWorst {
    type Err = NotAPeriod;

    fn from_str(text: &str) -> Result<Self, NotAPeriod> {
        if text.trim() == UNBOUNDED { Ok(Self::Unbounded) } else { text.parse().map(Self::Within) }
    }
}

impl fmt::Display for AtWorst {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Within(period) => period.fmt(f),
            Self::Unbounded => f.write_str(UNBOUNDED),
        }
    }
}

impl Serialize for AtWorst {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AtWorst {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The kinds of objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ObjectiveKind {
    /// Recovery time.
    Rto,
    /// Recovery point.
    Rpo,
    /// Work that a recovery to an earlier point discards.
    Discarded,
}

impl fmt::Display for ObjectiveKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rto => "RTO",
            Self::Rpo => "RPO",
            Self::Discarded => "discarded",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accepted_worst_case_is_a_period_or_unbounded() {
        assert_eq!("unbounded".parse(), Ok(AtWorst::Unbounded));
        assert_eq!("10m".parse(), Ok(AtWorst::Within(Period::from_secs(600))));
        assert!("unlimited".parse::<AtWorst>().is_err());
        for accepted in [AtWorst::Unbounded, AtWorst::Within(Period::from_secs(90))] {
            assert_eq!(accepted.to_string().parse(), Ok(accepted));
        }
    }

    #[test]
    fn objectives_of_an_older_journal_are_read() {
        let read: Objectives = serde_json::from_str(r#"{"rto":"1h","rpo":"5m"}"#).expect("objectives");
        assert_eq!((read.rpo, read.rpo_at_worst, read.discarded), (Some(Period::from_secs(300)), None, None));
    }
}
