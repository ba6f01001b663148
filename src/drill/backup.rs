//! Backups that a drill takes.
//!
//! **Invariant:** what tells one method from another stands in its row here; how it is done stands in
//! `action/backup/`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ArchiveMethod, Drill, Label, NodeName};
use crate::pg::Major;

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

/// What a backup holds, and what bounds the loss where it is restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackupKind {
    /// The files of a cluster: WAL can be replayed over it, as far as the archive has it.
    Physical,
    /// What is in its databases: it is read into another cluster, and all since it was taken is lost.
    Logical,
}

/// What is known of a method, in one place: nothing else tells one from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodInfo {
    /// Its name in drill files.
    pub name: &'static str,
    /// What a backup by it holds.
    pub kind: BackupKind,
    /// The programs that it is made of.
    pub programs: &'static [&'static str],
    /// Whether it streams from the server, through a WAL sender.
    pub streams: bool,
    /// Whether a program of its own unpacks what it packed; otherwise its own programs do.
    pub is_unpacked_apart: bool,
    /// How it can pack, each with the first version of PostgreSQL with which it can.
    pub packs: &'static [(Compression, Major)],
    /// The archive without which it can't be taken.
    pub archive: Option<ArchiveMethod>,
}

/// Declares the methods, and from them the words of a drill file.
macro_rules! backup_methods {
    ($(
        $(#[doc = $doc:literal])*
        $name:ident = $word:literal {
            kind: $kind:ident,
            programs: [$($program:literal),*],
            streams: $streams:literal,
            is_unpacked_apart: $apart:literal,
            packs: [$($compress:ident since $version:literal),*],
            archive: $archive:expr,
        }
    )*) => {
        /// A tool that takes backups.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(Serialize, Deserialize, JsonSchema)]
        pub enum BackupMethod {
            $($(#[doc = $doc])* #[serde(rename = $word)] $name,)*
        }

        impl BackupMethod {
            /// All of them, in the order of their rows.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// What is known of it.
            #[must_use]
            pub const fn info(self) -> MethodInfo {
                match self {
                    $(Self::$name => MethodInfo {
                        name: $word,
                        kind: BackupKind::$kind,
                        programs: &[$($program),*],
                        streams: $streams,
                        is_unpacked_apart: $apart,
                        packs: &[$((Compression::$compress, Major($version))),*],
                        archive: $archive,
                    },)*
                }
            }
        }
    };
}

backup_methods! {
    /// `pg_basebackup`: physical; with archived WAL it can be rolled forward.
    Basebackup = "basebackup" {
        kind: Physical,
        programs: ["pg_basebackup", "pg_verifybackup"],
        streams: true,
        is_unpacked_apart: true,
        packs: [None since 15, Gzip since 15, Lz4 since 15, Zstd since 15],
        archive: None,
    }
    /// `pg_dump -Fc` of each database, and `pg_dumpall --globals-only`: logical; it can't be rolled forward.
    Dump = "dump" {
        kind: Logical,
        programs: ["pg_dump", "pg_dumpall", "pg_restore"],
        streams: false,
        is_unpacked_apart: false,
        packs: [None since 15, Gzip since 15, Lz4 since 16, Zstd since 16],
        archive: None,
    }
}

impl BackupMethod {
    /// Whether WAL can be replayed over it, so that a recovery target has a meaning.
    #[must_use]
    pub const fn is_physical(self) -> bool {
        self.info().kind.is_physical()
    }
}

impl BackupKind {
    /// Whether WAL can be replayed over it.
    #[must_use]
    pub const fn is_physical(self) -> bool {
        match self {
            Self::Physical => true,
            Self::Logical => false,
        }
    }
}

impl Backup {
    /// The program that unpacks it, where the method's own don't.
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

impl Drill {
    /// Whether no later step than this restores the backup.
    #[must_use]
    pub fn is_last_restore(&self, step: usize, label: &Label) -> bool {
        !self.recoveries().any(|(later, recovery)| later > step && recovery.from() == Some(label))
    }

    /// By which method a server that the recovery of a step gave is protected again: that of the backup it
    /// came from, else that of the drill's first one.
    #[must_use]
    pub fn protects_by(&self, step: usize) -> BackupMethod {
        let restored = self.steps.get(step).and_then(|step| self.backup(step.verb.recovery()?.from()?));
        restored.or_else(|| self.backups().next()).map_or(BackupMethod::Basebackup, |backup| backup.method)
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

impl Compression {
    /// Its name in drill files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_written_as_it_is_told_and_packs_in_some_way() {
        for method in BackupMethod::ALL {
            let info = method.info();
            assert_eq!(serde_json::to_value(method).expect("JSON"), info.name);
            assert!(info.packs.iter().any(|(compress, _)| *compress == Compression::None), "{}", info.name);
        }
    }
}
