//! The fingerprints of a run that lie in files of evidence, brought back to the checks that compared them.

use std::{fs, path::Path};

use super::verify::is_within;
use crate::journal::{CheckFacts, Entry, Event, Fingerprint, KeptFingerprint, hash_of};

/// Puts the fingerprints in the place of what refers to them. A file that is not what was written stays
/// where it is: its check is left without them, and nothing is concluded from it.
pub(super) fn bring(folder: &Path, entries: &mut [Entry]) {
    for entry in entries {
        let Some(exercise) = &entry.exercise else { continue };
        let Event::Checked { facts, .. } = &mut entry.event else { continue };
        let CheckFacts::Compared { baseline, exact, before, after } = facts else { continue };
        let folder = folder.join(exercise.folder());
        if let (Some(before), Some(after)) = (read(&folder, before), read(&folder, after)) {
            *facts = CheckFacts::Content { baseline: baseline.clone(), exact: *exact, before, after };
        }
    }
}

fn read(folder: &Path, kept: &KeptFingerprint) -> Option<Fingerprint> {
    let file = Some(Path::new(&kept.file)).filter(|file| is_within(file))?;
    let content = fs::read(folder.join(file)).ok().filter(|content| hash_of(content) == kept.hash)?;
    serde_json::from_slice(&content).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        drill::Check,
        journal::{Exercise, Moment},
        pg::Major,
    };

    /// What a check has whose fingerprints lie in these files, after `change`.
    fn brought(file: &str, change: impl FnOnce(&Path)) -> CheckFacts {
        let run = tempfile::tempdir().expect("a folder");
        let exercise = Exercise { drill: "x".parse().expect("a name"), postgres: Major(17) };
        let folder = run.path().join(exercise.folder());
        fs::create_dir(&folder).expect("a folder");
        let content = br#"{"at":7,"databases":{},"millis":1}"#;
        fs::write(folder.join("print.json"), content).expect("a file");
        change(&folder.join("print.json"));
        let kept = KeptFingerprint { file: file.into(), hash: hash_of(content) };
        let facts = CheckFacts::Compared {
            baseline: "nightly".into(),
            exact: true,
            before: kept.clone(),
            after: kept,
        };
        let event = Event::Checked { step: 0, check: Check::Content, about: None, facts };
        let mut entries = [Entry { at: Moment(0), exercise: Some(exercise), event }];
        bring(run.path(), &mut entries);
        let [Entry { event: Event::Checked { facts, .. }, .. }] = entries else { panic!("another event") };
        facts
    }

    #[test]
    fn a_fingerprint_is_brought_from_its_file_and_one_that_was_changed_is_not() {
        let CheckFacts::Content { before, exact: true, .. } = brought("print.json", |_| {}) else {
            panic!("they were not brought")
        };
        assert_eq!(before.at, Moment(7));
        for facts in [
            brought("print.json", |file| {
                fs::write(file, r#"{"at":8,"databases":{},"millis":1}"#).expect("a file");
            }),
            brought("print.json", |file| fs::remove_file(file).expect("a file")),
            brought("../x@17/print.json", |_| {}),
        ] {
            assert!(matches!(facts, CheckFacts::Compared { .. }), "{facts:?}");
        }
    }
}
