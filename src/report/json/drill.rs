//! A drill in `report.json`.

use schemars::JsonSchema;
use serde::Serialize;

use super::{DrillProvenance, Recovery, Seconds};
use crate::{
    drill::ObjectiveKind,
    journal::{LEDGER_FILE, Outcome, Refusals},
    judge::{self, BackupQuestion, Judgement, RunJudgement, Subject},
    report::view::{Status, hint, step_of},
};

/// A drill on a version of PostgreSQL.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Drill {
    /// The drill and the version, the same from run to run: `loss/pitr-latest@17`.
    pub name: String,
    /// The drill alone.
    pub drill: String,
    /// One line of what it is.
    pub title: String,
    /// What it is for; may be empty.
    pub description: String,
    /// Words to select it by.
    pub tags: Vec<String>,
    /// The release that ran.
    pub postgresql: Option<String>,
    /// How it came out.
    pub verdict: Status,
    /// Why it could not be done here.
    pub skipped: Option<String>,
    /// What was promised.
    pub objectives: Objectives,
    /// The greatest recovery time, with what is declared for people.
    pub rto: Option<Seconds>,
    /// The greatest loss, in time.
    pub rpo: Option<Seconds>,
    /// The most commits that one recovery lost.
    pub lost_commits: Option<u64>,
    /// The most acknowledged commits that one recovery discarded by going back in time.
    pub discarded_commits: Option<u64>,
    /// How old the oldest of them was when clients were sent to the recovered server.
    pub discarded: Option<Seconds>,
    /// What may be lost at worst, by configuration.
    pub worst_case: WorstCase,
    /// Drills that ran on the same machine while recovery time was measured.
    pub contended_with: Vec<String>,
    /// How soon a client tried again: outages are measured no finer.
    pub resolution: Option<Seconds>,
    /// When it began.
    pub began: Option<Seconds>,
    /// When it was over.
    pub ended: Option<Seconds>,
    /// The steps.
    pub steps: Vec<Step>,
    /// The fault, the latest where there are several.
    pub fault: Option<Fault>,
    /// The recoveries, in order.
    pub recoveries: Vec<Recovery>,
    /// The checks, in order.
    pub checks: Vec<Check>,
    /// Everything that was judged.
    pub findings: Vec<Finding>,
    /// What the clients did.
    pub work: Work,
    /// What it does not prove, in sentences.
    pub not_proven: Vec<String>,
    /// Its files.
    pub evidence: Vec<Evidence>,
    /// What it ran on.
    pub provenance: DrillProvenance,
    /// What could not be removed.
    pub left: Vec<String>,
    /// Whether what it provisioned was kept on request.
    pub kept: bool,
}

/// What was promised.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Objectives {
    /// Recovery time.
    pub rto: Option<Seconds>,
    /// Recovery point.
    pub rpo: Option<Seconds>,
    /// Work that a recovery to an earlier point discards.
    pub discarded: Option<Seconds>,
}

/// What may be lost at worst, by configuration.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct WorstCase {
    /// The bound; `null` where configuration sets none.
    pub bound: Option<Seconds>,
    /// Where it comes from.
    pub because: String,
    /// Whether it does not guarantee the recovery point objective.
    pub at_risk: bool,
    /// What was accepted in writing above the objective: a length of time as in the drill, or `unbounded`.
    pub accepted: Option<String>,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Step {
    /// Its number, counted from 1.
    pub step: usize,
    /// Its title.
    pub title: String,
    /// When it began.
    pub began: Option<Seconds>,
    /// When it was over.
    pub ended: Option<Seconds>,
    /// Whether it ran.
    pub outcome: Outcome,
    /// Why it did not complete.
    pub error: Option<String>,
}

/// A fault.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Fault {
    /// What it does.
    pub fault: String,
    /// Just before the call that caused it.
    pub at: Seconds,
    /// When its effect was proven.
    pub proven: Option<Seconds>,
    /// What proved it, or what was seen instead.
    pub effect: String,
}

/// A check.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Check {
    /// Its step, counted from 1.
    pub step: usize,
    /// The check.
    pub check: String,
    /// Whether what was promised was kept.
    pub verdict: judge::Verdict,
    /// How many facts it examined.
    pub facts: u64,
    /// What it found.
    pub message: String,
}

/// Something that was judged.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Finding {
    /// What, for programs.
    pub about: About,
    /// Its step, counted from 1, where it is about one.
    pub step: Option<usize>,
    /// What, for people; unique within the drill and the same from run to run.
    pub name: String,
    /// Whether what was promised was kept.
    pub verdict: judge::Verdict,
    /// What was seen.
    pub message: String,
    /// More lines.
    pub details: Vec<String>,
    /// What to do about it; `null` where it passed.
    pub hint: Option<String>,
    /// How long it took.
    pub took: Option<Seconds>,
    /// The lines of the journal that it rests on, counted from 1.
    pub lines: Vec<u64>,
    /// Whether it is inconclusive only because of another finding.
    pub follows: bool,
}

/// What a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// The clients committed before the fault.
    Baseline,
    /// A step ran.
    Step,
    /// A fault had an effect, and was healed.
    Fault,
    /// A recovery came to a proven end.
    EndOfRecovery,
    /// The server is the one that was meant.
    Identity,
    /// The phases of a recovery time add up to it.
    Phases,
    /// A check.
    Check,
    /// The promise of recovery time.
    Rto,
    /// The promise of the recovery point.
    Rpo,
    /// The promise of what a recovery to an earlier point discards.
    Discarded,
    /// Whether configuration guarantees the recovery point objective.
    Guarantee,
    /// The loss against what configuration allows.
    WorstCase,
    /// How old the backup of a restore test is.
    BackupAge,
    /// How large the backup of a restore test is.
    BackupSize,
    /// What the tool of a restore test said.
    RestoreMessages,
    /// Whether the backup of a restore test holds anything.
    BackupContent,
    /// Everything was removed.
    Cleanup,
    /// The journal and the files of evidence are what was written.
    Evidence,
}

/// What the clients did.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Work {
    /// Commits that were acknowledged.
    pub acknowledged: u64,
    /// Commits that got no answer.
    pub in_doubt: u64,
    /// Commits that were refused.
    pub failed: u64,
    /// Transactions that only read and came to their end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reads: Option<u64>,
    /// What servers that went on refused to commit or to read, by SQLSTATE.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<Refusals>,
    /// The longest time without an acknowledged commit around the fault.
    pub longest_outage: Option<Seconds>,
}

/// A file of evidence.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Evidence {
    /// Its path from the folder of this report.
    pub path: String,
    /// Its size, where that is known.
    pub bytes: Option<u64>,
    /// The BLAKE3 hash of its content, in hexadecimal digits.
    pub hash: Option<String>,
}

impl Drill {
    pub(super) fn of(run: &RunJudgement, judgement: &Judgement) -> Self {
        let objectives = judgement.drill.objectives;
        Self {
            name: judgement.exercise.to_string(),
            drill: judgement.drill.name.to_string(),
            title: judgement.drill.title.clone(),
            description: judgement.drill.description.clone(),
            tags: judgement.drill.tags.clone(),
            postgresql: judgement.postgres.map(|version| version.to_string()),
            verdict: Status::of_drill(judgement),
            skipped: judgement.skipped.clone(),
            objectives: Objectives {
                rto: objectives.rto.map(|period| Seconds(period.duration())),
                rpo: objectives.rpo.map(|period| Seconds(period.duration())),
                discarded: objectives.discarded.map(|period| Seconds(period.duration())),
            },
            rto: judgement.rto.map(Seconds),
            rpo: judgement.rpo.map(Seconds),
            lost_commits: judgement.lost_commits,
            discarded_commits: judgement.discarded_commits,
            discarded: judgement.discarded.map(Seconds),
            worst_case: WorstCase {
                bound: judgement.worst_case.bound.map(Seconds),
                because: judgement.worst_case.because.clone(),
                at_risk: judgement.at_risk,
                accepted: objectives.rpo_at_worst.map(|accepted| accepted.to_string()),
            },
            contended_with: judgement.contended_with.clone(),
            resolution: judgement.resolution.map(Seconds),
            began: judgement.began.map(Into::into),
            ended: judgement.ended.map(Into::into),
            steps: judgement.steps.iter().enumerate().map(|(index, record)| step(index, record)).collect(),
            fault: judgement.fault.as_ref().map(fault),
            recoveries: judgement.recoveries.iter().map(Recovery::of).collect(),
            checks: judgement.checks.iter().map(check).collect(),
            findings: judgement.findings.iter().map(|finding| self::finding(judgement, finding)).collect(),
            work: Work {
                acknowledged: judgement.work.acknowledged,
                in_doubt: judgement.work.in_doubt,
                failed: judgement.work.failed,
                reads: judgement.reads(),
                refusals: judgement.work.refusals.clone(),
                longest_outage: judgement.work.longest_outage.map(Seconds),
            },
            not_proven: judgement.not_proven.clone(),
            evidence: evidence(judgement),
            provenance: DrillProvenance::of(run, judgement),
            left: judgement.left.clone(),
            kept: judgement.kept,
        }
    }
}

/// The ledger first, then what was kept.
fn evidence(judgement: &Judgement) -> Vec<Evidence> {
    let folder = judgement.exercise.folder();
    let file = |name: &str, kept: Option<&judge::KeptFile>| Evidence {
        path: format!("{folder}/{name}"),
        bytes: kept.map(|kept| kept.bytes),
        hash: kept.and_then(|kept| kept.hash.clone()),
    };
    let has_clients = judgement.drill.source().is_none();
    let ledger = judgement
        .began
        .filter(|_| has_clients)
        .map(|_| file(LEDGER_FILE, judgement.evidence.get(LEDGER_FILE)));
    let others = judgement.evidence.iter().filter(|(name, _)| *name != LEDGER_FILE);
    ledger.into_iter().chain(others.map(|(name, kept)| file(name, Some(kept)))).collect()
}

fn step(index: usize, record: &judge::StepRecord) -> Step {
    Step {
        step: index + 1,
        title: record.title.clone(),
        began: record.began.map(Into::into),
        ended: record.ended.map(Into::into),
        outcome: record.outcome,
        error: record.error.clone(),
    }
}

fn fault(facts: &judge::FaultJudgement) -> Fault {
    Fault {
        fault: facts.fault.describe(),
        at: facts.at.into(),
        proven: facts.proven.map(Into::into),
        effect: facts.effect.clone(),
    }
}

fn check(check: &judge::CheckJudgement) -> Check {
    Check {
        step: check.step + 1,
        check: check.check.describe(),
        verdict: check.verdict,
        facts: check.facts,
        message: check.message.clone(),
    }
}

fn finding(judgement: &Judgement, finding: &judge::Finding) -> Finding {
    Finding {
        about: about(&finding.subject),
        step: step_of(finding).map(|step| step + 1),
        name: finding.name.clone(),
        verdict: finding.verdict,
        message: finding.message.clone(),
        details: finding.details.clone(),
        hint: hint(judgement, finding),
        took: finding.took.map(Seconds),
        lines: finding.lines.clone(),
        follows: finding.follows,
    }
}

const fn about(subject: &Subject) -> About {
    match subject {
        Subject::Baseline => About::Baseline,
        Subject::Step { .. } => About::Step,
        Subject::Fault { .. } => About::Fault,
        Subject::EndOfRecovery { .. } => About::EndOfRecovery,
        Subject::Identity { .. } => About::Identity,
        Subject::Phases { .. } => About::Phases,
        Subject::Check { .. } => About::Check,
        Subject::Objective { promise: ObjectiveKind::Rto } => About::Rto,
        Subject::Objective { promise: ObjectiveKind::Rpo } => About::Rpo,
        Subject::Objective { promise: ObjectiveKind::Discarded } => About::Discarded,
        Subject::Guarantee => About::Guarantee,
        Subject::WorstCase => About::WorstCase,
        Subject::Backup { question: BackupQuestion::Age } => About::BackupAge,
        Subject::Backup { question: BackupQuestion::Size } => About::BackupSize,
        Subject::Backup { question: BackupQuestion::Messages } => About::RestoreMessages,
        Subject::Backup { question: BackupQuestion::Rows } => About::BackupContent,
        Subject::Cleanup => About::Cleanup,
        Subject::Evidence => About::Evidence,
    }
}
