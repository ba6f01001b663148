//! From facts to a verdict.
//!
//! `facts` is what happened (outages, recovery points, what became of commits, phases); `rules` is what has
//! to hold, one rule a file; `judgement` is the result.
//!
//! **Invariant:** a pure function of a journal and its ledgers; what was not proven is never passed.

mod backup_question;
mod exercise;
mod facts;
mod finding;
mod judgement;
#[cfg(test)]
mod monotonicity_tests;
mod rules;
mod run;
#[cfg(test)]
mod testing;
mod verdict;

pub use backup_question::BackupQuestion;
pub use exercise::judge;
pub use facts::record::JudgeError;
pub use judgement::{
    CheckJudgement, CommitAccounting, DrillProvenance, FaultJudgement, Finding, Judgement, KeptFile,
    RecoveryJudgement, RunJudgement, StepRecord, Subject, Work, WorstCase,
};
pub use run::judge_run;
pub use verdict::Verdict;

use facts::{
    commit_accounting, commit_sides, contention, ledger_facts, outage, phases, provenance, record, recovery,
    recovery_point, rto, server_stage, sources, surveys, wal_volume, work, worst_case,
};
use rules::{
    baseline, checks, cleanup, content, end_of_recovery, evidence, examined, fault, guarantee, identity,
    ledger, not_proven, objective, source, step, tls, verification,
};
