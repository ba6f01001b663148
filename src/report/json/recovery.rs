//! A recovery in `report.json`.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::Seconds;
use crate::{journal, judge::RecoveryJudgement};

/// A recovery, or a rehearsal.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Recovery {
    /// Its step, counted from 1.
    pub step: usize,
    /// The node that was recovered.
    pub node: String,
    /// Whether clients were sent to it; `false` for a rehearsal beside the service.
    pub serves: bool,
    /// What was recovered; `null` where there was no target.
    pub target: Option<String>,
    /// The backup that it was restored from.
    pub backup: Option<String>,
    /// The system identifier of the recovered server, as text: it takes 64 bits.
    pub system_identifier: String,
    /// Its timeline.
    pub timeline: u32,
    /// The timeline of the server before; `null` where a backup of the user's was restored.
    pub timeline_before: Option<u32>,
    /// When its postmaster started, by its own clock.
    pub postmaster_started: Timestamp,
    /// Where the timeline before was left, as PostgreSQL writes positions in WAL.
    pub end_of_recovery: Option<String>,
    /// From when recovery time counts.
    pub from: Seconds,
    /// The first acknowledged write.
    pub first_write: Option<Seconds>,
    /// Recovery time, with what is declared.
    pub rto: Option<Seconds>,
    /// What is declared for people.
    pub declared: Option<Seconds>,
    /// Until the checks were through.
    pub verified: Option<Seconds>,
    /// The phases of the recovery time; `manual` is declared and has no place on the clock.
    pub phases: Vec<Phase>,
    /// What became of the commits; `null` where nobody looked.
    pub accounting: Option<CommitAccounting>,
}

/// A phase of a recovery time.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Phase {
    /// Its name.
    pub phase: journal::Phase,
    /// Its beginning.
    pub from: Seconds,
    /// How long it took.
    pub took: Seconds,
}

/// What became of the acknowledged commits.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct CommitAccounting {
    /// Those that had to be kept.
    pub due: u64,
    /// Of those, the ones that are there.
    pub kept: u64,
    /// Of those, the ones that are not.
    pub lost: u64,
    /// Of the lost, those with a later commit of the same writer present: corruption.
    pub holes: u64,
    /// Rows that nobody committed, or twice, or with another content: corruption.
    pub unexpected: u64,
    /// Commits that are there and came after the target.
    pub overshot: u64,
    /// Good commits after the point that was recovered, given up.
    pub discarded: u64,
    /// How old the oldest of them was when clients were sent to the recovered server.
    pub discarded_time: Option<Seconds>,
    /// Commits without an answer that are there.
    pub in_doubt_present: u64,
    /// Commits without an answer that are not.
    pub in_doubt_absent: u64,
    /// What is lost, in time.
    pub rpo: Option<Seconds>,
    /// What is lost, in bytes of WAL.
    pub wal_bytes: u64,
    /// Some of the lost commits, for people.
    pub examples: Vec<String>,
}

impl Recovery {
    pub(super) fn of(recovery: &RecoveryJudgement) -> Self {
        let recovered = &recovery.recovered;
        Self {
            step: recovery.step + 1,
            node: recovered.node.to_string(),
            serves: recovered.serves,
            target: recovered.target.as_ref().map(crate::drill::RecoveryTarget::describe),
            backup: recovered.backup.as_ref().map(ToString::to_string),
            system_identifier: recovered.after.system_identifier.to_string(),
            timeline: recovered.after.timeline.0,
            timeline_before: recovered.before.as_ref().map(|before| before.timeline.0),
            postmaster_started: recovered.after.postmaster_start,
            end_of_recovery: recovered.end_of_recovery.map(|lsn| lsn.to_string()),
            from: recovery.from.into(),
            first_write: recovery.first_write.map(Into::into),
            rto: recovery.rto.map(Seconds),
            declared: recovery.declared.map(|period| Seconds(period.duration())),
            verified: recovery.verified.map(Seconds),
            phases: recovery
                .phases
                .iter()
                .map(|span| Phase {
                    phase: span.phase,
                    from: span.from.into(),
                    took: Seconds(span.to.since(span.from)),
                })
                .collect(),
            accounting: recovery.accounting.as_ref().map(CommitAccounting::of),
        }
    }
}

impl CommitAccounting {
    fn of(accounting: &crate::judge::CommitAccounting) -> Self {
        Self {
            due: accounting.due,
            kept: accounting.kept,
            lost: accounting.lost,
            holes: accounting.holes,
            unexpected: accounting.unexpected,
            overshot: accounting.overshot,
            discarded: accounting.discarded,
            discarded_time: accounting.discarded_time.map(Seconds),
            in_doubt_present: accounting.in_doubt_present,
            in_doubt_absent: accounting.in_doubt_absent,
            rpo: accounting.rpo.map(Seconds),
            wal_bytes: accounting.wal_bytes,
            examples: accounting.examples.clone(),
        }
    }
}
