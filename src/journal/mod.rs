//! What the runner did and saw, as facts, and the ledger that its clients kept.
//!
//! **Invariant:** events are owned values in the order in which they happened; no event says whether something is good.
//! Durations are differences of [`Moment`]s; server timestamps are evidence and never operands.

mod resolved_target;
pub mod codec;
mod error_chain;
mod event;
mod fact;
mod ledger;
mod moment;
mod ranges;

pub use error_chain::ErrorChain;
pub use event::{Entry, Event, Exercise, Outcome};
pub use fact::{
    ArchiveProof, BackupFacts, CheckFacts, FaultFacts, Fingerprint, Phase, PhaseSpan, Recovered, Reprotected,
    RestorePointFacts, Server, TableFingerprint, WorkloadScan, WriterScan,
};
pub use ledger::{Commit, CommitOutcome, LEDGER_FILE, Ledger, MARKER_WRITER, Session};
pub use moment::Moment;
pub use ranges::Ranges;
pub use resolved_target::resolve_target;
