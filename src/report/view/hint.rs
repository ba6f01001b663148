//! What to do about a finding that is not good.

use crate::{
    drill::{Check, ObjectiveKind},
    journal::Phase,
    judge::{Finding, Judgement, RecoveryJudgement, Subject, Verdict},
    report::human,
};

/// One line that helps; `None` for a finding that passed.
pub(in crate::report) fn hint(judgement: &Judgement, finding: &Finding) -> Option<String> {
    if finding.verdict == Verdict::Pass {
        return None;
    }
    let failed = finding.verdict == Verdict::Fail;
    let folder = judgement.exercise.folder();
    Some(match &finding.subject {
        Subject::Baseline => format!("the cluster has to stand before anything is broken: see the server's log below {folder}/evidence"),
        Subject::Step { .. } => {
            format!("what comes after a step that did not complete is not proven: see the server's log below {folder}/evidence")
        }
        Subject::Fault { .. } => "a fault without a proven effect proves nothing about the recovery: see what was seen instead".into(),
        Subject::EndOfRecovery { .. } => format!("see the recovered server's log below {folder}/evidence"),
        Subject::Identity { .. } => {
            "compare system identifier, timeline and backup label: this may be another server than the one that was meant".into()
        }
        Subject::Phases { .. } => "the phases don't explain the recovery time, so don't tune by them".into(),
        Subject::Check { step, index } => check(judgement, *step, *index, &folder),
        Subject::Objective { promise: ObjectiveKind::Rto } => slowest(judgement).unwrap_or_else(|| {
            format!("no acknowledged write was seen after the recovery: see {folder}/ledger.jsonl and the server's log")
        }),
        Subject::Objective { promise: ObjectiveKind::Rpo } if failed => match judgement.worst_case.bound {
            Some(bound) => format!("configuration allows {} ({})", human::duration(bound), judgement.worst_case.because),
            None => format!("configuration sets no bound ({})", judgement.worst_case.because),
        },
        Subject::Objective { promise: ObjectiveKind::Rpo } => {
            "no survey of the workload's rows came after the recovery: add the check ledger".into()
        }
        Subject::WorstCase => "more was lost than configuration allows: does the archive hold what its command said it holds?".into(),
        Subject::Cleanup => "run lifeboat clean to remove what was left".into(),
    })
}

fn check(judgement: &Judgement, step: usize, index: usize, folder: &str) -> String {
    let check = judgement.checks.iter().find(|check| check.step == step && check.index == index);
    match check.map(|check| &check.check) {
        Some(Check::Ledger) => format!("compare {folder}/ledger.jsonl with the rows of {}", judgement.drill.workload.table),
        Some(Check::Content) => {
            "the tables that differ are named in the finding: compare them with the baseline's fingerprints in the journal".into()
        }
        Some(Check::Rows { table, at_least }) => format!("{table} should hold at least {}", human::counted(*at_least, "row", "rows")),
        Some(Check::Sql(sql)) => format!("run it by hand: {}", sql.query),
        Some(Check::Reprotect) => "the recovered server is not protected yet: take a backup before it serves".into(),
        None => "the check was not made".into(),
    }
}

/// The longest measured phase of the slowest recovery: where time can be won.
fn slowest(judgement: &Judgement) -> Option<String> {
    let slowest = judgement
        .recoveries
        .iter()
        .filter(|recovery| recovery.rto.is_some())
        .max_by_key(|recovery| recovery.rto)?;
    let rto = slowest.rto?;
    let declared = declared_most(slowest);
    let longest = slowest
        .phases
        .iter()
        .filter(|span| span.phase != Phase::Manual)
        .max_by_key(|span| span.to.since(span.from))?;
    let took = longest.to.since(longest.from);
    let phase = format!(
        "the longest phase was {}: {} of {}",
        longest.phase.name(),
        human::duration(took),
        human::duration(rto)
    );
    Some(match declared {
        Some(declared) => format!("{declared}; {phase}"),
        None => phase,
    })
}

fn declared_most(recovery: &RecoveryJudgement) -> Option<String> {
    let declared = recovery.declared?.duration();
    (declared * 2 > recovery.rto?)
        .then(|| format!("{} of it is declared for people", human::duration(declared)))
}
