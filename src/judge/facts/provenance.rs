//! What an exercise ran on.

use crate::{
    journal::{Entry, Event, Exercise},
    judge::DrillProvenance,
};

/// What the journal tells of where an exercise came from.
pub(in crate::judge) fn provenance(exercise: &Exercise, entries: &[Entry]) -> DrillProvenance {
    let mut provenance = DrillProvenance::default();
    for entry in entries.iter().filter(|entry| entry.exercise.as_ref() == Some(exercise)) {
        match &entry.event {
            Event::Planned { file, .. } => {
                provenance.file.clone_from(&file.path);
                provenance.file_hash = file.hash();
            }
            Event::DrillStarted { software, .. } => provenance.software = software.clone(),
            Event::BaselineRecorded { settings, database_bytes, .. } => {
                provenance.settings.clone_from(settings);
                provenance.database_bytes = *database_bytes;
            }
            _ => {}
        }
    }
    provenance
}
