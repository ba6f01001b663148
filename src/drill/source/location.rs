//! Where something of the user's lies: a path or a URL.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A path, relative to the drill file, or the URL of something in an object store. A `*` in its last part
/// stands for any text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Location {
    text: String,
    kind: LocationKind,
}

/// What keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LocationKind {
    /// A file system of the runner's machine.
    Path,
    /// Amazon S3, or what speaks its protocol: `s3://bucket/key`.
    S3,
    /// Google Cloud Storage: `gs://bucket/key`.
    Gcs,
    /// Azure Blob Storage: `az://container/key`.
    Azure,
}

/// Why a text is no location.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotALocation {
    /// It is empty.
    #[error("it is empty")]
    Empty,
    /// The scheme is none of those that are known.
    #[error("`{0}://` is not known: a path, `s3://`, `gs://` or `az://`")]
    Scheme(String),
    /// A URL without a bucket.
    #[error("the URL has no bucket")]
    NoBucket,
    /// A `*` before the last part.
    #[error("a `*` can only stand in the last part")]
    PatternInFolder,
    /// A character that no path has.
    #[error("it has a NUL in it")]
    Nul,
}

impl Location {
    /// What keeps it.
    #[must_use]
    pub const fn kind(&self) -> LocationKind {
        self.kind
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The bucket of a URL, and the key in it; for a path, nothing and the path.
    #[must_use]
    pub fn bucket_and_key(&self) -> (&str, &str) {
        match self.text.split_once("://") {
            Some((_, rest)) if self.kind != LocationKind::Path => rest.split_once('/').unwrap_or((rest, "")),
            _ => ("", &self.text),
        }
    }

    /// What its last part has to look like, where that is a pattern: the text around each `*`.
    #[must_use]
    pub fn pattern(&self) -> Option<&str> {
        let last = self.bucket_and_key().1.rsplit('/').next().unwrap_or_default();
        last.contains('*').then_some(last)
    }

    /// The folder above its last part, with its `/`; empty where there is none.
    #[must_use]
    pub fn folder(&self) -> &str {
        let key = self.bucket_and_key().1;
        key.rfind('/').and_then(|slash| key.get(..=slash)).unwrap_or_default()
    }
}

impl FromStr for Location {
    type Err = NotALocation;

    fn from_str(text: &str) -> Result<Self, NotALocation> {
        if text.trim().is_empty() {
            return Err(NotALocation::Empty);
        }
        if text.contains('\0') {
            return Err(NotALocation::Nul);
        }
        let kind = match text.split_once("://") {
            None => LocationKind::Path,
            Some(("s3", _)) => LocationKind::S3,
            Some(("gs", _)) => LocationKind::Gcs,
            Some(("az", _)) => LocationKind::Azure,
            Some((scheme, _)) if scheme.contains('/') => LocationKind::Path,
            Some((scheme, _)) => return Err(NotALocation::Scheme(scheme.to_owned())),
        };
        let location = Self { text: text.to_owned(), kind };
        if kind != LocationKind::Path && location.bucket_and_key().0.is_empty() {
            return Err(NotALocation::NoBucket);
        }
        if location.folder().contains('*') {
            return Err(NotALocation::PatternInFolder);
        }
        Ok(location)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for Location {
    type Error = NotALocation;

    fn try_from(text: String) -> Result<Self, NotALocation> {
        text.parse()
    }
}

impl From<Location> for String {
    fn from(location: Location) -> Self {
        location.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Location {
        text.parse().expect(text)
    }

    #[test]
    fn a_location_is_a_path_or_a_url_and_its_last_part_may_be_a_pattern() {
        let url = read("s3://backups/pg/shop-*.dump.gz");
        assert_eq!((url.kind(), url.bucket_and_key()), (LocationKind::S3, ("backups", "pg/shop-*.dump.gz")));
        assert_eq!((url.folder(), url.pattern()), ("pg/", Some("shop-*.dump.gz")));
        let path = read("/var/backups/shop.dump");
        assert_eq!((path.kind(), path.folder(), path.pattern()), (LocationKind::Path, "/var/backups/", None));
        assert_eq!(read("shop.dump").folder(), "");
        assert_eq!(read("s3://backups").bucket_and_key(), ("backups", ""));
        assert_eq!(read("a/b://c").kind(), LocationKind::Path);
    }

    #[test]
    fn what_is_no_location_says_why() {
        for (text, why) in [
            (" ", NotALocation::Empty),
            ("ftp://host/x", NotALocation::Scheme("ftp".into())),
            ("s3:///key", NotALocation::NoBucket),
            ("/a*/b", NotALocation::PatternInFolder),
            ("a\0b", NotALocation::Nul),
        ] {
            assert_eq!(text.parse::<Location>(), Err(why), "{text:?}");
        }
    }
}
