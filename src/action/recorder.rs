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
    journal::{Entry, Event, Exercise, codec},
    lab::{LabError, clock::Clock},
};

/// How many entries a slow listener may be behind before it misses some; the file misses none.
const LISTENERS_BEHIND: usize = 4096;

struct Inner {
    clock: Clock,
    file: Mutex<(File, io::Result<()>)>,
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
    /// Makes the journal's file. `stop` is cancelled at the first event that can't be written: what is not written down proves
    /// nothing.
    ///
    /// # Errors
    /// Returns an error if it can't be made.
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
            inner: Arc::new(Inner { clock, file: Mutex::new((file, Ok(()))), listeners, stop }),
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
        let mut line = Vec::new();
        let mut guard = self.inner.file.lock().unwrap_or_else(PoisonError::into_inner);
        // The instant is taken under the lock, so that the lines of a journal are in the order of their instants.
        let entry = Entry { at: self.inner.clock.now(), exercise: self.exercise.clone(), event };
        let (file, health) = &mut *guard;
        if health.is_ok() {
            *health = codec::write_entry(&mut line, &entry).and_then(|()| file.write_all(&line));
            if health.is_err() {
                self.inner.stop.cancel();
            }
        }
        // Nobody listening is no error.
        drop(self.inner.listeners.send(entry));
    }

    /// Tells what is being done, for people.
    pub fn progress(&self, text: impl Into<String>) {
        self.record(Event::Progress { text: text.into() });
    }

    /// Whether every event so far was written.
    ///
    /// # Errors
    /// Returns an error if one was not.
    pub fn health(&self) -> Result<(), LabError> {
        let guard = self.inner.file.lock().unwrap_or_else(PoisonError::into_inner);
        match &guard.1 {
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
