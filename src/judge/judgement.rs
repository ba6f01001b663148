//! What was judged, as values.

use std::{collections::BTreeMap, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{BackupQuestion, Verdict};
use crate::{
    drill::{Check, Drill, Fault, ObjectiveKind, Period, RuntimeKind},
    journal::{
        CheckFacts, Damage, Exercise, Moment, Outcome, PhaseSpan, Provenance, Recovered, Refusals, Software,
    },
    pg::Version,
};

/// The judgement of a whole run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunJudgement {
    /// The run's name.
    pub run: String,
    /// When it began, by the wall clock.
    pub started: Timestamp,
    /// How long it took: until its last event.
    pub took: Duration,
    /// The version of Lifeboat that ran it.
    pub lifeboat: String,
    /// Where nodes ran.
    pub runtime: RuntimeKind,
    /// How many drills may run side by side.
    pub jobs: usize,
    /// What the machine was.
    pub machine: BTreeMap<String, String>,
    /// What started it, and where.
    pub provenance: Provenance,
    /// The wall clock at the moment zero of the run.
    pub epoch: Timestamp,
    /// Whether it was interrupted, or the runner died (no last event).
    pub interrupted: bool,
    /// The hash of the journal's last line, on which all lines before it bear; `None` for a format without
    /// hashes.
    pub journal_hash: Option<String>,
    /// The first line of the journal that is not what was written; nothing from there on was judged.
    #[serde(skip)]
    pub journal_damage: Option<Damage>,
    /// Its exercises, in the order in which they were planned.
    pub exercises: Vec<Judgement>,
    /// The worst of the exercises that were not skipped; inconclusive where there is none.
    pub verdict: Verdict,
}

/// A fault, with the proof of its effect.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FaultJudgement {
    /// Which.
    pub fault: Fault,
    /// When it was injected.
    pub at: Moment,
    /// When its effect was proven; `None` where it was not.
    pub proven: Option<Moment>,
    /// What proved it, or what was seen instead.
    pub effect: String,
}

impl RunJudgement {
    /// The wall clock at a moment of the run: what a server's log says of the same instant is near it.
    #[must_use]
    pub fn wall_clock(&self, moment: Moment) -> Timestamp {
        let since = SignedDuration::from_micros(i64::try_from(moment.0).unwrap_or(i64::MAX));
        self.epoch.checked_add(since).unwrap_or(self.epoch)
    }
}

/// A file of evidence as it was kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct KeptFile {
    /// Its size.
    pub bytes: u64,
    /// The BLAKE3 hash of its content; `None` by the first format of the journal.
    pub hash: Option<String>,
}

/// What an exercise ran on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DrillProvenance {
    /// The drill's file.
    pub file: String,
    /// The hash of its text.
    pub file_hash: String,
    /// Where the server's programs come from.
    pub software: Software,
    /// Settings in force that bear on what can be lost.
    pub settings: BTreeMap<String, String>,
    /// Bytes of all databases when the drill began.
    pub database_bytes: Option<u64>,
}

/// The judgement of an exercise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judgement {
    /// Which.
    pub exercise: Exercise,
    /// The drill.
    pub drill: Drill,
    /// The release that ran; `None` where nothing was started.
    pub postgres: Option<Version>,
    /// Why it could not be done here; then nothing else is filled.
    pub skipped: Option<String>,
    /// The worst of its findings; inconclusive where it has none, `None` where it was skipped.
    pub verdict: Option<Verdict>,
    /// Everything that was judged, good and bad, in a stable order with unique subjects.
    pub findings: Vec<Finding>,
    /// The steps.
    pub steps: Vec<StepRecord>,
    /// The fault, the latest where there are several.
    pub fault: Option<FaultJudgement>,
    /// The recoveries, in order.
    pub recoveries: Vec<RecoveryJudgement>,
    /// The checks, in order.
    pub checks: Vec<CheckJudgement>,
    /// The greatest recovery time of its recoveries, and of faults that were healed.
    pub rto: Option<Duration>,
    /// The greatest loss of its recoveries.
    pub rpo: Option<Duration>,
    /// The most commits that one of its recoveries lost.
    pub lost_commits: Option<u64>,
    /// The most acknowledged commits that one of its recoveries discarded by going back in time.
    pub discarded_commits: Option<u64>,
    /// How old the oldest of them was when clients were sent to the recovered server.
    pub discarded: Option<Duration>,
    /// What may be lost at worst, by configuration.
    pub worst_case: WorstCase,
    /// Whether it has a recovery point objective that no bound by configuration guarantees.
    pub at_risk: bool,
    /// Other exercises that ran while a recovery time was measured.
    pub contended_with: Vec<String>,
    /// The clients' work.
    pub work: Work,
    /// How soon a client tries again: the resolution of outages.
    pub resolution: Option<Duration>,
    /// Files of evidence, as paths within the exercise's folder.
    pub evidence: BTreeMap<String, KeptFile>,
    /// What it ran on.
    pub provenance: DrillProvenance,
    /// What could not be removed.
    pub left: Vec<String>,
    /// Whether what it provisioned was kept on request.
    pub kept: bool,
    /// What this exercise does not prove, in sentences.
    pub not_proven: Vec<String>,
    /// When it began, within the run.
    pub began: Option<Moment>,
    /// When it was over.
    pub ended: Option<Moment>,
}

/// What a finding is about; it names the case in JUnit, so it is stable from run to run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "about", rename_all = "kebab-case")]
pub enum Subject {
    /// The cluster stood and the clients committed before anything broke.
    Baseline,
    /// A step ran.
    Step {
        /// Its number.
        step: usize,
    },
    /// A fault had its effect, and was lifted.
    Fault {
        /// The step.
        step: usize,
    },
    /// A recovery reached a proven terminal state.
    EndOfRecovery {
        /// The step.
        step: usize,
    },
    /// The server is the one that was meant.
    Identity {
        /// The step.
        step: usize,
    },
    /// The phases of a recovery time add up to it.
    Phases {
        /// The step.
        step: usize,
    },
    /// A check.
    Check {
        /// The step.
        step: usize,
        /// Its place within the step.
        index: usize,
    },
    /// An objective.
    Objective {
        /// Which.
        promise: ObjectiveKind,
    },
    /// Whether configuration guarantees the recovery point objective.
    Guarantee,
    /// What was lost against the worst case by configuration.
    WorstCase,
    /// The backup that a restore test restored is the one that its owner counts on.
    Backup {
        /// In which respect.
        question: BackupQuestion,
    },
    /// Everything was cleaned_up.
    Cleanup,
    /// The journal and the files of evidence are what was written.
    Evidence,
}

/// One thing that was judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// What.
    pub subject: Subject,
    /// A name for people and for JUnit, unique within the exercise and stable from run to run: `objective
    /// RTO`, `check 07.1 ledger`. Steps are numbered from 1 in it, with two digits.
    pub name: String,
    /// How it came out.
    pub verdict: Verdict,
    /// What was seen, in one line.
    pub message: String,
    /// More lines, where there is more to say.
    pub details: Vec<String>,
    /// The lines of the journal that it rests on, counted from 1.
    pub lines: Vec<u64>,
    /// How long it took, where that has a meaning.
    pub took: Option<Duration>,
    /// Whether it is inconclusive only because something before it did not come to its end, which another
    /// finding tells.
    pub follows: bool,
}

/// A step as it ran.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepRecord {
    /// Its title.
    pub title: String,
    /// When it began; `None` where it never did.
    pub began: Option<Moment>,
    /// When it was over.
    pub ended: Option<Moment>,
    /// How it ended; a step that began did not end is timed out by the runner's death: `Cancelled`.
    pub outcome: Outcome,
    /// Why it did not complete.
    pub error: Option<String>,
}

/// A recovery, judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RecoveryJudgement {
    /// The step.
    pub step: usize,
    /// What the servers proved.
    pub recovered: Recovered,
    /// From when recovery time counts: the fault, or the step's beginning where nothing was broken before it
    /// (a rehearsal).
    pub from: Moment,
    /// The first acknowledged write on the recovered service.
    pub first_write: Option<Moment>,
    /// Recovery time: `first_write − from`, and what the drill declares for people.
    pub rto: Option<Duration>,
    /// Its phases, contiguous or not; `Human` is declared, not measured, and has no place on the clock (`from
    /// == to − declared`, with `from` at the end of detection).
    pub phases: Vec<PhaseSpan>,
    /// The declared time of people that is in `rto`.
    pub declared: Option<Period>,
    /// From the same instant until the checks of this recovery were through, with the declared time of people
    /// as in `rto`.
    pub verified: Option<Duration>,
    /// What became of the commits; `None` where the workload's rows were not surveyed.
    pub accounting: Option<CommitAccounting>,
}

/// What became of the acknowledged commits.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CommitAccounting {
    /// Acknowledged commits that the recovery had to keep (all before the fault, or before the target), and
    /// what the recovered server itself acknowledged and lost; always `kept + lost`.
    pub due: u64,
    /// Of those, the ones that are there.
    pub kept: u64,
    /// Of those, the ones that are not.
    pub lost: u64,
    /// Of the lost, those with a later commit of the same writer (of before the recovery) present:
    /// corruption.
    pub holes: u64,
    /// Rows that nobody ever tried to commit, or that were refused, or that are there twice, or whose content
    /// is not what was written: corruption.
    pub unexpected: u64,
    /// Commits that had to be absent (begun after the target) and are there.
    pub overshot: u64,
    /// Good commits made after a mistake or a target and given up by the recovery; a rehearsal gives nothing
    /// up.
    pub discarded: u64,
    /// `when clients were sent to the recovered server − acknowledgement of the oldest discarded commit`, or
    /// until the last of them was acknowledged where that is later; zero where none is discarded, `None`
    /// where nobody looked.
    pub discarded_time: Option<Duration>,
    /// InDoubt commits that are there.
    pub in_doubt_present: u64,
    /// InDoubt commits that are not.
    pub in_doubt_absent: u64,
    /// `reference instant − acknowledgement of the last commit of the longest wholly recovered prefix`; zero
    /// where nothing is lost, `None` where nothing was due.
    pub rpo: Option<Duration>,
    /// The bytes of WAL from the last recovered commit to the last acknowledged one that was due, by the LSNs
    /// in the ledger, without the padding of segments that were closed before they were full.
    pub wal_bytes: u64,
    /// Up to five lost commits, for people: `writer 3, seq 17, acknowledged +12.345678s`.
    pub examples: Vec<String>,
}

/// A check, judged.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckJudgement {
    /// The step.
    pub step: usize,
    /// Its place within the step.
    pub index: usize,
    /// The check.
    pub check: Check,
    /// How it came out.
    pub verdict: Verdict,
    /// How many facts were examined; zero can't pass.
    pub facts: u64,
    /// In one line.
    pub message: String,
    /// What was found.
    #[serde(skip)]
    pub found: Option<CheckFacts>,
}

/// What may be lost at worst, by configuration.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WorstCase {
    /// The bound; `None` where configuration sets none.
    pub bound: Option<Duration>,
    /// Where it comes from, or why there is none, in one line.
    pub because: String,
}

impl Judgement {
    /// Transactions that only read and came to their end; `None` where the drill has none.
    #[must_use]
    pub fn reads(&self) -> Option<u64> {
        let has_some = self.drill.workload().transactions.iter().any(|transaction| transaction.read_only);
        has_some.then_some(self.work.reads)
    }
}

/// What the clients did.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Work {
    /// Acknowledged commits.
    pub acknowledged: u64,
    /// InDoubt ones.
    pub in_doubt: u64,
    /// Refused ones.
    pub failed: u64,
    /// Transactions that only read and came to their end.
    pub reads: u64,
    /// What servers that went on refused to commit or to read.
    pub refusals: Vec<Refusals>,
    /// The longest time without an acknowledged commit around the fault.
    pub longest_outage: Option<Duration>,
}
