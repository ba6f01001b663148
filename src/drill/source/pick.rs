//! Which of several backups is meant.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Which one of the backups of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Pick {
    /// The newest.
    #[default]
    Latest,
    /// The oldest.
    Oldest,
    /// Any of them, by the seed of the run.
    Random,
    /// The newest that was complete at this time.
    Before(Timestamp),
    /// The one that is called this.
    Named(String),
}

/// Why a text picks nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("say `latest`, `oldest`, `random`, a time as in `2026-11-27T03:00:00+01:00`, or a backup's name")]
pub struct NotAPick;

impl FromStr for Pick {
    type Err = NotAPick;

    fn from_str(text: &str) -> Result<Self, NotAPick> {
        match text {
            "" => Err(NotAPick),
            "latest" => Ok(Self::Latest),
            "oldest" => Ok(Self::Oldest),
            "random" => Ok(Self::Random),
            _ => Ok(text.parse().map_or_else(|_| Self::Named(text.to_owned()), Self::Before)),
        }
    }
}

impl fmt::Display for Pick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest => f.write_str("latest"),
            Self::Oldest => f.write_str("oldest"),
            Self::Random => f.write_str("random"),
            Self::Before(time) => write!(f, "{time}"),
            Self::Named(name) => f.write_str(name),
        }
    }
}

impl TryFrom<String> for Pick {
    type Error = NotAPick;

    fn try_from(text: String) -> Result<Self, NotAPick> {
        text.parse()
    }
}

impl From<Pick> for String {
    fn from(pick: Pick) -> Self {
        pick.to_string()
    }
}
