//! Versions of the server.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A major version: 15, 17, 18.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Major(pub u16);

impl Major {
    /// The oldest version that Lifeboat drives: `pg_basebackup --compress=server-…` and `pg_backup_start`
    /// came with it.
    pub const OLDEST: Self = Self(15);
    /// The newest version that Lifeboat was tried on.
    pub const NEWEST: Self = Self(18);
}

impl fmt::Display for Major {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A release: major and minor, such as 15.18; a development version counts as minor 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version {
    /// The major version.
    pub major: Major,
    /// The minor version.
    pub minor: u16,
}

/// A text that names no version of PostgreSQL.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not a PostgreSQL version")]
pub struct NotAVersion(pub String);

impl Version {
    /// The version in what `postgres --version` prints, such as `postgres (PostgreSQL) 15.18 (Debian
    /// 15.18-0+deb12u1)`.
    ///
    /// # Errors
    /// Returns an error if no word of the text is a version.
    pub fn from_banner(banner: &str) -> Result<Self, NotAVersion> {
        banner
            .split_whitespace()
            .find_map(|word| word.parse().ok())
            .ok_or_else(|| NotAVersion(banner.trim().to_owned()))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for Version {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let no = || NotAVersion(text.to_owned());
        let digits_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (major, rest) = text.split_at(digits_end);
        let major = Major(major.parse().map_err(|_| no())?);
        let minor = match rest.strip_prefix('.') {
            Some(minor) => minor.parse().map_err(|_| no())?,
            None if rest.is_empty() || ["devel", "beta", "rc"].iter().any(|tag| rest.starts_with(tag)) => 0,
            None => return Err(no()),
        };
        Ok(Self { major, minor })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_in_every_banner() {
        let cases = [
            ("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "15.18"),
            ("postgres (PostgreSQL) 17.6", "17.6"),
            ("pg_dump (PostgreSQL) 18beta1", "18.0"),
            ("postgres (PostgreSQL) 19devel", "19.0"),
        ];
        for (banner, expected) in cases {
            assert_eq!(Version::from_banner(banner).map(|v| v.to_string()), Ok(expected.to_owned()));
        }
        assert!(Version::from_banner("mysqld Ver eight").is_err());
    }
}
