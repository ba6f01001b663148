//! Format 2 of the journal, as it is in a file.
//!
//! What a drill declares is told once, as the text of its file, and referred to by step: no type of `drill`
//! that changes with its features is in here. Facts that are the journal's own (a server, a scan, a
//! fingerprint, a phase) are written as their types say; their `serde` attributes are part of this format.

mod read;
mod write;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    drill::{BackupKind, Label, NodeName, RuntimeKind},
    journal::{
        CheckFacts, ClockTie, ErrorChain, Exercise, FaultProbe, Moment, Outcome, PhaseSpan, Provenance,
        Refusals, RestorePointFacts, Server, Software, SourceFacts, TlsFacts,
    },
    pg::{ControlData, Lsn, ResolvedTarget, Version, server_log::LogFact},
};

/// A line without its hash.
#[derive(Serialize, Deserialize)]
pub(super) struct Line {
    /// Counted from 1.
    pub(super) line: u64,
    at: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exercise: Option<Exercise>,
    event: Event,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
enum Event {
    RunStarted {
        format: u32,
        run: String,
        lifeboat: String,
        started: Timestamp,
        runtime: RuntimeKind,
        jobs: usize,
        machine: BTreeMap<String, String>,
        #[serde(default)]
        provenance: Provenance,
    },
    Planned {
        file: String,
        hash: String,
        text: String,
    },
    Skipped {
        reason: String,
    },
    DrillStarted {
        postgres: Version,
        nonce: String,
        resolution_us: u64,
        #[serde(default)]
        software: Software,
    },
    BaselineRecorded {
        primary: Server,
        control: ControlData,
        acknowledged: u64,
        settings: BTreeMap<String, String>,
        #[serde(default)]
        database_bytes: Option<u64>,
    },
    SetUpFailed {
        error: ErrorChain,
    },
    StepStarted {
        step: usize,
        title: String,
    },
    StepEnded {
        step: usize,
        outcome: Outcome,
        error: Option<ErrorChain>,
    },
    Progress {
        text: String,
    },
    ServerStarted {
        server: Server,
    },
    TlsProbed {
        step: Option<usize>,
        facts: TlsFacts,
    },
    BackupTaken(Backup),
    BackupVerified {
        step: usize,
        label: Label,
        facts: CheckFacts,
    },
    RestorePointMade {
        step: usize,
        facts: RestorePointFacts,
    },
    Worked {
        step: usize,
        acknowledged: u64,
    },
    ClientsEnded {
        reads: u64,
        refusals: Vec<Refusals>,
    },
    FaultInjected(Fault),
    FaultProbed {
        fault: usize,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<usize>,
        probe: FaultProbe,
    },
    FaultHealed {
        fault: usize,
        step: Option<usize>,
    },
    Recovered(Box<Recovered>),
    NotRecovered {
        step: usize,
        error: ErrorChain,
    },
    Checked {
        step: usize,
        /// The check's place among those of its step, counted from 0.
        place: usize,
        about: Option<usize>,
        facts: CheckFacts,
    },
    Evidence {
        file: String,
        bytes: u64,
        hash: String,
    },
    EvidenceMissing {
        file: String,
        error: ErrorChain,
    },
    Kept {
        node: NodeName,
        reach: String,
    },
    CleanedUp {
        left: Vec<String>,
        kept: bool,
    },
    DrillEnded {
        interrupted: bool,
    },
    RunEnded {
        interrupted: bool,
    },
}

/// A backup; its step tells the label, the method and the compression.
#[derive(Serialize, Deserialize)]
struct Backup {
    step: usize,
    /// Where it was not written, that of the method.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<BackupKind>,
    /// Where it was not written, the label, which is what physical backups were labelled with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    own_label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    set: Option<String>,
    begun: Moment,
    ended: Moment,
    bytes: u64,
    start_lsn: Option<Lsn>,
    stop_lsn: Option<Lsn>,
}

/// A fault; its step tells which.
#[derive(Serialize, Deserialize)]
struct Fault {
    step: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alive: Option<Moment>,
    at: Moment,
    done: Moment,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    proof: Option<FaultProbe>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    has_rows: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    inventory: Vec<String>,
    xid: Option<u64>,
    lsn: Option<Lsn>,
    server_time: Option<Timestamp>,
}

/// A recovery; its step tells the target.
#[derive(Serialize, Deserialize)]
struct Recovered {
    step: usize,
    node: NodeName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<Server>,
    after: Server,
    /// Whether the target that its step declares was given to the server.
    targeted: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resolved_target: Option<ResolvedTarget>,
    serves: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    switched: Option<Moment>,
    nonce: Option<String>,
    backup: Option<Label>,
    backup_label: Option<String>,
    end_of_recovery: Option<Lsn>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    archive_end: Option<Lsn>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tls: Option<TlsFacts>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<Box<SourceFacts>>,
    log: Vec<LogFact>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clock: Option<ClockTie>,
    phases: Vec<PhaseSpan>,
}
