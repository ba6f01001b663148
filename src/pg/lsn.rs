//! A position in the write-ahead log.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::Timeline;

/// A log sequence number: a byte position in WAL, written `16/B374D848` as the server writes it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Lsn(pub u64);

/// A text that is no LSN.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not an LSN (two hexadecimal numbers with a slash between them, such as 16/B374D848)")]
pub struct NotAnLsn(pub String);

impl Lsn {
    /// The bytes of WAL from `earlier` to here; zero where `earlier` is not earlier.
    #[must_use]
    pub const fn bytes_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The name of the WAL segment that holds this position, for segments of `segment_size` bytes.
    ///
    /// Source: `XLogFileName` in `src/include/access/xlog_internal.h`.
    #[must_use]
    pub fn segment_name(self, timeline: Timeline, segment_size: u64) -> String {
        let size = segment_size.max(1);
        let number = self.0 / size;
        let per_id = (0x1_0000_0000 / size).max(1);
        format!("{:08X}{:08X}{:08X}", timeline.0, number / per_id, number % per_id)
    }

    /// Where a WAL segment of this name begins, on whatever timeline; `None` for other files of an archive
    /// (histories, backups).
    #[must_use]
    pub fn of_segment(name: &str, segment_size: u64) -> Option<Self> {
        let plain = name.len() == 24 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let part = |range| u64::from_str_radix(name.get(range)?, 16).ok();
        let (id, number) = part(8..16).zip(part(16..24)).filter(|_| plain)?;
        Some(Self((id << 32).checked_add(number.checked_mul(segment_size)?)?))
    }
}

impl fmt::Display for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}/{:X}", self.0 >> 32, self.0 & 0xFFFF_FFFF)
    }
}

impl fmt::Debug for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Lsn {
    type Err = NotAnLsn;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let part = |digits: &str| {
            let plain = (1..=8).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
            plain.then(|| u64::from_str_radix(digits, 16).ok()).flatten()
        };
        text.split_once('/')
            .and_then(|(high, low)| Some(Self(part(high)? << 32 | part(low)?)))
            .ok_or_else(|| NotAnLsn(text.to_owned()))
    }
}

impl Serialize for Lsn {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Lsn {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_segment_is_named_as_the_server_names_it() {
        // select pg_walfile_name('16/B374D848') on timeline 3 with segments of 16 MiB.
        let lsn = Lsn(0x16_B374_D848);
        assert_eq!(lsn.segment_name(Timeline(3), 16 << 20), "0000000300000016000000B3");
        assert_eq!(Lsn::of_segment("0000000300000016000000B3", 16 << 20), Some(Lsn(0x16_B300_0000)));
        for other in
            ["00000003.history", "0000000300000016000000B3.00000028.backup", "0000000300000016000000G3", ""]
        {
            assert_eq!(Lsn::of_segment(other, 16 << 20), None);
        }
    }

    #[test]
    fn what_is_no_lsn_is_refused() {
        for text in ["", "/", "1/", "/1", "1/+2", "1/123456789", "g/1", "1/2/3", " 1/2"] {
            assert_eq!(text.parse::<Lsn>(), Err(NotAnLsn(text.to_owned())), "{text}");
        }
    }

    proptest! {
        #[test]
        fn an_lsn_survives_its_own_text(raw: u64) {
            prop_assert_eq!(Lsn(raw).to_string().parse(), Ok(Lsn(raw)));
        }
    }
}
