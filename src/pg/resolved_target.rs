//! A recovery target as a server is given it, and as its log tells it back.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Lsn, setting::Settings};

/// Where the replay of WAL is to end, in the values of the settings `recovery_target…`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "target", rename_all = "kebab-case")]
pub enum ResolvedTarget {
    /// `recovery_target = immediate`.
    Consistency,
    /// `recovery_target_name`.
    RestorePoint {
        /// Its name.
        name: String,
    },
    /// `recovery_target_time`: the first commit after it is not replayed.
    Time {
        /// The instant.
        at: Timestamp,
    },
    /// `recovery_target_xid`.
    Transaction {
        /// Its number as it stands in WAL, without an epoch.
        xid: u32,
        /// Whether it is replayed itself.
        inclusive: bool,
    },
    /// `recovery_target_lsn`.
    Position {
        /// The position.
        at: Lsn,
        /// Whether the record there is replayed itself.
        inclusive: bool,
    },
}

impl ResolvedTarget {
    /// The transaction of this number; the server's own numbers have an epoch, those in WAL have not.
    #[must_use]
    pub fn transaction(xid: u64, inclusive: bool) -> Self {
        Self::Transaction { xid: short(xid), inclusive }
    }

    /// The settings that give it to a server.
    #[must_use]
    pub fn settings(&self) -> Settings {
        let (name, value, inclusive) = match self {
            Self::Consistency => ("recovery_target", "immediate".to_owned(), None),
            Self::RestorePoint { name } => ("recovery_target_name", name.clone(), None),
            // The server refuses `Z` here: the setting is read before abbreviations of zones are known.
            Self::Time { at } => {
                ("recovery_target_time", at.strftime("%Y-%m-%d %H:%M:%S%.6f+00:00").to_string(), Some(true))
            }
            Self::Transaction { xid, inclusive } => {
                ("recovery_target_xid", xid.to_string(), Some(*inclusive))
            }
            Self::Position { at, inclusive } => ("recovery_target_lsn", at.to_string(), Some(*inclusive)),
        };
        let inclusive = inclusive
            .map(|on| ("recovery_target_inclusive".to_owned(), if on { "on" } else { "off" }.to_owned()));
        [(name.to_owned(), value)].into_iter().chain(inclusive).collect()
    }

    /// Whether `said` is this target, where the log says `starting point-in-time recovery to SAID`.
    ///
    /// Source: `InitWalRecovery` in `src/backend/access/transam/xlogrecovery.c`, 15 to 18.
    #[must_use]
    pub fn is_begun_by(&self, said: &str) -> bool {
        match self {
            Self::Consistency => said == "earliest consistent point",
            Self::RestorePoint { name } => said == format!("\"{name}\""),
            Self::Time { at } => server_time(said) == Some(*at),
            Self::Transaction { xid, .. } => {
                said.strip_prefix("XID ").and_then(|said| said.parse().ok()) == Some(*xid)
            }
            Self::Position { at, .. } => position(said) == Some(*at),
        }
    }

    /// Whether replay that ended where the log says `recovery stopping SAID` has met this target.
    ///
    /// Source: `recoveryStopsBefore` and `recoveryStopsAfter` in the same file.
    #[must_use]
    pub fn is_met_by(&self, said: &str) -> bool {
        let side = |inclusive: bool| if inclusive { "after " } else { "before " };
        match self {
            Self::Consistency => said == "after reaching consistency",
            Self::RestorePoint { name } => said
                .strip_prefix("at restore point \"")
                .and_then(|rest| rest.split_once("\", time "))
                .is_some_and(|(stopped, _)| stopped == name),
            Self::Time { at } => end_of_transaction(said, side(false)).is_some_and(|(_, time)| time > *at),
            Self::Transaction { xid, inclusive } => {
                end_of_transaction(said, side(*inclusive)).is_some_and(|(stopped, _)| stopped == *xid)
            }
            Self::Position { at, inclusive } => {
                said.strip_prefix(side(*inclusive)).and_then(position).is_some_and(|stopped| stopped >= *at)
            }
        }
    }
}

impl fmt::Display for ResolvedTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |inclusive: &bool| if *inclusive { "inclusive" } else { "exclusive" };
        match self {
            Self::Consistency => f.write_str("the earliest consistent point"),
            Self::RestorePoint { name } => write!(f, "restore point {name}"),
            Self::Time { at } => write!(f, "{at}"),
            Self::Transaction { xid, inclusive } => write!(f, "transaction {xid}, {}", side(inclusive)),
            Self::Position { at, inclusive } => write!(f, "position {at}, {}", side(inclusive)),
        }
    }
}

/// A transaction's number as it stands in WAL.
#[must_use]
pub fn short(xid: u64) -> u32 {
    u32::try_from(xid & u64::from(u32::MAX)).unwrap_or_default()
}

/// `WAL location (LSN) "0/3000148"`.
fn position(said: &str) -> Option<Lsn> {
    said.strip_prefix("WAL location (LSN) \"")?.strip_suffix('"')?.parse().ok()
}

/// `commit of transaction 742, time 2026-11-20 15:59:55.123456+00`, or the same of an abort, on this side of
/// it.
fn end_of_transaction(said: &str, side: &str) -> Option<(u32, Timestamp)> {
    let end = said.strip_prefix(side)?;
    let end = end.strip_prefix("commit").or_else(|| end.strip_prefix("abort"))?;
    let (xid, time) = end.strip_prefix(" of transaction ")?.split_once(", time ")?;
    Some((xid.parse().ok()?, server_time(time)?))
}

/// A time as the server writes it in its log: ISO, in its own zone, with the offset.
fn server_time(said: &str) -> Option<Timestamp> {
    said.replacen(' ', "T", 1).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn aims() -> [ResolvedTarget; 7] {
        [
            ResolvedTarget::Consistency,
            ResolvedTarget::RestorePoint { name: "release".into() },
            ResolvedTarget::Time { at: time("2026-11-20T16:00:00.25Z") },
            ResolvedTarget::transaction(742, true),
            ResolvedTarget::transaction(742, false),
            ResolvedTarget::Position { at: Lsn(0x300_0148), inclusive: true },
            ResolvedTarget::Position { at: Lsn(0x300_0148), inclusive: false },
        ]
    }

    #[test]
    fn a_target_is_written_as_settings() {
        let written: Vec<String> =
            aims().iter().map(|aim| super::super::setting::render(&aim.settings())).collect();
        insta::assert_debug_snapshot!(written);
    }

    #[test]
    fn a_target_is_known_by_the_words_of_the_server_and_no_other_is() {
        let said = [
            "earliest consistent point",
            "\"release\"",
            "2026-11-20 17:00:00.25+01",
            "XID 742",
            "XID 742",
            "WAL location (LSN) \"0/3000148\"",
            "WAL location (LSN) \"0/03000148\"",
        ];
        for (number, aim) in aims().iter().enumerate() {
            let known: Vec<usize> = (0..said.len()).filter(|other| aim.is_begun_by(said[*other])).collect();
            let alike = [number..number + 1, 3..5, 5..7]
                .into_iter()
                .rev()
                .find(|alike| alike.contains(&number))
                .expect("itself");
            assert_eq!(known, alike.collect::<Vec<_>>(), "{aim:?}");
        }
        for other in [
            "",
            "XID 743",
            "XID 7420",
            "\"Release\"",
            "2026-11-20 16:00:00.25+01",
            "WAL location (LSN) \"0/3000149\"",
        ] {
            assert!(!aims().iter().any(|aim| aim.is_begun_by(other)), "{other}");
        }
    }

    #[test]
    fn a_target_is_met_where_the_server_stopped_for_it() {
        let at = |words: &str| aims().iter().map(|aim| aim.is_met_by(words)).collect::<Vec<_>>();
        let only = |those: &[usize]| (0..7).map(|aim| those.contains(&aim)).collect::<Vec<_>>();
        for (words, met) in [
            ("after reaching consistency", [0].as_slice()),
            ("at restore point \"release\", time 2026-11-20 16:00:00+00", &[1]),
            ("at restore point \"re\", time \"lease\", time 2026-11-20 16:00:00+00", &[]),
            ("before commit of transaction 9, time 2026-11-20 21:30:00.250001+05:30", &[2]),
            ("before commit of transaction 9, time 2026-11-20 16:00:00.25+00", &[]),
            ("after abort of transaction 742, time 2026-11-20 15:00:00+00", &[3]),
            ("before commit of transaction 742, time 2026-11-20 15:00:00+00", &[4]),
            ("after commit of transaction 743, time 2026-11-20 15:00:00+00", &[]),
            ("after WAL location (LSN) \"0/3000148\"", &[5]),
            ("before WAL location (LSN) \"0/3000150\"", &[6]),
            ("before WAL location (LSN) \"0/3000147\"", &[]),
            ("", &[]),
        ] {
            assert_eq!(at(words), only(met), "{words}");
        }
    }

    #[test]
    fn a_transaction_has_no_epoch_in_wal() {
        assert_eq!(ResolvedTarget::transaction(0x1_0000_02E6, true), ResolvedTarget::transaction(742, true));
    }
}
