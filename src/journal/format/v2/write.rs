//! From an event to its line.

use super::{Backup, Event, Fault, Line, Recovered};
use crate::journal::{self, BackupFacts, Entry, Exercise, FaultFacts, format::FORMAT, format::steps::Steps};

impl Line {
    /// The line that tells an entry. What refers to a step that is not known (of an exercise that was not
    /// planned) refers to its first, which no reader believes.
    pub(in crate::journal::format) fn of(line: u64, entry: &Entry, steps: &mut Steps) -> Self {
        let Entry { at, exercise, event } = entry;
        Self { line, at: *at, exercise: exercise.clone(), event: of_event(exercise.as_ref(), event, steps) }
    }
}

fn of_event(exercise: Option<&Exercise>, event: &journal::Event, steps: &mut Steps) -> Event {
    match event.clone() {
        journal::Event::RunStarted { run, lifeboat, started, runtime, jobs, machine, provenance } => {
            Event::RunStarted { format: FORMAT, run, lifeboat, started, runtime, jobs, machine, provenance }
        }
        journal::Event::Planned { drill, file } => {
            if let Some(exercise) = exercise {
                steps.plan(exercise, *drill);
            }
            Event::Planned { hash: file.hash(), file: file.path, text: file.text }
        }
        journal::Event::Skipped { reason } => Event::Skipped { reason },
        journal::Event::DrillStarted { postgres, nonce, resolution_us, software } => {
            Event::DrillStarted { postgres, nonce, resolution_us, software }
        }
        journal::Event::BaselineRecorded { primary, control, acknowledged, settings, database_bytes } => {
            Event::BaselineRecorded { primary, control, acknowledged, settings, database_bytes }
        }
        journal::Event::SetUpFailed { error } => Event::SetUpFailed { error },
        journal::Event::StepStarted { step, title } => {
            steps.begin(exercise, step);
            Event::StepStarted { step, title }
        }
        journal::Event::StepEnded { step, outcome, error } => {
            steps.end(exercise);
            Event::StepEnded { step, outcome, error }
        }
        journal::Event::Progress { text } => Event::Progress { text },
        journal::Event::ServerStarted { server } => Event::ServerStarted { server },
        journal::Event::BackupTaken { step, facts } => Event::BackupTaken(Backup::of(step, facts)),
        journal::Event::BackupVerified { step, label, facts } => Event::BackupVerified { step, label, facts },
        journal::Event::RestorePointMade { step, facts } => Event::RestorePointMade { step, facts },
        journal::Event::Worked { step, acknowledged } => Event::Worked { step, acknowledged },
        journal::Event::ClientsEnded { reads, refusals } => Event::ClientsEnded { reads, refusals },
        journal::Event::FaultInjected { step, facts } => Event::FaultInjected(Fault::of(step, facts)),
        journal::Event::FaultProbed { fault, after, probe } => Event::FaultProbed { fault, after, probe },
        journal::Event::FaultHealed { fault, step } => Event::FaultHealed { fault, step },
        journal::Event::Recovered { step, recovered } => {
            Event::Recovered(Box::new(Recovered::of(step, *recovered)))
        }
        journal::Event::TlsProbed { step, facts } => Event::TlsProbed { step, facts },
        journal::Event::NotRecovered { step, error } => Event::NotRecovered { step, error },
        journal::Event::Checked { step, check, about, facts } => {
            let place = steps.place(exercise, step, &check).unwrap_or_default();
            Event::Checked { step, place, about, facts }
        }
        journal::Event::Evidence { file, bytes, hash } => Event::Evidence { file, bytes, hash },
        journal::Event::EvidenceMissing { file, error } => Event::EvidenceMissing { file, error },
        journal::Event::Kept { node, reach } => Event::Kept { node, reach },
        journal::Event::CleanedUp { left, kept } => Event::CleanedUp { left, kept },
        journal::Event::DrillEnded { interrupted } => Event::DrillEnded { interrupted },
        journal::Event::RunEnded { interrupted } => Event::RunEnded { interrupted },
    }
}

impl Backup {
    fn of(step: usize, facts: BackupFacts) -> Self {
        let BackupFacts {
            label: _,
            method: _,
            kind,
            own_label,
            set,
            compress: _,
            begun,
            ended,
            bytes,
            start_lsn,
            stop_lsn,
        } = facts;
        Self { step, kind: Some(kind), own_label, set, begun, ended, bytes, start_lsn, stop_lsn }
    }
}

impl Fault {
    fn of(step: usize, facts: FaultFacts) -> Self {
        let FaultFacts { fault: _, alive, at, done, proof, has_rows, inventory, xid, lsn, server_time } =
            facts;
        Self { step, alive, at, done, proof, has_rows, inventory, xid, lsn, server_time }
    }
}

impl Recovered {
    fn of(step: usize, recovered: journal::Recovered) -> Self {
        let journal::Recovered {
            node,
            before,
            after,
            target,
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
        } = recovered;
        Self {
            step,
            node,
            before,
            after,
            targeted: target.is_some(),
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
        }
    }
}
