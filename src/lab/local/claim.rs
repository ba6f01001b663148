//! Whose the directory of a run is.
//!
//! A runner holds a lock on a file in it. The kernel lets the lock go when the runner ends, whatever ends it,
//! and shows it to everybody who sees the file, from other containers too: a number of a process would prove
//! nothing there. The file itself says, for people, what the run was.
//!
//! **Invariant:** a directory whose file can be locked has no runner; one without the file is nobody's and is
//! not touched.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{WorkDir, sweep::make_passable};
use crate::lab::LabError;

/// The name of the file.
pub(super) const FILE: &str = "run.json";

/// What a run's directory says of its run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Its name.
    pub run: String,
    /// When it began.
    pub began: Timestamp,
    /// The folder of its reports.
    pub reports: PathBuf,
    /// The drills whose labs were kept on request, because they did not pass.
    pub kept: Vec<String>,
}

/// A run's directory that this process holds; a process of a run that does not hold it is no runner.
#[derive(Debug)]
pub struct Claim {
    directory: PathBuf,
    note: Note,
    /// Holds the lock, and is closed in every program that is started.
    lock: File,
}

/// A run's directory that was found.
#[derive(Debug)]
pub enum Found {
    /// Its runner lives, or another process is removing it.
    Alive,
    /// Its runner is dead, and this process holds it now.
    Dead(Claim),
    /// Nobody can tell, for this reason.
    Unknown(String),
}

impl Claim {
    /// Makes the directory of a new run.
    ///
    /// # Errors
    /// Returns an error if it can't be created or locked.
    pub fn make(work: &WorkDir, note: Note) -> Result<Self, LabError> {
        let directory = work.run(&note.run);
        let made = make_passable(&directory).and_then(|()| write(&directory, &note));
        let lock = made.map_err(LabError::io(format!("make the run's directory {}", directory.display())))?;
        Ok(Self { directory, note, lock })
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What it says.
    #[must_use]
    pub const fn note(&self) -> &Note {
        &self.note
    }

    /// Writes down which labs are kept.
    ///
    /// # Errors
    /// Returns an error if that can't be written.
    pub fn keep(&mut self, drills: Vec<String>) -> Result<(), LabError> {
        self.note.kept = drills;
        let written = write(&self.directory, &self.note);
        self.lock =
            written.map_err(LabError::io(format!("note what is kept in {}", self.directory.display())))?;
        Ok(())
    }

    /// The run's directory at a path; `None` where that is nobody's.
    #[must_use]
    pub fn find(directory: &Path) -> Option<Found> {
        let path = directory.join(FILE);
        loop {
            let lock = File::options().read(true).write(true).open(&path).ok()?;
            match lock.try_lock() {
                Err(TryLockError::WouldBlock) => return Some(Found::Alive),
                Err(TryLockError::Error(error)) => {
                    return Some(Found::Unknown(format!("its lock can't be tried: {error}")));
                }
                // A file that was written again, or removed, between its config and its locking says nothing.
                Ok(()) if !is_at(&lock, &path) => {}
                Ok(()) => {
                    return Some(match serde_json::from_reader(&lock) {
                        Ok(note) => Found::Dead(Self { directory: directory.to_path_buf(), note, lock }),
                        Err(error) => Found::Unknown(format!("its {FILE} can't be read: {error}")),
                    });
                }
            }
        }
    }
}

fn is_at(file: &File, path: &Path) -> bool {
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    file.metadata().map(identity).ok() == fs::metadata(path).map(identity).ok()
}

/// Writes a note that is there whole and locked, or not at all; whoever opens it finds it so.
fn write(directory: &Path, note: &Note) -> io::Result<File> {
    let partial = directory.join(format!(".{FILE}.partial"));
    let mut file = File::options().create(true).truncate(true).read(true).write(true).open(&partial)?;
    // Nobody else knows this file yet; whoever holds it all the same is not waited for.
    file.try_lock().map_err(io::Error::from)?;
    file.write_all(&serde_json::to_vec(note)?)?;
    fs::rename(&partial, directory.join(FILE))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note() -> Note {
        Note {
            run: "r1".to_owned(),
            began: Timestamp::UNIX_EPOCH,
            reports: "/reports/r1".into(),
            kept: Vec::new(),
        }
    }

    #[test]
    fn a_run_is_alive_as_long_as_its_runner_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let work = WorkDir::at(folder.path()).unwrap();
        let claim = Claim::make(&work, note()).unwrap();
        assert!(matches!(Claim::find(claim.directory()), Some(Found::Alive)));
        drop(claim);
        let Some(Found::Dead(found)) = Claim::find(&work.run("r1")) else { panic!("nobody holds it") };
        assert_eq!(*found.note(), note());
        assert!(
            matches!(Claim::find(&work.run("r1")), Some(Found::Alive)),
            "whoever removes it holds it meanwhile"
        );
    }

    #[test]
    fn a_claim_is_held_without_a_gap_while_its_note_is_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let work = WorkDir::at(folder.path()).unwrap();
        let mut claim = Claim::make(&work, note()).unwrap();
        claim.keep(vec!["crash/x@15".to_owned()]).unwrap();
        assert!(matches!(Claim::find(claim.directory()), Some(Found::Alive)));
        drop(claim);
        let Some(Found::Dead(found)) = Claim::find(&work.run("r1")) else { panic!("nobody holds it") };
        assert_eq!(found.note().kept, ["crash/x@15"]);
    }

    #[test]
    fn a_directory_without_a_note_is_nobodys_and_a_torn_note_is_not_known() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Claim::find(folder.path()).is_none());
        fs::write(folder.path().join(FILE), "{\"run\":").unwrap();
        assert!(matches!(Claim::find(folder.path()), Some(Found::Unknown(_))));
    }
}
