//! A drill as it is reported.

use super::{
    Cells, EvidenceFile, RecoveryView, Status, TimelineRow, evidence, hint, loss, provenance, recovery,
    summary::worst_case, timeline,
};
use crate::{
    human,
    judge::{Finding, Judgement, RunJudgement, Subject, Verdict},
};

/// Everything that is said of a drill.
#[derive(Clone, Debug, PartialEq)]
pub struct DrillView {
    /// The drill and the version: `loss/pitr-latest@17`.
    pub name: String,
    /// How it came out.
    pub status: Status,
    /// One line of what it is.
    pub title: String,
    /// What it is for, a line a sentence; may be empty.
    pub about: Vec<String>,
    /// Its line in the table of all drills.
    pub cells: Cells,
    /// Why it could not be done here.
    pub skipped: Option<String>,
    /// What is not good, the worst first.
    pub troubles: Vec<Trouble>,
    /// When, where and under what conditions, in sentences.
    pub circumstances: Vec<String>,
    /// The steps.
    pub timeline: Vec<TimelineRow>,
    /// The recoveries.
    pub recoveries: Vec<RecoveryView>,
    /// What the clients did, and what may be lost at worst, in sentences.
    pub work: Vec<String>,
    /// The checks, in order.
    pub checks: Vec<CheckRow>,
    /// The findings that are not checks, in order.
    pub findings: Vec<FindingRow>,
    /// What it does not prove, in sentences.
    pub not_proven: Vec<String>,
    /// How many findings are inconclusive only because of these.
    pub following: usize,
    /// Its files.
    pub evidence: Vec<EvidenceFile>,
    /// What it ran on, as names and values.
    pub provenance: Vec<(&'static str, String)>,
    /// What could not be removed.
    pub left: Vec<String>,
}

/// What to say of the findings that follow from the ones before.
#[must_use]
pub fn following(count: usize) -> Option<String> {
    let more = human::counted(count as u64, "more finding", "more findings");
    (count > 0).then(|| format!("{more} could not be evaluated as a consequence"))
}

/// A finding that is not good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// How bad.
    pub status: Status,
    /// What was judged.
    pub name: String,
    /// What was seen.
    pub message: String,
    /// More lines.
    pub details: Vec<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRow {
    /// The check, with its step counted from 1.
    pub name: String,
    /// How it came out.
    pub status: Status,
    /// How many facts it examined.
    pub facts: String,
    /// What it found.
    pub message: String,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingRow {
    /// What was judged.
    pub name: String,
    /// How it came out.
    pub status: Status,
    /// What was seen.
    pub message: String,
    /// Whether it is good and tells nothing that a good drill does not tell elsewhere (its steps, by the
    /// timeline).
    pub is_routine: bool,
}

impl DrillView {
    /// The view of one exercise of a run.
    #[must_use]
    pub fn of(run: &RunJudgement, judgement: &Judgement) -> Self {
        Self {
            name: judgement.exercise.to_string(),
            status: Status::of_drill(judgement),
            title: judgement.drill.title.clone(),
            about: judgement
                .drill
                .description
                .lines()
                .map(str::to_owned)
                .filter(|line| !line.trim().is_empty())
                .collect(),
            cells: Cells::of(judgement),
            skipped: judgement.skipped.clone(),
            following: bad(judgement).filter(|finding| finding.follows && has_causes(judgement)).count(),
            troubles: troubles(judgement),
            circumstances: circumstances(run, judgement),
            timeline: timeline::timeline(judgement),
            recoveries: recovery::recoveries(judgement),
            work: work(judgement),
            checks: judgement.checks.iter().map(check_row).collect(),
            findings: judgement
                .findings
                .iter()
                .filter(|finding| !matches!(finding.subject, Subject::Check { .. }))
                .map(finding_row)
                .collect(),
            not_proven: judgement.not_proven.clone(),
            evidence: evidence::evidence(judgement),
            provenance: provenance::provenance(run, judgement),
            left: judgement.left.clone(),
        }
    }
}

fn bad(judgement: &Judgement) -> impl Iterator<Item = &Finding> {
    judgement.findings.iter().filter(|finding| finding.verdict != Verdict::Pass)
}

fn has_causes(judgement: &Judgement) -> bool {
    bad(judgement).any(|finding| !finding.follows)
}

/// What is not good, the worst first; what only follows from another is left to that one.
fn troubles(judgement: &Judgement) -> Vec<Trouble> {
    let mut bad: Vec<&Finding> =
        bad(judgement).filter(|finding| !finding.follows || !has_causes(judgement)).collect();
    bad.sort_by_key(|finding| std::cmp::Reverse(finding.verdict));
    let mut troubles: Vec<_> = bad
        .into_iter()
        .map(|finding| Trouble {
            status: Status::of(Some(finding.verdict)),
            name: finding.name.clone(),
            message: finding.message.clone(),
            details: finding.details.clone(),
            hint: hint::hint(judgement, finding),
        })
        .collect();
    let status = Status::of_drill(judgement);
    if troubles.is_empty() && matches!(status, Status::Fail | Status::Inconclusive) {
        let message = if judgement.findings.is_empty() {
            "nothing was evaluated"
        } else {
            "the verdict is worse than the findings show"
        };
        troubles.push(Trouble {
            status,
            name: "verdict".into(),
            message: message.into(),
            details: Vec::new(),
            hint: Some("see the journal: the drill may not have started".into()),
        });
    }
    troubles
}

fn circumstances(run: &RunJudgement, judgement: &Judgement) -> Vec<String> {
    let mut said = Vec::new();
    let postgres = judgement
        .postgres
        .map_or_else(|| format!("PostgreSQL {}", judgement.exercise.postgres), |v| format!("PostgreSQL {v}"));
    if let Some(began) = judgement.began {
        let at = run.started.checked_add(std::time::Duration::from_micros(began.0)).unwrap_or(run.started);
        let took = judgement.ended.map_or_else(
            || "did not end".into(),
            |ended| format!("took {}", human::duration(ended.since(began))),
        );
        said.push(format!("It ran on {postgres}, began at {} and {took}.", human::instant(at)));
    }
    said.extend(promise(judgement));
    if let Some(fault) = &judgement.fault {
        let proof = match fault.proven {
            Some(proven) => {
                format!("effect proven after {}: {}", human::duration(proven.since(fault.at)), fault.effect)
            }
            None => format!("its effect was not proven: {}", fault.effect),
        };
        said.push(format!("Fault injected at {}: {}; {proof}.", fault.at, fault.fault.describe()));
    }
    if let Some(resolution) = judgement.resolution.filter(|_| judgement.drill.source().is_none()) {
        said.push(format!(
            "Outage resolution: {}, or 1 % of the time for which a server has refused connections where that \
             is more \
             (how soon a client notices that the service is back).",
            human::duration(resolution)
        ));
    }
    if !judgement.contended_with.is_empty() {
        said.push(format!(
            "RTO is contended: {} ran on the same machine at the same time.",
            judgement.contended_with.join(", ")
        ));
    }
    if judgement.kept {
        said.push("What it provisioned was kept on request.".into());
    }
    said
}

fn promise(judgement: &Judgement) -> Option<String> {
    judgement.began?;
    let (rto, rpo) = (judgement.drill.objectives.rto, judgement.drill.objectives.rpo);
    let rto = rto.map(|period| format!("RTO ≤ {}", human::duration(period.duration())));
    let rpo = rpo.map(|period| match period.duration() {
        none if none.is_zero() => "RPO 0 (no acknowledged commit lost)".to_owned(),
        some => format!("RPO ≤ {}", human::duration(some)),
    });
    let discarded = judgement
        .drill
        .objectives
        .discarded
        .map(|period| format!("discarded ≤ {}", human::duration(period.duration())));
    let all: Vec<_> = rto.into_iter().chain(rpo).chain(discarded).collect();
    Some(if all.is_empty() { "Objectives: none.".into() } else { format!("Objectives: {}.", all.join(", ")) })
}

fn work(judgement: &Judgement) -> Vec<String> {
    if judgement.began.is_none() {
        return Vec::new();
    }
    let mut said = loss::work(&judgement.work, judgement.reads());
    let because = &judgement.worst_case.because;
    said.push(match worst_case(judgement) {
        Some(bound) => format!("Worst-case RPO by configuration: {bound} ({because})."),
        None => format!("Worst-case RPO by configuration: no bound ({because})."),
    });
    if judgement.at_risk {
        let accepted = judgement.drill.objectives.rpo_at_worst.map_or_else(
            || "nobody has accepted that in writing".to_owned(),
            |accepted| format!("accepted in writing: rpo-at-worst = {accepted}"),
        );
        said.push(format!(
            "The recovery point objective is at risk: no bound by configuration guarantees it ({accepted})."
        ));
    }
    said
}

fn check_row(check: &crate::judge::CheckJudgement) -> CheckRow {
    CheckRow {
        name: format!("{} (step {})", check.check.describe(), check.step + 1),
        status: Status::of(Some(check.verdict)),
        facts: human::count(check.facts),
        message: check.message.clone(),
    }
}

fn finding_row(finding: &Finding) -> FindingRow {
    let is_told_elsewhere = matches!(
        finding.subject,
        Subject::Baseline | Subject::Step { .. } | Subject::Phases { .. } | Subject::Cleanup
    );
    FindingRow {
        is_routine: finding.verdict == Verdict::Pass && is_told_elsewhere,
        name: finding.name.clone(),
        status: Status::of(Some(finding.verdict)),
        message: finding.message.clone(),
    }
}
