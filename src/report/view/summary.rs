//! One drill in one line, and all drills in one sentence.

use std::time::Duration;

use super::{DrillView, Status};
use crate::{
    drill::{ObjectiveKind, Period},
    human,
    judge::{Judgement, RunJudgement, Subject, Verdict},
};

/// A measured value beside what was promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// What was measured.
    pub value: String,
    /// What was promised; a dash where nothing was.
    pub objective: String,
    /// What must be known to read the value: `contended`, `5 min declared`, `at risk`.
    pub notes: Vec<String>,
}

/// What stands beside a recovery point objective that no bound by configuration guarantees.
const AT_RISK: &str = "at risk";

/// The cells of a drill in the table of all drills.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cells {
    /// Recovery time.
    pub rto: Measured,
    /// Recovery point.
    pub rpo: Measured,
    /// What may be lost at worst, by configuration: a length, or `no bound`.
    pub worst_case: String,
    /// The objectives that the judge found missed.
    pub missed: Vec<ObjectiveKind>,
    /// Commits that were lost, and those that were discarded beside them: `0 (+809 discarded)`.
    pub lost: String,
    /// Checks that passed, of how many.
    pub checks: String,
    /// Facts that the checks examined.
    pub facts: u64,
}

impl Cells {
    pub(super) fn of(judgement: &Judgement) -> Self {
        let objectives = judgement.drill.objectives;
        let checks = judgement.checks.len();
        let passed = judgement.checks.iter().filter(|check| check.verdict == Verdict::Pass).count();
        Self {
            rto: Measured {
                notes: notes(judgement),
                ..measured(judgement.rto, objectives.rto.map(|period| period.duration()))
            },
            rpo: Measured {
                notes: judgement.at_risk.then(|| AT_RISK.to_owned()).into_iter().collect(),
                ..measured(judgement.rpo, objectives.rpo.map(|period| period.duration()))
            },
            worst_case: match &judgement.skipped {
                Some(_) => human::NOTHING.into(),
                None => worst_case(judgement).unwrap_or_else(|| "no bound".into()),
            },
            missed: missed(judgement).collect(),
            lost: human::lost(judgement.lost_commits, judgement.discarded_commits),
            checks: if checks == 0 { human::NOTHING.into() } else { format!("{passed} of {checks}") },
            facts: judgement.checks.iter().fold(0, |sum, check| sum.saturating_add(check.facts)),
        }
    }
}

/// The bound by configuration; `None` where there is none.
pub(super) fn worst_case(judgement: &Judgement) -> Option<String> {
    let objective = judgement.drill.objectives.rpo.map(Period::duration);
    judgement.worst_case.bound.map(|bound| human::bound(bound, objective))
}

fn measured(value: Option<Duration>, limit: Option<Duration>) -> Measured {
    Measured {
        value: value.map_or_else(|| human::NOTHING.into(), |value| human::against(value, limit)),
        objective: human::maybe(limit),
        notes: Vec::new(),
    }
}

fn missed(judgement: &Judgement) -> impl Iterator<Item = ObjectiveKind> {
    let failed = judgement.findings.iter().filter(|finding| finding.verdict == Verdict::Fail);
    failed.filter_map(
        |finding| {
            if let Subject::Objective { promise } = finding.subject { Some(promise) } else { None }
        },
    )
}

fn notes(judgement: &Judgement) -> Vec<String> {
    let declared = judgement.recoveries.iter().filter_map(|recovery| recovery.declared).max();
    let mut notes: Vec<_> = declared
        .map(|period| format!("{} declared", human::duration(period.duration())))
        .into_iter()
        .collect();
    if judgement.rto.is_some() && !judgement.contended_with.is_empty() {
        notes.push("contended".into());
    }
    notes
}

/// The run in a sentence: `1 drill failed, 2 passed.`
pub(super) fn verdict_line(run: &RunJudgement, drills: &[DrillView]) -> String {
    let parts: Vec<_> = [
        (Status::Fail, "failed"),
        (Status::Inconclusive, "inconclusive"),
        (Status::Pass, "passed"),
        (Status::Skipped, "skipped"),
    ]
    .into_iter()
    .filter_map(|(status, word)| match drills.iter().filter(|drill| drill.status == status).count() {
        0 => None,
        number => Some(format!("{number} {word}")),
    })
    .collect();
    let of = human::counted(u64::try_from(drills.len()).unwrap_or(u64::MAX), "drill", "drills");
    let interrupted = if run.interrupted { ", interrupted" } else { "" };
    match parts.as_slice() {
        [] => format!("no drill was run{interrupted}"),
        parts => format!("{of}: {}{interrupted}", parts.join(", ")),
    }
}
