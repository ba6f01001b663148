//! A drill as it is reported.

use super::{
    Cells, EvidenceFile, RecoveryView, Status, TimelineRow, evidence, hint, loss, recovery, timeline,
};
use crate::{
    judge::{Finding, Judgement, RunJudgement, Subject, Verdict},
    report::human,
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
    /// What could not be removed.
    pub left: Vec<String>,
}

/// What to say of the findings that follow from the ones before.
#[must_use]
pub fn following(count: usize) -> Option<String> {
    let more = human::counted(count as u64, "more finding", "more findings");
    (count > 0).then(|| format!("{more} could not be judged because of this"))
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
}

impl DrillView {
    /// The view of one exercise of a run.
    #[must_use]
    pub fn of(run: &RunJudgement, judgement: &Judgement) -> Self {
        Self {
            name: judgement.exercise.to_string(),
            status: status(judgement),
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
            left: judgement.left.clone(),
        }
    }
}

/// Only a drill with a reason was skipped; one without a verdict and a reason is not proven.
const fn status(judgement: &Judgement) -> Status {
    match (&judgement.skipped, judgement.verdict) {
        (Some(_), None) => Status::Skipped,
        (None, None) => Status::Inconclusive,
        (_, Some(verdict)) => Status::of(Some(verdict)),
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
    let status = status(judgement);
    if troubles.is_empty() && matches!(status, Status::Fail | Status::Inconclusive) {
        let message = if judgement.findings.is_empty() {
            "nothing was judged"
        } else {
            "the verdict is worse than its findings"
        };
        troubles.push(Trouble {
            status,
            name: "verdict".into(),
            message: message.into(),
            details: Vec::new(),
            hint: Some("see the journal: the drill may not have begun".into()),
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
            || "and has no end".into(),
            |ended| format!("and took {}", human::duration(ended.since(began))),
        );
        said.push(format!("It ran on {postgres}, began at {} {took}.", human::instant(at)));
    }
    said.extend(promise(judgement));
    if let Some(fault) = &judgement.fault {
        let proof = match fault.proven {
            Some(proven) => {
                format!("proven {} later: {}", human::duration(proven.since(fault.at)), fault.effect)
            }
            None => format!("its effect is not proven: {}", fault.effect),
        };
        said.push(format!("The fault came at {}: {}; {proof}.", fault.at, fault.fault.describe()));
    }
    if let Some(resolution) = judgement.resolution {
        said.push(format!(
            "A client without service tried again every {}: outages are measured no finer.",
            human::duration(resolution)
        ));
    }
    if !judgement.contended_with.is_empty() {
        said.push(format!(
            "Recovery time is contended: {} ran on the same machine meanwhile.",
            judgement.contended_with.join(", ")
        ));
    }
    if judgement.kept {
        said.push("What it provisioned was kept on purpose.".into());
    }
    said
}

fn promise(judgement: &Judgement) -> Option<String> {
    judgement.began?;
    let (rto, rpo) = (judgement.drill.objectives.rto, judgement.drill.objectives.rpo);
    let rto = rto.map(|period| format!("service back within {}", human::duration(period.duration())));
    let rpo = rpo.map(|period| match period.duration() {
        none if none.is_zero() => "nothing lost".to_owned(),
        some => format!("at most {} of work lost", human::duration(some)),
    });
    let all: Vec<_> = rto.into_iter().chain(rpo).collect();
    Some(if all.is_empty() {
        "It promises no recovery time and no recovery point.".into()
    } else {
        format!("It promises: {}.", all.join(", "))
    })
}

fn work(judgement: &Judgement) -> Vec<String> {
    if judgement.began.is_none() {
        return Vec::new();
    }
    let mut said = loss::work(&judgement.work);
    let because = &judgement.worst_case.because;
    said.push(match judgement.worst_case.bound {
        Some(bound) => {
            format!("At worst, configuration lets {} of work be lost: {because}.", human::duration(bound))
        }
        None => format!("Configuration sets no bound to what may be lost: {because}."),
    });
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
    FindingRow {
        name: finding.name.clone(),
        status: Status::of(Some(finding.verdict)),
        message: finding.message.clone(),
    }
}
