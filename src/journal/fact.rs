//! The facts that events carry.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ClockTie, ErrorChain, Fingerprint, KeptFingerprint, Moment, PhaseSpan, Ranges, SourceFacts};
use crate::{
    drill::{
        BackupKind, BackupMethod, Compression, Label, NodeName, RecoveryTarget, RestorePointName, TableName,
    },
    pg::{Lsn, ResolvedTarget, Timeline, server_log::LogFact},
};

/// Which server it is: of which cluster, in which of its lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// The node it runs on, where that is known (a client behind a service address does not know it).
    pub node: Option<NodeName>,
    /// Given by initdb; physical copies share it.
    #[serde(with = "crate::pg::system_identifier")]
    pub system_identifier: u64,
    /// The timeline of its latest checkpoint or, in recovery, of its replay.
    pub timeline: Timeline,
    /// When its postmaster started: no two lives share it.
    pub postmaster_start: Timestamp,
    /// Whether it was still in recovery when asked.
    pub in_recovery: bool,
}

impl Server {
    /// Whether both are the same life of the same server.
    #[must_use]
    pub fn is_same_incarnation(&self, other: &Self) -> bool {
        self.system_identifier == other.system_identifier && self.postmaster_start == other.postmaster_start
    }
}

/// A backup that was taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackupFacts {
    /// Its label.
    pub label: Label,
    /// The tool.
    pub method: BackupMethod,
    /// What it holds.
    pub kind: BackupKind,
    /// What its `backup_label` file says, by which a server that was restored from it is known; a logical one
    /// has none.
    pub own_label: Option<String>,
    /// What its tool calls it, where that chooses a name.
    pub set: Option<String>,
    /// How it is packed.
    pub compress: Compression,
    /// Just before the tool was called; for a dump, the moment of its snapshot (no client was committing at
    /// it).
    pub begun: Moment,
    /// When the tool had returned.
    pub ended: Moment,
    /// The bytes that it takes in the repository.
    pub bytes: u64,
    /// Where WAL replay over it begins, for a physical backup.
    pub start_lsn: Option<Lsn>,
    /// Where it becomes consistent, for a physical backup.
    pub stop_lsn: Option<Lsn>,
}

/// A restore point: markers A0 and A were committed, then WAL was marked, then marker B was committed; no
/// client committed between A0 and B.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestorePointFacts {
    /// Its name.
    pub name: RestorePointName,
    /// After marker A0 was acknowledged and before marker A was begun: the cut of an exclusive xid.
    pub before_marker: Moment,
    /// After marker A was acknowledged and before marker B was begun: the cut of every other target.
    pub after_marker: Moment,
    /// The transaction of marker A.
    pub xid: u64,
    /// Just before the restore point's own record.
    pub lsn: Lsn,
    /// The server's time between markers A and B.
    pub time: Timestamp,
}

/// A recovery that has reached its terminal state, as the servers prove it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recovered {
    /// The node in service (or rehearsed).
    pub node: NodeName,
    /// The server that served before the fault; `None` where a backup of the user's was restored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Server>,
    /// The server that serves now.
    pub after: Server,
    /// The target, where there was one.
    pub target: Option<RecoveryTarget>,
    /// That target as the server was given it; for a table, where the standby was to stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_target: Option<ResolvedTarget>,
    /// Whether clients were sent to it; `false` for a rehearsal beside the service.
    pub serves: bool,
    /// When clients were sent to it: from then on, what they commit is on it. `None` for a rehearsal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub switched: Option<Moment>,
    /// The nonce of this run, as found in the recovered database; `None` where it is not there.
    pub nonce: Option<String>,
    /// The backup it was restored from.
    pub backup: Option<Label>,
    /// The label that the restored `backup_label` file carried, for a physical restore.
    pub backup_label: Option<String>,
    /// Where the old timeline was left, by the history file of the new one.
    pub end_of_recovery: Option<Lsn>,
    /// Where the last segment begins that the archive held when recovery began; `None` where there is no
    /// archive or nothing in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive_end: Option<Lsn>,
    /// How its connections are encrypted, where the drill demands that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsFacts>,
    /// The backup of the user's that it was restored from, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Box<SourceFacts>>,
    /// What the server's log says of the recovery.
    pub log: Vec<LogFact>,
    /// By which the instants of the log are found on the runner's clock; `None` in older journals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockTie>,
    /// The phases that the runner measured, but `FirstWrite` of a recovery that serves: the judge takes its
    /// end from the ledger.
    pub phases: Vec<PhaseSpan>,
}

/// How the connections to a server are encrypted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsFacts {
    /// Connections over TCP that are.
    pub encrypted: u64,
    /// Connections over TCP that are not.
    pub clear: u64,
    /// The protocols of those that are: `TLSv1.3`.
    pub protocols: String,
    /// Whether a connection that is not encrypted was refused when it was tried.
    pub refuses_clear: bool,
}

/// The workload's rows as they were found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkloadScan {
    /// Just before the query.
    pub begun: Moment,
    /// When its answer was there.
    pub ended: Moment,
    /// The rows of each writer; kept as a list of pairs, since keys of a JSON object are texts.
    #[serde(with = "pairs")]
    pub writers: BTreeMap<u16, WriterScan>,
    /// Rows that no writer can have written, whatever their number.
    pub damaged: u64,
}

/// The rows of one writer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriterScan {
    /// The sequence numbers that are there.
    pub present: Ranges,
    /// Rows that are there more than once.
    pub duplicates: u64,
    /// Of the sequence numbers that are there, those of rows whose content is not what their writer wrote.
    #[serde(default, skip_serializing_if = "Ranges::is_empty")]
    pub damaged: Ranges,
}

/// What the archive was found to hold, by fetching it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveProof {
    /// The segment.
    pub segment: String,
    /// Whether the bytes in the archive are those of the server's own copy.
    pub identical: bool,
}

/// What a check found that only compares or counts: how much it examined, and what it complains of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examined {
    /// Objects that were examined.
    pub examined: u64,
    /// What is not as it should be.
    pub complaints: Vec<Complaint>,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    /// How bad it is.
    pub severity: Severity,
    /// The object.
    pub about: String,
    /// What is wrong with it.
    pub text: String,
}

/// How bad a complaint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Something was lost or is corrupt.
    Damage,
    /// It should be known, and nothing is lost.
    Warning,
    /// It needs what the lab does not have.
    Environment,
}

/// The recovered server under protection again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reprotected {
    /// A segment that it archived since, fetched back and compared.
    pub archive: Option<ArchiveProof>,
    /// What the verification of a new backup said; empty where it found nothing wrong.
    pub backup_complaints: Vec<String>,
    /// Files (physical) or entries (logical) of the new backup that were verified.
    pub verified: u64,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "found", rename_all = "kebab-case")]
pub enum CheckFacts {
    /// For `ledger`.
    WorkloadScan(WorkloadScan),
    /// For `content`: the baseline's name (a label, a restore point or `start of the drill`) and both
    /// fingerprints.
    Content {
        /// What the recovered content is compared with.
        baseline: String,
        /// Whether that is the very point that was recovered, so that live tables must be equal too.
        exact: bool,
        /// Before.
        before: Fingerprint,
        /// After.
        after: Fingerprint,
    },
    /// The same, with both fingerprints in files of evidence: of thousands of tables they are no line of a
    /// journal. Whoever reads a run makes [`CheckFacts::Content`] of it.
    Compared {
        /// What the recovered content is compared with.
        baseline: String,
        /// Whether that is the very point that was recovered, so that live tables must be equal too.
        exact: bool,
        /// Before.
        before: KeptFingerprint,
        /// After.
        after: KeptFingerprint,
    },
    /// For `rows`.
    Rows {
        /// The table.
        table: TableName,
        /// What it holds.
        rows: u64,
    },
    /// For `sql`.
    Sql {
        /// The rows that came.
        rows: Vec<Vec<Option<String>>>,
    },
    /// For each check that only compares or counts.
    Examined(Examined),
    /// For `reprotect`.
    Reprotect(Reprotected),
    /// The check could not be made.
    Broken {
        /// Why.
        error: ErrorChain,
        /// The SQLSTATE, where it was the server that said no.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        state: Option<String>,
    },
}

/// A map whose keys are no texts, as a list of pairs.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(super) fn deserialize<'de, K, V, D>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Ok(Vec::<(K, V)>::deserialize(deserializer)?.into_iter().collect())
    }
}
