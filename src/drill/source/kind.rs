//! What kinds of backup a source may hold.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of backup, as its tool left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SourceKind {
    /// What `pg_restore` reads: the custom form, a tar file or a directory of `pg_dump`.
    Dump,
    /// Statements for psql: the plain form of `pg_dump`, or `pg_dumpall`.
    Script,
}

impl SourceKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Dump, Self::Script];

    /// Its word in a drill file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Dump => "dump",
            Self::Script => "script",
        }
    }

    /// What it is, for people.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Dump => "an archive of pg_dump",
            Self::Script => "a script of pg_dump or pg_dumpall",
        }
    }
}
