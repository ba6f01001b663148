//! The settings of sessions, which a user's `ALTER ROLE`, `ALTER DATABASE` and configuration reach into.
//!
//! **Invariant:** every session that Lifeboat opens for itself says in its start-up packet what bears on it.
//! The packet wins over the configuration, the database, the role and the role in the database; only the
//! session itself can change it later.

use crate::pg::Major;

/// Whose settings a session has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionSettings {
    /// Lifeboat's own session: nothing of the user's bears on it.
    Own,
    /// A session in the user's name: the user's settings, but that it takes writes, which the ledger needs.
    Writing,
    /// A session in the user's name, with the user's settings and nothing else.
    User,
}

/// What hinders work: time-outs, read-only transactions, an isolation that a standby does not have, triggers
/// turned off.
const UNHINDERED: &[(&str, &str)] = &[
    ("default_transaction_read_only", "off"),
    ("default_transaction_isolation", "read committed"),
    ("default_transaction_deferrable", "off"),
    ("statement_timeout", "0"),
    ("lock_timeout", "0"),
    ("idle_in_transaction_session_timeout", "0"),
    ("idle_session_timeout", "0"),
    ("session_replication_role", "origin"),
    ("lo_compat_privileges", "off"),
    ("standard_conforming_strings", "on"),
    ("zero_damaged_pages", "off"),
    ("ignore_checksum_failure", "off"),
    ("ignore_system_indexes", "off"),
];

/// What the texts of values and names are made of, and what costs a short query more than it needs.
const STABLE: &[(&str, &str)] = &[
    ("search_path", "pg_catalog"),
    ("datestyle", "ISO, YMD"),
    ("intervalstyle", "postgres"),
    ("timezone", "UTC"),
    ("extra_float_digits", "1"),
    ("bytea_output", "hex"),
    ("xmloption", "content"),
    ("xmlbinary", "base64"),
    ("lc_messages", "C"),
    ("lc_monetary", "C"),
    ("lc_numeric", "C"),
    ("lc_time", "C"),
    ("quote_all_identifiers", "off"),
    ("array_nulls", "on"),
    ("transform_null_equals", "off"),
    ("row_security", "off"),
    ("jit", "off"),
];

impl SessionSettings {
    /// The value of `options` in the start-up packet, or of `PGOPTIONS`; empty where nothing is pinned.
    #[must_use]
    pub fn options(self, version: Major) -> String {
        match self {
            Self::Own => render(hindrances(version).chain(STABLE.iter().copied())),
            Self::Writing => render([("default_transaction_read_only", "off")]),
            Self::User => String::new(),
        }
    }
}

/// `PGOPTIONS` of PostgreSQL's own programs: what would hinder them. They pin themselves what values look
/// like, and a script of the user's is to find the user's `search_path`.
#[must_use]
pub fn tool_options(version: Major) -> String {
    render(hindrances(version))
}

fn hindrances(version: Major) -> impl Iterator<Item = (&'static str, &'static str)> {
    let came_with_17 = (version >= Major(17)).then_some(("transaction_timeout", "0"));
    UNHINDERED.iter().copied().chain(came_with_17)
}

/// Source: `pg_split_opts` in `src/backend/utils/init/postinit.c`: words are parted by white space, a
/// backslash protects it.
fn render<'a>(settings: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let word =
        |(name, value): (&str, &str)| format!("-c {name}={}", value.replace('\\', r"\\").replace(' ', r"\ "));
    settings.into_iter().map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_with_a_space_stays_one_word() {
        assert_eq!(render([("datestyle", "ISO, YMD"), ("jit", "off")]), r"-c datestyle=ISO,\ YMD -c jit=off");
    }

    #[test]
    fn a_version_is_not_asked_for_what_it_does_not_know() {
        let own = |major| SessionSettings::Own.options(Major(major));
        assert!(!own(16).contains("transaction_timeout") && own(17).contains("transaction_timeout=0"));
        assert!(tool_options(Major(15)).contains("default_transaction_read_only=off"));
        assert!(!tool_options(Major(15)).contains("search_path"), "a user's script finds the user's own");
        assert_eq!(SessionSettings::User.options(Major(15)), "");
    }
}
