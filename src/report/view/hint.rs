//! What to do about a finding that is not good.

use super::summary::worst_case;
use crate::{
    drill::{Check, ObjectiveKind},
    human,
    journal::Phase,
    judge::{BackupQuestion, Finding, Judgement, RecoveryJudgement, Subject, Verdict},
};

/// One line that helps; `None` for a finding that passed.
pub(in crate::report) fn hint(judgement: &Judgement, finding: &Finding) -> Option<String> {
    if finding.verdict == Verdict::Pass {
        return None;
    }
    let failed = finding.verdict == Verdict::Fail;
    let folder = judgement.exercise.folder();
    Some(match &finding.subject {
        Subject::Baseline => format!(
            "the cluster must work before a fault is injected: see the server's log \
            in {folder}/evidence"
        ),
        Subject::Step { .. } => {
            format!(
                "steps after a step that did not complete are not evaluated: see the server's log in \
                {folder}/evidence"
            )
        }
        Subject::Fault { .. } if failed => {
            "what a fault broke is to be whole after the step that ends it: bring the rest back, or recover \
             in another way"
                .into()
        }
        Subject::Fault { .. } => "without a proven effect the fault says nothing about the recovery: see \
            what was observed instead"
            .into(),
        Subject::EndOfRecovery { .. } => format!("see the recovered server's log in {folder}/evidence"),
        Subject::Identity { .. } => {
            "compare system identifier, timeline and backup label: this may be the wrong server".into()
        }
        Subject::Phases { .. } => "phase timings do not add up to the RTO; do not use them for tuning".into(),
        Subject::Check { step, index } => check(judgement, *step, *index, &folder),
        Subject::Objective { promise: ObjectiveKind::Rto } => slowest(judgement).unwrap_or_else(|| {
            format!(
                "no write was acknowledged after the recovery: see {folder}/ledger.jsonl and the \
                server's log"
            )
        }),
        Subject::Objective { promise: ObjectiveKind::Rpo } if failed => match worst_case(judgement) {
            Some(bound) => {
                format!("worst case by configuration: {bound} ({})", judgement.worst_case.because)
            }
            None => format!("the configuration sets no bound ({})", judgement.worst_case.because),
        },
        Subject::Objective { promise: ObjectiveKind::Rpo } => {
            "client commits were not verified after the recovery: add the check `ledger`".into()
        }
        Subject::Objective { promise: ObjectiveKind::Discarded } if failed => {
            "what came after the recovery target is given up: notice the error sooner, or bring back only \
             what it damaged"
                .into()
        }
        Subject::Objective { promise: ObjectiveKind::Discarded } => {
            "no survey of the workload's rows came after the recovery: add the check ledger".into()
        }
        Subject::Guarantee => {
            "one run proves no objective: change the configuration or the objective, or accept the worst \
             case in writing with rpo-at-worst"
                .into()
        }
        Subject::WorstCase => "the loss exceeds the configured bound: check that the archive holds what \
            archive_command reported as archived"
            .into(),
        Subject::Evidence => {
            "changed evidence proves nothing: restore the run's folder from a copy, or run the drill \
             again"
                .into()
        }
        Subject::Backup { question: BackupQuestion::Age } => {
            "see whether the backup job runs, and where it writes".into()
        }
        Subject::Backup { question: BackupQuestion::Size } => {
            "compare it with the backups before it: a dump that ends early is small".into()
        }
        Subject::Backup { question: BackupQuestion::Rows } => {
            "see which database the backup job dumps, and as which role".into()
        }
        Subject::Backup { question: BackupQuestion::Messages } => {
            format!("all that the tool said is in {folder}/evidence")
        }
        Subject::Cleanup => "run lifeboat clean to remove what was left".into(),
    })
}

fn check(judgement: &Judgement, step: usize, index: usize, folder: &str) -> String {
    let check = judgement.checks.iter().find(|check| check.step == step && check.index == index);
    match check.map(|check| &check.check) {
        Some(Check::Rows { table, at_least }) => {
            format!("{table} should have at least {}", human::counted(*at_least, "row", "rows"))
        }
        Some(Check::Sql(sql)) if judgement.kept => {
            format!("run the query on the kept cluster: {}", sql.query)
        }
        Some(Check::Sql(sql)) => {
            format!("keep the cluster with --keep-on-failure to run the query by hand: {}", sql.query)
        }
        Some(word) => {
            let table = judgement.drill.workload().table.to_string();
            word.info().hint.replace("{folder}", folder).replace("{table}", &table)
        }
        None => "the check was not run".into(),
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
        .then(|| format!("{} of it is declared manual time", human::duration(declared)))
}
