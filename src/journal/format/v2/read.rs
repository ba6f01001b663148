//! From a line to its event.

use super::{Backup, Event, Fault, Line, Recovered};
use crate::{
    drill::Recovery,
    journal::{self, BackupFacts, DrillFile, Entry, Exercise, FaultFacts, format::steps::Steps},
    syntax,
};

/// Why a line that is whole can't be understood, in a clause.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(in crate::journal::format) struct NotUnderstood(String);

impl Line {
    /// The entry that the line tells.
    ///
    /// # Errors
    /// Returns an error if it refers to what the drill does not have, or plans a drill that can't be read.
    pub(in crate::journal::format) fn entry(self, steps: &mut Steps) -> Result<Entry, NotUnderstood> {
        let Self { line: _, at, exercise, event } = self;
        let event = to_event(exercise.as_ref(), event, steps)?;
        Ok(Entry { at, exercise, event })
    }
}

fn to_event(
    exercise: Option<&Exercise>,
    event: Event,
    steps: &mut Steps,
) -> Result<journal::Event, NotUnderstood> {
    Ok(match event {
        Event::RunStarted { format: _, run, lifeboat, started, runtime, jobs, machine, provenance } => {
            journal::Event::RunStarted { run, lifeboat, started, runtime, jobs, machine, provenance }
        }
        Event::Planned { file, hash, text } => {
            planned(exercise, DrillFile { path: file, text }, &hash, steps)?
        }
        Event::Skipped { reason } => journal::Event::Skipped { reason },
        Event::DrillStarted { postgres, nonce, resolution_us, software } => {
            journal::Event::DrillStarted { postgres, nonce, resolution_us, software }
        }
        Event::BaselineRecorded { primary, control, acknowledged, settings, database_bytes } => {
            journal::Event::BaselineRecorded { primary, control, acknowledged, settings, database_bytes }
        }
        Event::SetUpFailed { error } => journal::Event::SetUpFailed { error },
        Event::StepStarted { step, title } => {
            steps.begin(exercise, step);
            journal::Event::StepStarted { step, title }
        }
        Event::StepEnded { step, outcome, error } => {
            steps.end(exercise);
            journal::Event::StepEnded { step, outcome, error }
        }
        Event::Progress { text } => journal::Event::Progress { text },
        Event::ServerStarted { server } => journal::Event::ServerStarted { server },
        Event::BackupTaken(backup) => {
            journal::Event::BackupTaken { step: backup.step, facts: backup.facts(exercise, steps)? }
        }
        Event::BackupVerified { step, label, facts } => journal::Event::BackupVerified { step, label, facts },
        Event::RestorePointMade { step, facts } => journal::Event::RestorePointMade { step, facts },
        Event::Worked { step, acknowledged } => journal::Event::Worked { step, acknowledged },
        Event::ClientsEnded { reads, refusals } => journal::Event::ClientsEnded { reads, refusals },
        Event::FaultInjected(fault) => {
            journal::Event::FaultInjected { step: fault.step, facts: fault.facts(exercise, steps)? }
        }
        Event::FaultProbed { fault, after, probe } => journal::Event::FaultProbed { fault, after, probe },
        Event::FaultHealed { fault, step } => journal::Event::FaultHealed { fault, step },
        Event::Recovered(recovered) => {
            let step = recovered.step;
            let recovered = Box::new(recovered.facts(exercise, steps)?);
            journal::Event::Recovered { step, recovered }
        }
        Event::TlsProbed { step, facts } => journal::Event::TlsProbed { step, facts },
        Event::NotRecovered { step, error } => journal::Event::NotRecovered { step, error },
        Event::Checked { step, place, about, facts } => {
            let check = steps.check(exercise, step, place).cloned();
            let check = check.ok_or_else(|| no_such(step, &format!("check number {}", place + 1)))?;
            journal::Event::Checked { step, check, about, facts }
        }
        Event::Evidence { file, bytes, hash } => journal::Event::Evidence { file, bytes, hash },
        Event::EvidenceMissing { file, error } => journal::Event::EvidenceMissing { file, error },
        Event::Kept { node, reach } => journal::Event::Kept { node, reach },
        Event::CleanedUp { left, kept } => journal::Event::CleanedUp { left, kept },
        Event::DrillEnded { interrupted } => journal::Event::DrillEnded { interrupted },
        Event::RunEnded { interrupted } => journal::Event::RunEnded { interrupted },
    })
}

/// Reads the drill again from the text of its file.
fn planned(
    exercise: Option<&Exercise>,
    file: DrillFile,
    hash: &str,
    steps: &mut Steps,
) -> Result<journal::Event, NotUnderstood> {
    let exercise = exercise.ok_or_else(|| NotUnderstood("it plans a drill that has no name".into()))?;
    if file.hash() != hash {
        return Err(NotUnderstood(format!("the text of {} does not agree with its hash", file.path)));
    }
    let drill = syntax::recorded(&exercise.drill, &file.path, &file.text).map_err(|diagnostics| {
        let first = diagnostics.iter().next().map_or("it is no drill", |diagnostic| diagnostic.message());
        NotUnderstood(format!("this version of lifeboat can't read the drill {}: {first}", file.path))
    })?;
    steps.plan(exercise, drill.clone());
    Ok(journal::Event::Planned { drill: Box::new(drill), file })
}

fn no_such(step: usize, what: &str) -> NotUnderstood {
    NotUnderstood(format!("it tells of {what} in step {}, which has none", step + 1))
}

impl Backup {
    fn facts(self, exercise: Option<&Exercise>, steps: &Steps) -> Result<BackupFacts, NotUnderstood> {
        let Self { step, kind, own_label, set, begun, ended, bytes, start_lsn, stop_lsn } = self;
        let declared = steps.backup(exercise, step).ok_or_else(|| no_such(step, "a backup"))?;
        let (label, method, compress) = (declared.label.clone(), declared.method, declared.compress);
        let kind_of = kind.unwrap_or(method.info().kind);
        // What was written before a backup said what it is labelled with was labelled with its label.
        let labelled = || (kind.is_none() && kind_of.is_physical()).then(|| label.to_string());
        let own_label = own_label.or_else(labelled);
        let kind = kind_of;
        Ok(BackupFacts {
            label,
            method,
            kind,
            own_label,
            set,
            compress,
            begun,
            ended,
            bytes,
            start_lsn,
            stop_lsn,
        })
    }
}

impl Fault {
    fn facts(self, exercise: Option<&Exercise>, steps: &Steps) -> Result<FaultFacts, NotUnderstood> {
        let Self { step, alive, at, done, proof, has_rows, inventory, xid, lsn, server_time } = self;
        let fault = steps.fault(exercise, step).ok_or_else(|| no_such(step, "a fault"))?.clone();
        Ok(FaultFacts { fault, alive, at, done, proof, has_rows, inventory, xid, lsn, server_time })
    }
}

impl Recovered {
    fn facts(self, exercise: Option<&Exercise>, steps: &Steps) -> Result<journal::Recovered, NotUnderstood> {
        let Self {
            step,
            node,
            before,
            after,
            targeted,
            resolved_target,
            serves,
            switched,
            nonce,
            backup,
            backup_label,
            end_of_recovery,
            archive_end,
            tls,
            source,
            log,
            clock,
            phases,
        } = self;
        let declared = steps.recovery(exercise, step).ok_or_else(|| no_such(step, "a recovery"))?;
        let target = match declared {
            Recovery::Restore { target, .. } => Some(target.clone()),
            Recovery::Source { .. }
            | Recovery::Restart { .. }
            | Recovery::Promote { .. }
            | Recovery::Table { .. } => None,
        };
        Ok(journal::Recovered {
            node,
            before,
            after,
            target: target.filter(|_| targeted),
            resolved_target,
            serves,
            switched,
            nonce,
            backup,
            backup_label,
            end_of_recovery,
            archive_end,
            tls,
            source,
            log,
            clock,
            phases,
        })
    }
}
