//! Backups that a drill takes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Label, NodeName};

/// A backup step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// The tool.
    pub method: BackupMethod,
    /// By what later steps call it.
    pub label: Label,
    /// The server that it is taken from.
    pub node: NodeName,
    /// How its files are packed.
    pub compress: Compression,
}

/// A tool that takes backups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BackupMethod {
    /// `pg_basebackup`: physical; with archived WAL it can be rolled forward.
    Basebackup,
    /// `pg_dump -Fc` of each database, and `pg_dumpall --globals-only`: logical; it can't be rolled forward.
    Dump,
}

impl BackupMethod {
    /// Whether WAL can be replayed over it, so that a recovery target has a meaning.
    #[must_use]
    pub const fn is_physical(self) -> bool {
        match self {
            Self::Basebackup => true,
            Self::Dump => false,
        }
    }
}

impl Backup {
    /// The program that unpacks it, where PostgreSQL's own don't.
    #[must_use]
    pub const fn unpacker(&self) -> Option<&'static str> {
        match (self.method, self.compress) {
            (BackupMethod::Dump, _) | (_, Compression::None) => None,
            (BackupMethod::Basebackup, Compression::Gzip) => Some("gzip"),
            (BackupMethod::Basebackup, Compression::Lz4) => Some("lz4"),
            (BackupMethod::Basebackup, Compression::Zstd) => Some("zstd"),
        }
    }
}

/// How a backup's files are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip.
    Gzip,
    /// LZ4: the fastest to unpack.
    Lz4,
    /// Zstandard: small and fast.
    Zstd,
}
