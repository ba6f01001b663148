//! The entries of one exercise, put where they belong.
//!
//! **Invariant:** nothing is judged here, and nothing that the journal tells is dropped but progress.

use std::{collections::BTreeMap, time::Duration};

use super::StepRecord;
use crate::{
    drill::{Backup, Check, Drill, Fault, Recovery, Verb},
    journal::{
        BackupFacts, CheckFacts, Entry, ErrorChain, Event, Exercise, FaultFacts, Mark, Moment, Outcome,
        Recovered, Server,
    },
    pg::Version,
};

/// A journal that can't be judged.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum JudgeError {
    /// The first line is missing.
    #[error("the journal does not begin with a run")]
    NoRun,
    /// Events of an exercise that was never planned.
    #[error("the journal tells of {0}, which was not planned")]
    NotPlanned(Exercise),
    /// An event of a step that the drill does not have.
    #[error("the journal tells of step {step} of {exercise}, which has {steps}")]
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
pub(super) struct Record<'a> {
    pub(super) drill: &'a Drill,
    pub(super) skipped: Option<&'a str>,
    pub(super) started: Option<Started<'a>>,
    pub(super) baseline: Option<Baseline<'a>>,
    pub(super) set_up_failed: Option<&'a ErrorChain>,
    /// As many as the drill has.
    pub(super) steps: Vec<StepFacts<'a>>,
    pub(super) evidence: BTreeMap<String, u64>,
    pub(super) evidence_missing: Vec<(&'a str, &'a ErrorChain)>,
    pub(super) dismantled: Option<(&'a [String], bool)>,
    pub(super) ended: Option<Moment>,
}

pub(super) struct Started<'a> {
    pub(super) at: Moment,
    pub(super) postgres: Version,
    pub(super) nonce: &'a str,
    pub(super) resolution: Duration,
}

pub(super) struct Baseline<'a> {
    pub(super) at: Moment,
    pub(super) primary: &'a Server,
    pub(super) acknowledged: u64,
    pub(super) settings: &'a BTreeMap<String, String>,
}

/// What the journal tells of a step.
#[derive(Default)]
pub(super) struct StepFacts<'a> {
    pub(super) began: Option<Moment>,
    pub(super) ended: Option<Moment>,
    pub(super) outcome: Option<Outcome>,
    pub(super) error: Option<&'a ErrorChain>,
    pub(super) backup: Option<&'a BackupFacts>,
    pub(super) mark: Option<&'a Mark>,
    pub(super) worked: Option<u64>,
    pub(super) fault: Option<&'a FaultFacts>,
    pub(super) healed: Option<Moment>,
    pub(super) recovered: Option<(Moment, &'a Recovered)>,
    pub(super) checked: Vec<Checked<'a>>,
}

pub(super) struct Checked<'a> {
    pub(super) at: Moment,
    pub(super) check: &'a Check,
    pub(super) about: Option<usize>,
    pub(super) facts: &'a CheckFacts,
}

impl StepFacts<'_> {
    /// How it ended: a step that never began was skipped, and one that began and has no end died with the runner.
    pub(super) fn outcome(&self) -> Outcome {
        match (self.outcome, self.began) {
            (Some(outcome), _) => outcome,
            (None, Some(_)) => Outcome::Cancelled,
            (None, None) => Outcome::Skipped,
        }
    }

    pub(super) fn took(&self) -> Option<Duration> {
        Some(self.ended?.since(self.began?))
    }
}

impl<'a> Record<'a> {
    /// Reads the entries of `exercise`; those of others are passed over.
    pub(super) fn of(exercise: &Exercise, entries: &'a [Entry]) -> Result<Self, JudgeError> {
        let mut own = entries.iter().filter(|entry| entry.exercise.as_ref() == Some(exercise));
        let Some(drill) = own.find_map(|entry| match &entry.event {
            Event::Planned { drill } => Some(drill.as_ref()),
            _ => None,
        }) else {
            return Err(JudgeError::NotPlanned(exercise.clone()));
        };
        let mut record = Self {
            drill,
            skipped: None,
            started: None,
            baseline: None,
            set_up_failed: None,
            steps: drill.steps.iter().map(|_| StepFacts::default()).collect(),
            evidence: BTreeMap::new(),
            evidence_missing: Vec::new(),
            dismantled: None,
            ended: None,
        };
        let mut open = None;
        for entry in own {
            record.take(entry, &mut open).map_err(|step| JudgeError::NoSuchStep {
                exercise: exercise.clone(),
                step: step + 1,
                steps: drill.steps.len(),
            })?;
        }
        Ok(record)
    }

    /// Puts an entry where it belongs; the error is the number of a step that isn't there.
    fn take(&mut self, entry: &'a Entry, open: &mut Option<usize>) -> Result<(), usize> {
        let at = entry.at;
        match &entry.event {
            Event::Skipped { reason } => self.skipped = Some(reason),
            Event::DrillStarted { postgres, nonce, resolution_us } => {
                let resolution = Duration::from_micros(*resolution_us);
                self.started = Some(Started { at, postgres: *postgres, nonce, resolution });
            }
            Event::BaselineHeld { primary, control: _, acknowledged, settings } => {
                self.baseline = Some(Baseline { at, primary, acknowledged: *acknowledged, settings });
            }
            Event::SetUpFailed { error } => self.set_up_failed = Some(error),
            Event::StepStarted { step, title: _ } => {
                self.step_mut(*step)?.began = Some(at);
                *open = Some(*step);
            }
            Event::StepEnded { step, outcome, error } => {
                let facts = self.step_mut(*step)?;
                (facts.ended, facts.outcome, facts.error) = (Some(at), Some(*outcome), error.as_ref());
                *open = None;
            }
            Event::BackupTaken(backup) => self.on_open(*open, |facts| facts.backup = Some(backup)),
            Event::RestorePointMade(mark) => self.on_open(*open, |facts| facts.mark = Some(mark)),
            Event::Worked { acknowledged } => self.on_open(*open, |facts| facts.worked = Some(*acknowledged)),
            Event::FaultInjected(fault) => self.on_open(*open, |facts| facts.fault = Some(fault)),
            // What is thawed only to be dismantled was frozen for good.
            Event::FaultHealed { node: _ } => self.on_open(*open, |facts| facts.healed = Some(at)),
            Event::Recovered { step, recovered } => self.step_mut(*step)?.recovered = Some((at, recovered)),
            Event::Checked { step, check, about, facts } => {
                self.step_mut(*step)?.checked.push(Checked { at, check, about: *about, facts });
            }
            Event::Evidence { file, bytes } => {
                self.evidence.insert(file.clone(), *bytes);
            }
            Event::EvidenceMissing { file, error } => self.evidence_missing.push((file, error)),
            Event::Dismantled { left, kept } => self.dismantled = Some((left, *kept)),
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

    fn on_open(&mut self, open: Option<usize>, put: impl FnOnce(&mut StepFacts<'a>)) {
        if let Some(facts) = open.and_then(|step| self.steps.get_mut(step)) {
            put(facts);
        }
    }

    /// The steps as they were declared and as they ran, with their numbers.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (usize, &'a crate::drill::Step, &StepFacts<'a>)> {
        self.drill
            .steps
            .iter()
            .zip(&self.steps)
            .enumerate()
            .map(|(number, (step, facts))| (number, step, facts))
    }

    /// The recoveries that were asked for.
    pub(super) fn recoveries(&self) -> impl Iterator<Item = (usize, &'a Recovery, &StepFacts<'a>)> {
        self.numbered().filter_map(|(number, step, facts)| match &step.verb {
            Verb::Recover(recovery) => Some((number, recovery, facts)),
            _ => None,
        })
    }

    /// The checks that were asked for, with what was found.
    pub(super) fn asked(&self, check: impl Fn(&Check) -> bool) -> bool {
        self.drill
            .steps
            .iter()
            .any(|step| matches!(&step.verb, Verb::Check(checks) if checks.iter().any(&check)))
    }

    /// The fault from which the recovery or healing in `step` counts.
    pub(super) fn cause(&self, step: usize) -> Option<&'a FaultFacts> {
        self.drill.causes(step).into_iter().find_map(|step| self.steps.get(step)?.fault)
    }

    /// The latest fault that was injected in a step before `step`, if `wanted`.
    pub(super) fn fault_before(
        &self,
        step: usize,
        wanted: impl Fn(&Fault) -> bool,
    ) -> Option<&'a FaultFacts> {
        self.steps.iter().take(step).rev().find_map(|facts| facts.fault.filter(|fault| wanted(&fault.fault)))
    }

    /// What is known of the backup with this declaration.
    pub(super) fn backup_taken(&self, backup: &Backup) -> Option<&'a BackupFacts> {
        self.steps.iter().find_map(|facts| facts.backup.filter(|taken| taken.label == backup.label))
    }

    /// The restore point of this name.
    pub(super) fn mark(&self, name: &crate::drill::RestorePointName) -> Option<&'a Mark> {
        self.steps.iter().find_map(|facts| facts.mark.filter(|mark| mark.name == *name))
    }

    /// The steps, for reports.
    pub(super) fn step_records(&self) -> Vec<StepRecord> {
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
