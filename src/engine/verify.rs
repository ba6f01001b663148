//! Holding what is on disk against what the journal tells of it.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    path::{Component, Path},
};

use crate::journal::{Damage, Entry, Event, Exercise, Integrity, format::Journal, hash_of_all};

/// What of a run's folder is not what was written. Every file is read through once.
pub(super) fn integrity(folder: &Path, journal: &Journal) -> Integrity {
    let mut files: BTreeMap<Exercise, Vec<Damage>> = BTreeMap::new();
    for (line, Entry { exercise, event, .. }) in (1..).zip(&journal.entries) {
        let (Some(exercise), Event::Evidence { file, bytes, hash }) = (exercise, event) else { continue };
        if let Some(what) = disagreement(&folder.join(exercise.folder()), file, *bytes, hash) {
            files.entry(exercise.clone()).or_default().push(Damage { file: file.clone(), line, what });
        }
    }
    Integrity { hash: journal.hash.clone(), journal: journal.damage.clone(), files }
}

/// What a file does not have in common with the one that was kept, in a clause; `None` where it is the same.
/// Without a hash its size has to do.
fn disagreement(folder: &Path, file: &str, bytes: u64, hash: &str) -> Option<String> {
    let path = Path::new(file);
    if !is_within(path) {
        return Some("it is not within the folder of its drill".into());
    }
    let path = folder.join(path);
    let now = match fs::symlink_metadata(&path) {
        Ok(now) if now.is_file() => now.len(),
        Ok(_) => return Some("it is no file any more".into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Some("it is gone".into()),
        Err(error) => return Some(format!("it can't be read: {error}")),
    };
    if now != bytes {
        return Some(if now == 0 {
            format!("it is empty, and had {bytes} bytes when it was kept")
        } else {
            format!("it has {now} bytes, and had {bytes} when it was kept")
        });
    }
    if hash.is_empty() {
        return None;
    }
    match File::open(&path).and_then(hash_of_all) {
        Ok((_, found)) if found == hash => None,
        Ok(_) => Some(format!("its content was changed, though it still has {bytes} bytes")),
        Err(error) => Some(format!("it can't be read: {error}")),
    }
}

/// Whether a path leads nowhere but into the folder that it is relative to.
pub(super) fn is_within(path: &Path) -> bool {
    path.components().all(|component| matches!(component, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        journal::{LEDGER_FILE, Moment, hash_of},
        pg::Major,
    };

    /// What is said of a file that held `0123456789` when it was kept.
    fn said(change: impl FnOnce(&Path)) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let exercise = Exercise { drill: "x".parse().unwrap(), postgres: Major(17) };
        let own = folder.path().join(exercise.folder());
        fs::create_dir(&own).unwrap();
        let ledger = own.join(LEDGER_FILE);
        fs::write(&ledger, "0123456789").unwrap();
        let event = Event::Evidence { file: LEDGER_FILE.into(), bytes: 10, hash: hash_of(b"0123456789") };
        let entries = vec![Entry { at: Moment(0), exercise: Some(exercise.clone()), event }];
        change(&ledger);
        let integrity = integrity(folder.path(), &Journal { entries, ..Journal::default() });
        integrity.of(&exercise).map(ToString::to_string).next()
    }

    #[test]
    fn a_file_that_was_not_touched_agrees() {
        assert_eq!(said(|_| {}), None);
    }

    #[test]
    fn every_way_to_change_a_file_is_noticed_and_named() {
        type Way = (fn(&Path), &'static str);
        let ways: [Way; 6] = [
            (
                |file| fs::write(file, "0123456780").unwrap(),
                "its content was changed, though it still has 10 bytes",
            ),
            (|file| fs::write(file, "01234").unwrap(), "it has 5 bytes, and had 10 when it was kept"),
            (|file| fs::write(file, "01234567890").unwrap(), "it has 11 bytes, and had 10 when it was kept"),
            (|file| fs::write(file, "").unwrap(), "it is empty, and had 10 bytes when it was kept"),
            (|file| fs::remove_file(file).unwrap(), "it is gone"),
            (
                |file| {
                    fs::remove_file(file).unwrap();
                    std::os::unix::fs::symlink("/dev/zero", file).unwrap();
                },
                "it is no file any more",
            ),
        ];
        for (change, what) in ways {
            let whole = format!("ledger.jsonl: {what} (recorded in line 1 of journal.jsonl)");
            assert_eq!(said(change), Some(whole));
        }
    }

    #[test]
    fn a_file_that_leads_out_of_its_folder_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["../x", "/etc/passwd", "a/../../x"] {
            assert!(disagreement(folder.path(), file, 1, "").is_some_and(|what| what.contains("not within")));
        }
    }
}
