//! The journal as it is written, and those who listen to it.

use std::{
    fs::File,
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::{
    journal::{Entry, Event, Exercise, format::Writer, hash_of, hash_of_all},
    lab::{LabError, clock::Clock},
};

/// How many entries a slow listener may be behind before it misses some; the file misses none.
const LISTENERS_BEHIND: usize = 4096;

/// The file, what its next line follows, and whether every line so far was written.
struct Lines {
    file: File,
    writer: Writer,
    health: io::Result<()>,
}

impl Lines {
    /// Writes the line of an entry; `false` where this or an earlier one could not be written.
    fn write(&mut self, entry: &Entry) -> bool {
        if self.health.is_ok() {
            self.health = self.writer.line(entry).and_then(|line| self.file.write_all(&line));
        }
        self.health.is_ok()
    }
}

struct Inner {
    clock: Clock,
    lines: Mutex<Lines>,
    listeners: broadcast::Sender<Entry>,
    /// Cancelled at the first event that can't be written.
    stop: CancellationToken,
}

/// Writes events down as they happen, each in one write, and tells them to listeners.
#[derive(Clone)]
pub struct Recorder {
    inner: Arc<Inner>,
    exercise: Option<Exercise>,
}

impl Recorder {
    /// Makes the journal's file. `stop` is cancelled at the first event that can't be written: what is not
    /// written down proves nothing.
    ///
    /// # Errors
    /// Returns an error if it can't be created.
    pub fn create(path: &Path, clock: Clock, stop: CancellationToken) -> Result<Self, LabError> {
        let file = File::options()
            .create_new(true)
            .append(true)
            .open(path)
            .map_err(LabError::io(format!("make the journal {}", path.display())))?;
        Ok(Self::over(file, clock, stop))
    }

    /// A journal in a file that is there.
    pub(crate) fn over(file: File, clock: Clock, stop: CancellationToken) -> Self {
        let (listeners, _) = broadcast::channel(LISTENERS_BEHIND);
        Self {
            inner: Arc::new(Inner {
                clock,
                lines: Mutex::new(Lines { file, writer: Writer::default(), health: Ok(()) }),
                listeners,
                stop,
            }),
            exercise: None,
        }
    }

    /// The same journal, for one exercise.
    #[must_use]
    pub fn for_exercise(&self, exercise: Exercise) -> Self {
        Self { inner: Arc::clone(&self.inner), exercise: Some(exercise) }
    }

    /// The clock of the run.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.inner.clock
    }

    /// Everything from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Entry> {
        self.inner.listeners.subscribe()
    }

    /// Writes an event down.
    pub fn record(&self, event: Event) {
        let mut lines = self.inner.lines.lock().unwrap_or_else(PoisonError::into_inner);
        // The instant is taken under the lock, so that the lines of a journal are in the order of their
        // instants.
        let entry = Entry { at: self.inner.clock.now(), exercise: self.exercise.clone(), event };
        if !lines.write(&entry) {
            self.inner.stop.cancel();
        }
        // Nobody listening is no error.
        drop(self.inner.listeners.send(entry));
    }

    /// Tells what is being done, for people.
    pub fn progress(&self, text: impl Into<String>) {
        self.record(Event::Progress { text: text.into() });
    }

    /// Keeps `content` as the file `name` of evidence in an exercise's `folder`, and tells its size and its
    /// hash.
    ///
    /// # Errors
    /// Returns an error if it can't be written.
    pub async fn keep(&self, folder: &Path, name: &str, content: &[u8]) -> Result<(), LabError> {
        let file = format!("evidence/{name}");
        let path = folder.join(&file);
        let written = tokio::fs::write(&path, content).await;
        written.map_err(LabError::io(format!("write {}", path.display())))?;
        let bytes = u64::try_from(content.len()).unwrap_or(u64::MAX);
        self.record(Event::Evidence { file, bytes, hash: hash_of(content) });
        Ok(())
    }

    /// Tells the size and the hash of a file that was written already, as `name` within an exercise's
    /// `folder`.
    ///
    /// # Errors
    /// Returns an error if it can't be read.
    pub async fn kept(&self, folder: &Path, name: &str) -> Result<(), LabError> {
        let path = folder.join(name);
        let failed = LabError::io(format!("read {}", path.display()));
        let hashed = tokio::task::spawn_blocking(move || File::open(path).and_then(hash_of_all)).await;
        let (bytes, hash) = hashed.unwrap_or_else(|crash| Err(io::Error::other(crash))).map_err(failed)?;
        self.record(Event::Evidence { file: name.to_owned(), bytes, hash });
        Ok(())
    }

    /// Whether every event so far was written.
    ///
    /// # Errors
    /// Returns an error if one was not.
    pub fn health(&self) -> Result<(), LabError> {
        let lines = self.inner.lines.lock().unwrap_or_else(PoisonError::into_inner);
        match &lines.health {
            Ok(()) => Ok(()),
            Err(error) => {
                Err(LabError::io("write the journal")(io::Error::new(error.kind(), error.to_string())))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_event_that_cannot_be_written_stops_the_run() {
        let stop = CancellationToken::new();
        let full = File::options().append(true).open("/dev/full").unwrap();
        let recorder = Recorder::over(full, Clock::start(), stop.clone());
        assert!(recorder.health().is_ok() && !stop.is_cancelled());
        recorder.progress("something");
        assert!(recorder.health().is_err() && stop.is_cancelled());
    }
}
