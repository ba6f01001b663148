//! What the readers of one pass share: its stopwatch, its first trouble, and what has to be ended.

use std::{
    io::{self, Read},
    process::Child,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use super::{
    SourceError,
    stopwatch::{Doing, Stopwatch},
};

/// Bytes that a blocking decoder reads.
pub(super) type Input = Box<dyn Read + Send>;

/// One pass over a part.
///
/// **Invariant:** the first trouble is kept here as well as returned: a decoder that takes an error of its
/// input for an end can't hide it.
#[derive(Debug)]
pub(super) struct Pass {
    pub(super) stopwatch: Stopwatch,
    trouble: Mutex<Option<SourceError>>,
    children: Mutex<Vec<Arc<Mutex<Child>>>>,
    is_given_up: AtomicBool,
}

impl Pass {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            stopwatch: Stopwatch::start(),
            trouble: Mutex::new(None),
            children: Mutex::new(Vec::new()),
            is_given_up: AtomicBool::new(false),
        })
    }

    /// Notes an error, unless there was one before, and gives the first.
    pub(super) fn note(&self, error: SourceError) -> SourceError {
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.get_or_insert(error).clone()
    }

    /// The first trouble.
    pub(super) fn trouble(&self) -> Option<SourceError> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A program that is ended when the pass is given up.
    pub(super) fn adopt(&self, child: Child) -> Arc<Mutex<Child>> {
        let child = Arc::new(Mutex::new(child));
        self.children.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&child));
        if self.is_given_up.load(Ordering::SeqCst) {
            end(&child);
        }
        child
    }

    /// Ends what still runs. Whoever reads gets an error.
    pub(super) fn give_up(&self) {
        self.is_given_up.store(true, Ordering::SeqCst);
        self.note(SourceError::GivenUp);
        for child in self.children.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            end(child);
        }
    }

    /// Whether nobody wants the bytes any more.
    pub(super) fn is_given_up(&self) -> bool {
        self.is_given_up.load(Ordering::SeqCst)
    }
}

/// Kills a program and reaps it; one that has ended already is left as it is.
pub(super) fn end(child: &Mutex<Child>) {
    let mut child = child.lock().unwrap_or_else(PoisonError::into_inner);
    if matches!(child.try_wait(), Ok(None)) {
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// A reader whose time is attributed and whose bytes are counted.
pub(super) struct Metered {
    pub(super) input: Input,
    pub(super) doing: Doing,
    pub(super) count: Arc<AtomicU64>,
    pub(super) pass: Arc<Pass>,
}

impl Read for Metered {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.pass.is_given_up() {
            return Err(SourceError::GivenUp.into());
        }
        let read = self.pass.stopwatch.within(self.doing, || self.input.read(buffer))?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
