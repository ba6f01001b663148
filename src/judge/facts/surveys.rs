//! The surveys of the clients' rows, each with what it asks of the ledger.

use std::collections::BTreeMap;

use crate::journal::{CheckFacts, Moment, Session, WorkloadScan};
use crate::judge::{
    commit_accounting::Question, commit_sides::CommitSides, record::Record, recovery::CompletedRecovery,
    recovery_point::RecoveryPoint,
};

/// The size of a WAL segment where initdb was not told another.
const SEGMENT_SIZE: u64 = 16 << 20;

/// The surveys of an exercise, with the question of each or the reason why there is none.
pub(in crate::judge) fn asked<'a>(
    record: &Record<'a>,
    recoveries: &[CompletedRecovery<'a>],
    cuts: &BTreeMap<usize, Result<RecoveryPoint, String>>,
    sessions: &[Session],
) -> Vec<(&'a WorkloadScan, Result<Question<'a>, String>)> {
    let question = |about: Option<usize>, survey: &'a WorkloadScan| {
        let Some(step) = about else {
            let cut = RecoveryPoint::end(survey.begun);
            return Ok(of(record, recoveries, None, sessions, survey, cut));
        };
        let recovery = recoveries.iter().find(|recovery| recovery.step == step);
        let (Some(recovery), Some(cut)) = (recovery, cuts.get(&step)) else {
            return Err("the recovery under check did not complete".to_owned());
        };
        Ok(of(record, recoveries, Some(recovery), sessions, survey, cut.clone()?))
    };
    all(record).map(|(about, survey)| (survey, question(about, survey))).collect()
}

/// Each survey with the step of the recovery that it is about.
fn all<'a>(record: &Record<'a>) -> impl Iterator<Item = (Option<usize>, &'a WorkloadScan)> {
    record.steps.iter().flat_map(|facts| &facts.checked).filter_map(|checked| match checked.facts {
        CheckFacts::WorkloadScan(survey) => Some((checked.about, survey)),
        CheckFacts::Content { .. }
        | CheckFacts::Compared { .. }
        | CheckFacts::Examined(_)
        | CheckFacts::Rows { .. }
        | CheckFacts::Sql { .. }
        | CheckFacts::Reprotect(_)
        | CheckFacts::Broken { .. } => None,
    })
}

fn of<'a>(
    record: &Record<'a>,
    recoveries: &[CompletedRecovery<'a>],
    recovery: Option<&CompletedRecovery<'a>>,
    sessions: &[Session],
    survey: &'a WorkloadScan,
    cut: RecoveryPoint,
) -> Question<'a> {
    Question {
        survey,
        cut,
        paths: CommitSides::of(record, recovery, sessions),
        recovery_began: recovery.map_or(Moment(u64::MAX), |recovery| recovery.began),
        epoch: record.started.as_ref().map_or(Moment(0), |started| started.at),
        backup_began: recovery.and_then(|recovery| recovery.backup).map(|backup| backup.begun),
        earlier: recovery.and_then(|recovery| earlier(record, recoveries, recovery)),
        segment_size: record.baseline.as_ref().map_or(SEGMENT_SIZE, |baseline| baseline.segment_size),
        serves: recovery.is_none_or(|recovery| recovery.recovered.serves),
    }
}

/// The latest survey of a recovery that served before this one.
fn earlier<'a>(
    record: &Record<'a>,
    recoveries: &[CompletedRecovery<'a>],
    recovery: &CompletedRecovery<'a>,
) -> Option<&'a WorkloadScan> {
    let served = |step: usize| {
        step < recovery.step && recoveries.iter().any(|other| other.step == step && other.recovered.serves)
    };
    let is_earlier = |(about, survey): &(Option<usize>, &WorkloadScan)| {
        about.is_some_and(served) && survey.ended <= recovery.began
    };
    all(record).filter(is_earlier).last().map(|(_, survey)| survey)
}
