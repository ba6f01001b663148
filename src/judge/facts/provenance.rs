//! What an exercise ran on.

use crate::{
    journal::{Entry, Event, Exercise},
    judge::DrillProvenance,
};

/// What the journal tells of where an exercise came from.
pub(in crate::judge) fn provenance(exercise: &Exercise, entries: &[Entry]) -> DrillProvenance {
    let mut provenance = DrillProvenance::default();
    for entry in entries.iter().filter(|entry| entry.exercise.as_ref() == Some(exercise)) {
        if let Event::Planned { file, .. } = &entry.event {
            provenance.file.clone_from(&file.path);
            provenance.file_hash = file.hash();
        } else if let Event::DrillStarted { software, .. } = &entry.event {
            provenance.software = software.clone();
        } else if let Event::BaselineRecorded { settings, database_bytes, .. } = &entry.event {
            provenance.settings.clone_from(settings);
            provenance.database_bytes = *database_bytes;
        }
    }
    provenance
}
