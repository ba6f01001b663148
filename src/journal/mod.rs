//! What the runner did and saw, as facts, and the ledger that its clients kept.
//!
//! **Invariant:** events are owned values in the order in which they happened; no event says whether
//! something is good. Durations are differences of [`Moment`]s; server timestamps are evidence and never
//! operands.

mod clients;
mod error_chain;
mod event;
mod fact;
mod fault;
pub mod format;
mod integrity;
mod fingerprint;
mod ledger;
mod moment;
mod phase;
mod provenance;
mod ranges;
mod resolved_target;
mod source;

pub use clients::Refusals;
pub use error_chain::ErrorChain;
pub use event::{Entry, Event, Exercise, Outcome};
pub use fact::{
    ArchiveProof, BackupFacts, CheckFacts, Complaint, Examined, Recovered, Reprotected, RestorePointFacts,
    Server, Severity, TlsFacts, WorkloadScan, WriterScan,
};
pub use fault::{FaultEffect, FaultFacts, FaultProbe};
pub use fingerprint::{
    DatabaseFingerprint, Derived, Fingerprint, KeptFingerprint, LeftOut, QueryResult, Rows, TableFingerprint,
};
pub use integrity::{Damage, Integrity, JOURNAL, hash_of, hash_of_all};
pub use ledger::{Commit, CommitOutcome, LEDGER_FILE, Ledger, LedgerEntries, MARKER_WRITER, Session};
pub use moment::{ClockTie, Moment};
pub use phase::{Phase, PhaseSpan};
pub use provenance::{DrillFile, Provenance, Software};
pub use ranges::Ranges;
pub use resolved_target::resolve_target;
pub use source::{DatedBy, SourceFacts};
