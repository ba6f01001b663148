//! The ledger as it is written.

use std::{
    fs::File,
    io::{self, BufWriter},
    path::Path,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::{
    journal::{Commit, Moment, Server, Session, format::ledger},
    lab::LabError,
};

/// The file of the ledger. A line that can't be written is remembered and makes [`LedgerWriter::flush`] fail:
/// a ledger with a gap would prove less than it seems to.
pub struct LedgerWriter {
    out: Mutex<(BufWriter<File>, io::Result<()>)>,
    sessions: AtomicU32,
}

impl LedgerWriter {
    /// Makes the file.
    ///
    /// # Errors
    /// Returns an error if it can't be created.
    pub fn create(path: &Path) -> Result<Self, LabError> {
        let what = || format!("make the ledger {}", path.display());
        let mut out = BufWriter::with_capacity(1 << 16, File::create(path).map_err(LabError::io(what()))?);
        ledger::write_header(&mut out).map_err(LabError::io(what()))?;
        Ok(Self { out: Mutex::new((out, Ok(()))), sessions: AtomicU32::new(1) })
    }

    fn write(&self, line: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) {
        let mut guard = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let (out, health) = &mut *guard;
        if health.is_ok() {
            *health = line(out);
        }
    }

    /// Writes down a session and gives it a number.
    pub fn session(&self, writer: u16, at: Moment, server: Server) -> u32 {
        let session = self.sessions.fetch_add(1, Ordering::Relaxed);
        self.write(|out| ledger::write_session(out, &Session { session, writer, at, server }));
        session
    }

    /// Writes down a commit.
    pub fn commit(&self, commit: &Commit) {
        self.write(|out| ledger::write_commit(out, commit));
    }

    /// Brings everything to the file.
    ///
    /// # Errors
    /// Returns an error if this or any line before could not be written.
    pub fn flush(&self) -> Result<(), LabError> {
        let mut guard = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        let (out, health) = &mut *guard;
        let written = std::mem::replace(health, Ok(())).and_then(|()| io::Write::flush(out));
        if let Err(error) = &written {
            *health = Err(io::Error::new(error.kind(), error.to_string()));
        }
        written.map_err(LabError::io("write the ledger"))
    }
}
