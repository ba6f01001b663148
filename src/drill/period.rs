//! A length of time, as people write it.

use std::{fmt, str::FromStr, time::Duration};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// A length of time that is not negative: `5m`, `1h30m`, `250ms`, `PT5M`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period(pub Duration);

/// A text that is not a duration.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a duration")]
pub struct NotAPeriod(pub String);

impl Period {
    /// So many seconds.
    #[must_use]
    pub const fn from_secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// The length.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl FromStr for Period {
    type Err = NotAPeriod;

    fn from_str(text: &str) -> Result<Self, NotAPeriod> {
        let no = || NotAPeriod(text.to_owned());
        let length: SignedDuration = text.trim().parse().map_err(|_| no())?;
        Duration::try_from(length).map(Self).map_err(|_| no())
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = SignedDuration::try_from(self.0).unwrap_or(SignedDuration::MAX);
        write!(f, "{}", format!("{length:#}").replace(' ', ""))
    }
}

impl fmt::Debug for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Period {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn people_and_machines_write_the_same_length() {
        for text in ["5m", "PT5M", "300s", "5 minutes"] {
            assert_eq!(text.parse(), Ok(Period::from_secs(300)), "{text}");
        }
        for text in ["", "5", "-5m", "five minutes", "5x"] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_period_survives_its_own_text(nanos in 0..u64::MAX / 4) {
            let period = Period(Duration::from_nanos(nanos));
            prop_assert_eq!(period.to_string().parse(), Ok(period));
        }
    }
}
