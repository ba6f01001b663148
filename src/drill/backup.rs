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

/// What a backup holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackupKind {
    /// The files of a cluster: WAL can be replayed over it.
    Physical,
    /// What is in its databases: it is read into another cluster.
    Logical,
}

/// What is known of a method, in one place: nothing else tells one from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodInfo {
    /// What a backup by it holds.
    pub kind: BackupKind,
    /// The programs that it is made of.
    pub programs: &'static [&'static str],
    /// Whether it streams from the server, through a WAL sender.
    pub streams: bool,
    /// Whether a program of its own unpacks what it packed; otherwise its own programs do.
    pub is_unpacked_apart: bool,
}

impl BackupMethod {
    /// What is known of it.
    #[must_use]
    pub const fn info(self) -> MethodInfo {
        match self {
            Self::Basebackup => MethodInfo {
                kind: BackupKind::Physical,
                programs: &["pg_basebackup", "pg_verifybackup"],
                streams: true,
                is_unpacked_apart: true,
            },
            Self::Dump => MethodInfo {
                kind: BackupKind::Logical,
                programs: &["pg_dump", "pg_dumpall", "pg_restore"],
                streams: false,
                is_unpacked_apart: false,
            },
        }
    }

    /// Whether WAL can be replayed over it, so that a recovery target has a meaning.
    #[must_use]
    pub const fn is_physical(self) -> bool {
        match self.info().kind {
            BackupKind::Physical => true,
            BackupKind::Logical => false,
        }
    }
}

impl Backup {
    /// The program that unpacks it, where PostgreSQL's own don't.
    #[must_use]
    pub const fn unpacker(&self) -> Option<&'static str> {
        if !self.method.info().is_unpacked_apart {
            return None;
        }
        match self.compress {
            Compression::None => None,
            Compression::Gzip => Some("gzip"),
            Compression::Lz4 => Some("lz4"),
            Compression::Zstd => Some("zstd"),
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
