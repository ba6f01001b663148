//! What `pg_controldata` prints.

use serde::{Deserialize, Serialize};

use super::{Lsn, Timeline};

/// The facts of a cluster's control file that identify it and tell its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlData {
    /// Given by initdb; physical copies share it.
    #[serde(with = "super::system_identifier")]
    pub system_identifier: u64,
    /// Such as `in production` or `shut down`.
    pub state: String,
    /// The timeline of the latest checkpoint.
    pub timeline: Timeline,
    /// Where redo would begin.
    pub redo: Lsn,
    /// Bytes in a WAL segment.
    pub segment_size: u64,
    /// Whether data pages carry checksums.
    pub checksums: bool,
}

/// A line of `pg_controldata` that is missing or can't be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("pg_controldata says nothing usable of `{0}`")]
pub struct Missing(pub &'static str);

impl ControlData {
    /// Reads the output of `pg_controldata` as it is under `LC_ALL=C`.
    ///
    /// # Errors
    /// Returns an error if a line that is needed is missing.
    pub fn parse(text: &str) -> Result<Self, Missing> {
        let field = |name: &'static str| {
            text.lines()
                .filter_map(|line| line.split_once(':'))
                .find_map(|(key, value)| (key.trim() == name).then(|| value.trim()))
                .ok_or(Missing(name))
        };
        fn read<T: std::str::FromStr>(value: &str, name: &'static str) -> Result<T, Missing> {
            value.parse().map_err(|_| Missing(name))
        }
        Ok(Self {
            system_identifier: read(field("Database system identifier")?, "Database system identifier")?,
            state: field("Database cluster state")?.to_owned(),
            timeline: Timeline(read(
                field("Latest checkpoint's TimeLineID")?,
                "Latest checkpoint's TimeLineID",
            )?),
            redo: read(field("Latest checkpoint's REDO location")?, "Latest checkpoint's REDO location")?,
            segment_size: read(field("Bytes per WAL segment")?, "Bytes per WAL segment")?,
            checksums: field("Data page checksum version")? != "0",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
Database system identifier:           7312345678901234567
Database cluster state:               in production
Latest checkpoint location:           0/30000A0
Latest checkpoint's REDO location:    0/3000068
Latest checkpoint's REDO WAL file:    000000010000000000000003
Latest checkpoint's TimeLineID:       1
Time of latest checkpoint:            Fri Nov 20 16:00:00 2026
Bytes per WAL segment:                16777216
Data page checksum version:           1
";

    #[test]
    fn the_identity_of_a_cluster_is_read() {
        let data = ControlData::parse(TEXT).expect("a good text");
        assert_eq!(data.system_identifier, 7_312_345_678_901_234_567);
        assert_eq!(
            (data.state.as_str(), data.timeline, data.redo),
            ("in production", Timeline(1), Lsn(0x0300_0068))
        );
        assert!(data.checksums);
    }

    #[test]
    fn a_missing_line_is_named() {
        assert_eq!(ControlData::parse(""), Err(Missing("Database system identifier")));
    }
}
