//! The entries of one exercise, put where they belong.
//!
//! **Invariant:** nothing is judged here, and nothing that the journal tells is dropped but progress.

use std::{collections::BTreeMap, ops::Deref, time::Duration};

use crate::judge::{FaultJudgement, KeptFile, StepRecord};
use crate::{
    drill::{Backup, Check, Drill, Fault, Label, Recovery, Timeline, Verb},
    journal::{
        BackupFacts, CheckFacts, Entry, ErrorChain, Event, Exercise, FaultEffect, FaultFacts, FaultProbe,
        Moment, Outcome, Recovered, Refusals, RestorePointFacts, Server, TlsFacts,
    },
    pg::Version,
};

/// A journal that can't be judged.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum JudgeError {
    /// The first line is missing.
    #[error("the journal does not begin with the start of a run")]
    NoRun,
    /// Events of an exercise that was never planned.
    #[error("the journal has events of {0}, which was not planned")]
    NotPlanned(Exercise),
    /// An event of a step that the drill does not have.
    #[error("the journal has events of step {step} of {exercise}, which has {steps} steps")]
    NoSuchStep {
        /// Of which exercise.
        exercise: Exercise,
        /// The step, counted from 1.
        step: usize,
        /// How many there are.
        steps: usize,
    },
}

/// What the journal tells of an exercise.
pub(in crate::judge) struct Record<'a> {
    pub(in crate::judge) drill: &'a Drill,
    /// What follows from its steps.
    pub(in crate::judge) timeline: Timeline,
    pub(in crate::judge) skipped: Option<&'a str>,
    pub(in crate::judge) started: Option<Started<'a>>,
    pub(in crate::judge) baseline: Option<Baseline<'a>>,
    pub(in crate::judge) set_up_failed: Option<&'a ErrorChain>,
    /// As many as the drill has.
    pub(in crate::judge) steps: Vec<StepFacts<'a>>,
    pub(in crate::judge) evidence: BTreeMap<String, KeptFile>,
    pub(in crate::judge) evidence_missing: Vec<(&'a str, &'a ErrorChain)>,
    /// How the connections of the serving server were encrypted when it was asked, by step.
    pub(in crate::judge) tls: Vec<(Option<usize>, &'a TlsFacts)>,
    /// The clients' reads, and what was refused to them.
    pub(in crate::judge) clients: Option<(u64, &'a [Refusals])>,
    pub(in crate::judge) cleaned_up: Option<(&'a [String], bool)>,
    pub(in crate::judge) ended: Option<Moment>,
}

pub(in crate::judge) struct Started<'a> {
    pub(in crate::judge) at: Moment,
    pub(in crate::judge) postgres: Version,
    pub(in crate::judge) nonce: &'a str,
    pub(in crate::judge) resolution: Duration,
}

pub(in crate::judge) struct Baseline<'a> {
    pub(in crate::judge) at: Moment,
    pub(in crate::judge) primary: &'a Server,
    pub(in crate::judge) acknowledged: u64,
    pub(in crate::judge) settings: &'a BTreeMap<String, String>,
    /// The size of the clients' database.
    pub(in crate::judge) database_bytes: Option<u64>,
    /// The size of a WAL segment.
    pub(in crate::judge) segment_size: u64,
}

/// What the journal tells of a step.
#[derive(Default)]
pub(in crate::judge) struct StepFacts<'a> {
    pub(in crate::judge) began: Option<Moment>,
    pub(in crate::judge) ended: Option<Moment>,
    pub(in crate::judge) outcome: Option<Outcome>,
    pub(in crate::judge) error: Option<&'a ErrorChain>,
    pub(in crate::judge) backup: Option<&'a BackupFacts>,
    /// The backups that their tools have looked at, with what they found.
    pub(in crate::judge) verified: Vec<(&'a Label, &'a CheckFacts)>,
    pub(in crate::judge) restore_point: Option<&'a RestorePointFacts>,
    pub(in crate::judge) worked: Option<u64>,
    pub(in crate::judge) fault: Option<InjectedFault<'a>>,
    /// When it had lifted a fault.
    pub(in crate::judge) healed: Option<Moment>,
    /// What was seen of the fault after the steps that were to end it.
    pub(in crate::judge) probed: BTreeMap<usize, &'a FaultProbe>,
    pub(in crate::judge) recovered: Option<(Moment, &'a Recovered)>,
    /// The words with which its tool or its server refused the recovery.
    pub(in crate::judge) not_recovered: Option<&'a ErrorChain>,
    pub(in crate::judge) checked: Vec<Checked<'a>>,
}

/// A fault that was injected, and what was seen of its effect then.
#[derive(Clone, Copy, Debug)]
pub(in crate::judge) struct InjectedFault<'a> {
    facts: &'a FaultFacts,
    proof: Option<&'a FaultProbe>,
}

impl InjectedFault<'_> {
    /// When its effect was proven; `None` where it was not.
    pub(in crate::judge) fn proven(&self) -> Option<Moment> {
        self.proof.filter(|proof| proof.effect == FaultEffect::Present).map(|proof| proof.at)
    }

    /// What proved its effect, or what was seen instead.
    pub(in crate::judge) fn effect(&self) -> &str {
        self.proof.map_or("nobody looked for it", |proof| proof.seen.as_str())
    }

    /// The same, for reports.
    pub(in crate::judge) fn judged(&self) -> FaultJudgement {
        FaultJudgement {
            fault: self.fault.clone(),
            at: self.at,
            proven: self.proven(),
            effect: self.effect().to_owned(),
        }
    }
}

impl Deref for InjectedFault<'_> {
    type Target = FaultFacts;

    fn deref(&self) -> &FaultFacts {
        self.facts
    }
}

pub(in crate::judge) struct Checked<'a> {
    pub(in crate::judge) at: Moment,
    pub(in crate::judge) check: &'a Check,
    pub(in crate::judge) about: Option<usize>,
    pub(in crate::judge) facts: &'a CheckFacts,
}

impl StepFacts<'_> {
    /// How it ended: a step that never began was skipped, and one that began did not end died with the
    /// runner.
    pub(in crate::judge) fn outcome(&self) -> Outcome {
        match (self.outcome, self.began) {
            (Some(outcome), _) => outcome,
            (None, Some(_)) => Outcome::Cancelled,
            (None, None) => Outcome::Skipped,
        }
    }

    pub(in crate::judge) fn took(&self) -> Option<Duration> {
        Some(self.ended?.since(self.began?))
    }
}

impl<'a> Record<'a> {
    /// Reads the entries of `exercise`; those of others are passed over.
    pub(in crate::judge) fn of(exercise: &Exercise, entries: &'a [Entry]) -> Result<Self, JudgeError> {
        let mut own = entries.iter().filter(|entry| entry.exercise.as_ref() == Some(exercise));
        let planned = own.find_map(|entry| {
            if let Event::Planned { drill, file: _ } = &entry.event { Some(drill.as_ref()) } else { None }
        });
        let Some(drill) = planned else {
            return Err(JudgeError::NotPlanned(exercise.clone()));
        };
        let mut record = Self {
            drill,
            timeline: drill.timeline(),
            skipped: None,
            started: None,
            baseline: None,
            set_up_failed: None,
            steps: drill.steps.iter().map(|_| StepFacts::default()).collect(),
            evidence: BTreeMap::new(),
            evidence_missing: Vec::new(),
            tls: Vec::new(),
            clients: None,
            cleaned_up: None,
            ended: None,
        };
        for entry in own {
            record.take(entry).map_err(|step| JudgeError::NoSuchStep {
                exercise: exercise.clone(),
                step: step + 1,
                steps: drill.steps.len(),
            })?;
        }
        Ok(record)
    }

    /// Puts an entry where it belongs; the error is the number of a step that isn't there.
    fn take(&mut self, entry: &'a Entry) -> Result<(), usize> {
        let at = entry.at;
        match &entry.event {
            Event::Skipped { reason } => self.skipped = Some(reason),
            Event::DrillStarted { postgres, nonce, resolution_us, software: _ } => {
                let resolution = Duration::from_micros(*resolution_us);
                self.started = Some(Started { at, postgres: *postgres, nonce, resolution });
            }
            Event::BaselineRecorded { primary, control, acknowledged, settings, database_bytes } => {
                self.baseline = Some(Baseline {
                    at,
                    primary,
                    acknowledged: *acknowledged,
                    settings,
                    database_bytes: *database_bytes,
                    segment_size: control.segment_size,
                });
            }
            Event::SetUpFailed { error } => self.set_up_failed = Some(error),
            Event::StepStarted { step, title: _ } => {
                self.step_mut(*step)?.began = Some(at);
            }
            Event::StepEnded { step, outcome, error } => {
                let facts = self.step_mut(*step)?;
                (facts.ended, facts.outcome, facts.error) = (Some(at), Some(*outcome), error.as_ref());
            }
            Event::BackupTaken { step, facts } => self.step_mut(*step)?.backup = Some(facts),
            Event::BackupVerified { step, label, facts } => {
                self.step_mut(*step)?.verified.push((label, facts));
            }
            Event::RestorePointMade { step, facts } => self.step_mut(*step)?.restore_point = Some(facts),
            Event::Worked { step, acknowledged } => self.step_mut(*step)?.worked = Some(*acknowledged),
            Event::FaultInjected { step, facts } => {
                self.step_mut(*step)?.fault = Some(InjectedFault { facts, proof: facts.proof.as_ref() });
            }
            Event::FaultProbed { fault, after: None, probe } => {
                if let Some(fault) = &mut self.step_mut(*fault)?.fault {
                    fault.proof = Some(probe);
                }
            }
            Event::FaultProbed { fault, after: Some(after), probe } => {
                self.step_mut(*after)?;
                self.step_mut(*fault)?.probed.insert(*after, probe);
            }
            Event::FaultHealed { fault, step } => {
                self.step_mut(*fault)?;
                // What is lifted only to be cleaned up stayed for good.
                if let Some(step) = step {
                    self.step_mut(*step)?.healed = Some(at);
                }
            }
            Event::Recovered { step, recovered } => self.step_mut(*step)?.recovered = Some((at, recovered)),
            Event::NotRecovered { step, error } => self.step_mut(*step)?.not_recovered = Some(error),
            Event::Checked { step, check, about, facts } => {
                self.step_mut(*step)?.checked.push(Checked { at, check, about: *about, facts });
            }
            Event::Evidence { file, bytes, hash } => {
                let hash = Some(hash.clone()).filter(|hash| !hash.is_empty());
                self.evidence.insert(file.clone(), KeptFile { bytes: *bytes, hash });
            }
            Event::EvidenceMissing { file, error } => self.evidence_missing.push((file, error)),
            Event::TlsProbed { step, facts } => self.tls.push((*step, facts)),
            Event::ClientsEnded { reads, refusals } => self.clients = Some((*reads, refusals)),
            Event::CleanedUp { left, kept } => self.cleaned_up = Some((left, *kept)),
            Event::DrillEnded { interrupted: _ } => self.ended = Some(at),
            Event::Planned { .. }
            | Event::Progress { .. }
            | Event::Kept { .. }
            | Event::ServerStarted { .. }
            | Event::RunStarted { .. }
            | Event::RunEnded { .. } => {}
        }
        Ok(())
    }

    fn step_mut(&mut self, step: usize) -> Result<&mut StepFacts<'a>, usize> {
        self.steps.get_mut(step).ok_or(step)
    }

    /// The steps as they were declared and as they ran, with their numbers.
    pub(in crate::judge) fn numbered(
        &self,
    ) -> impl Iterator<Item = (usize, &'a crate::drill::Step, &StepFacts<'a>)> {
        self.drill
            .steps
            .iter()
            .zip(&self.steps)
            .enumerate()
            .map(|(number, (step, facts))| (number, step, facts))
    }

    /// Whether the fault that is to interrupt this recovery did.
    pub(in crate::judge) fn is_interrupted(&self, step: usize, facts: &StepFacts<'_>) -> bool {
        self.timeline.interrupted_by(step).is_some() && facts.outcome() == Outcome::Interrupted
    }

    /// The recoveries that were asked for. One that was interrupted counts where it was taken up again.
    pub(in crate::judge) fn recoveries(&self) -> impl Iterator<Item = (usize, &'a Recovery, &StepFacts<'a>)> {
        let declared = |step: usize| self.drill.steps.get(step)?.verb.recovery();
        self.numbered().filter(|(number, _, facts)| !self.is_interrupted(*number, facts)).filter_map(
            move |(number, step, facts)| {
                step.verb.recovery()?;
                let recovery = declared(self.timeline.takes_up(number).unwrap_or(number))?;
                Some((number, recovery, facts))
            },
        )
    }

    /// The faults that were injected, in order.
    pub(in crate::judge) fn faults(&self) -> impl Iterator<Item = InjectedFault<'a>> {
        self.steps.iter().filter_map(|facts| facts.fault)
    }

    /// The checks that were asked for, with what was found.
    pub(in crate::judge) fn asked(&self, check: impl Fn(&Check) -> bool) -> bool {
        self.drill
            .steps
            .iter()
            .any(|step| matches!(&step.verb, Verb::Check(checks) if checks.iter().any(&check)))
    }

    /// The fault from which the recovery or healing in `step` counts.
    pub(in crate::judge) fn cause(&self, step: usize) -> Option<InjectedFault<'a>> {
        self.timeline.causes(step).iter().find_map(|step| self.steps.get(*step)?.fault)
    }

    /// The latest fault that was injected in a step before `step`, if `wanted`.
    pub(in crate::judge) fn fault_before(
        &self,
        step: usize,
        wanted: impl Fn(&Fault) -> bool,
    ) -> Option<InjectedFault<'a>> {
        self.steps.iter().take(step).rev().find_map(|facts| facts.fault.filter(|fault| wanted(&fault.fault)))
    }

    /// What is known of the backup with this declaration.
    pub(in crate::judge) fn backup_taken(&self, backup: &Backup) -> Option<&'a BackupFacts> {
        self.steps.iter().find_map(|facts| facts.backup.filter(|taken| taken.label == backup.label))
    }

    /// The restore point of this name.
    pub(in crate::judge) fn restore_point(
        &self,
        name: &crate::drill::RestorePointName,
    ) -> Option<&'a RestorePointFacts> {
        self.steps.iter().find_map(|facts| facts.restore_point.filter(|point| point.name == *name))
    }

    /// The steps, for reports.
    pub(in crate::judge) fn step_records(&self) -> Vec<StepRecord> {
        self.numbered()
            .map(|(_, step, facts)| StepRecord {
                title: step.title.clone(),
                began: facts.began,
                ended: facts.ended,
                outcome: facts.outcome(),
                error: facts.error.map(ToString::to_string),
            })
            .collect()
    }
}
