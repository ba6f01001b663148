//! The reports' folder: a run's journal, ledgers, evidence and reports.

use std::{
    fs::{self, File},
    io::{self, BufReader},
    path::{Path, PathBuf},
};

use super::{fingerprints, verify};
use crate::journal::{
    Exercise, Integrity, JOURNAL, LEDGER_FILE,
    format::{self, FormatError, Journal, ledger::LedgerFile},
};

/// A report that could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or folder.
    #[error("{verb} {}", path.display())]
    File {
        /// What was to be done.
        verb: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A journal or a ledger.
    #[error("read {}", path.display())]
    Lines {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: FormatError,
    },
    /// A folder that is no run's.
    #[error("open the run {}: it has no {JOURNAL}", path.display())]
    NoRun {
        /// Which.
        path: PathBuf,
    },
}

/// The folder of a run below the folder of all reports.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// Makes the folder of a new run.
    ///
    /// # Errors
    /// Returns an error if it can't be created, or is there.
    pub fn create(reports: &Path, run: &str) -> Result<Self, StoreError> {
        let folder = reports.join(run);
        let failed = |verb| {
            let path = folder.clone();
            move |source| StoreError::File { verb, path, source }
        };
        fs::create_dir_all(reports).map_err(failed("make the reports' folder for"))?;
        fs::create_dir(&folder).map_err(failed("make"))?;
        Ok(Self { folder })
    }

    /// The folder of a run that is there; links are followed.
    ///
    /// # Errors
    /// Returns an error if it is not there or has no journal.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let found = |source| StoreError::File { verb: "find", path: folder.to_path_buf(), source };
        let store = Self { folder: fs::canonicalize(folder).map_err(found)? };
        if store.journal().is_file() { Ok(store) } else { Err(StoreError::NoRun { path: store.folder }) }
    }

    /// The names of the runs in a folder of reports, the latest first.
    #[must_use]
    pub fn runs(reports: &Path) -> Vec<String> {
        let entries = fs::read_dir(reports).into_iter().flatten().flatten();
        let runs = entries.filter(|entry| !entry.path().is_symlink() && entry.path().join(JOURNAL).is_file());
        let mut names: Vec<_> = runs.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort_by(|a, b| b.cmp(a));
        names
    }

    /// Removes the folder of a run that never began; what can't be removed holds nothing.
    pub(super) fn discard(&self) {
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            tracing::debug!(folder = %self.folder.display(), %error, "an empty folder stays");
        }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The journal's file.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.folder.join(JOURNAL)
    }

    /// Makes the folder of an exercise.
    ///
    /// # Errors
    /// Returns an error if it can't be created.
    pub fn exercise(&self, exercise: &Exercise) -> Result<PathBuf, StoreError> {
        let path = self.folder.join(exercise.folder());
        fs::create_dir_all(path.join("evidence")).map_err(|source| StoreError::File {
            verb: "make",
            path: path.clone(),
            source,
        })?;
        Ok(path)
    }

    /// Reads the journal, up to the first line that is not what was written.
    ///
    /// # Errors
    /// Returns an error if it can't be read, or is none.
    pub fn read(&self) -> Result<Journal, StoreError> {
        let path = self.journal();
        let file = File::open(&path).map_err(|source| StoreError::File {
            verb: "open",
            path: path.clone(),
            source,
        })?;
        let journal = format::read_journal(BufReader::new(file));
        let mut journal = journal.map_err(|source| StoreError::Lines { path, source })?;
        fingerprints::bring(&self.folder, &mut journal.entries);
        Ok(journal)
    }

    /// Reads the ledger of an exercise; `None` where its clients were never started.
    ///
    /// # Errors
    /// Returns an error if it is there and can't be read.
    pub fn ledger(&self, exercise: &Exercise) -> Result<Option<LedgerFile>, StoreError> {
        let path = self.folder.join(exercise.folder()).join(LEDGER_FILE);
        if !path.try_exists().unwrap_or(true) {
            return Ok(None);
        }
        let file = path.clone();
        let open = move || -> io::Result<Box<dyn io::BufRead>> {
            Ok(Box::new(BufReader::with_capacity(1 << 18, File::open(&file)?)))
        };
        LedgerFile::read(Box::new(open)).map(Some).map_err(|source| StoreError::Lines { path, source })
    }

    /// What of the run's folder is not what was written.
    #[must_use]
    pub fn integrity(&self, journal: &Journal) -> Integrity {
        verify::integrity(&self.folder, journal)
    }

    /// Writes the reports, names and contents, each under a passing name first.
    ///
    /// # Errors
    /// Returns an error if one can't be written.
    pub fn write<'a>(&self, reports: impl IntoIterator<Item = (&'a str, Vec<u8>)>) -> Result<(), StoreError> {
        for (name, bytes) in reports {
            let path = self.folder.join(name);
            let failed = |verb| {
                let path = path.clone();
                move |source| StoreError::File { verb, path, source }
            };
            let partial = self.folder.join(format!(".{name}.partial"));
            fs::write(&partial, bytes).map_err(failed("write"))?;
            File::open(&partial).and_then(|file| file.sync_all()).map_err(failed("make durable"))?;
            fs::rename(&partial, &path).map_err(failed("name"))?;
        }
        Ok(())
    }

    /// Turns `latest`, beside this run's folder, to it.
    ///
    /// # Errors
    /// Returns an error if the link can't be created, or something else of that name is there.
    pub fn switch_latest(&self) -> Result<(), StoreError> {
        let (Some(reports), Some(name)) = (self.folder.parent(), self.folder.file_name()) else {
            return Ok(());
        };
        let latest = reports.join("latest");
        let failed = |source| StoreError::File { verb: "turn", path: latest.clone(), source };
        let partial = reports.join(format!(".latest-{}", name.to_string_lossy()));
        std::os::unix::fs::symlink(name, &partial).map_err(failed)?;
        fs::rename(&partial, &latest).map_err(failed)
    }
}
