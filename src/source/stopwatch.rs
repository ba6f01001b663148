//! Where the wall time of one pass goes: each moment belongs to one phase, so that the phases add up.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

use super::Layer;

/// What a pass does at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doing {
    /// Waiting for bytes of the store.
    Fetch,
    /// Taking an encryption off.
    Decrypt,
    /// Taking a compression off.
    Decompress,
    /// Waiting for whoever takes the bytes.
    HandOver,
}

impl Doing {
    pub(super) const fn of(layer: Layer) -> Self {
        if layer.is_encryption() { Self::Decrypt } else { Self::Decompress }
    }
}

/// The wall time of a pass; the four add up to all of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Waiting for bytes of the store.
    pub fetch: Duration,
    /// Taking encryptions off.
    pub decrypt: Duration,
    /// Taking compressions off.
    pub decompress: Duration,
    /// Waiting for whoever takes the bytes.
    pub hand_over: Duration,
}

impl Times {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.fetch + self.decrypt + self.decompress + self.hand_over
    }

    fn of(&mut self, doing: Doing) -> &mut Duration {
        match doing {
            Doing::Fetch => &mut self.fetch,
            Doing::Decrypt => &mut self.decrypt,
            Doing::Decompress => &mut self.decompress,
            Doing::HandOver => &mut self.hand_over,
        }
    }
}

/// Attributes wall time to what the pass does. A program that decrypts is fed by a thread of its own: while
/// that thread has nothing to feed it, the pass waits for what the feeder waits for.
#[derive(Debug)]
pub(super) struct Stopwatch {
    /// The thread of the pass; any other feeds a program.
    main: ThreadId,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    since: Instant,
    doing: Vec<Doing>,
    feeder: Vec<Doing>,
    times: Times,
    is_stopped: bool,
}

impl Stopwatch {
    /// Starts it for this thread.
    pub(super) fn start() -> Self {
        let state = State {
            since: Instant::now(),
            doing: vec![Doing::HandOver],
            feeder: Vec::new(),
            times: Times::default(),
            is_stopped: false,
        };
        Self { main: thread::current().id(), state: Mutex::new(state) }
    }

    /// Does something, within what was being done.
    pub(super) fn within<T>(&self, doing: Doing, act: impl FnOnce() -> T) -> T {
        self.turn(|stack| stack.push(doing));
        let done = act();
        self.turn(|stack| {
            stack.pop();
        });
        done
    }

    /// The times so far.
    pub(super) fn times(&self) -> Times {
        let mut state = self.lock();
        state.tick();
        state.times
    }

    /// The end: no time passes after it.
    pub(super) fn stop(&self) {
        let mut state = self.lock();
        state.tick();
        state.is_stopped = true;
    }

    fn turn(&self, change: impl FnOnce(&mut Vec<Doing>)) {
        let mut state = self.lock();
        state.tick();
        let feeds = thread::current().id() != self.main;
        change(if feeds { &mut state.feeder } else { &mut state.doing });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn tick(&mut self) {
        let now = Instant::now();
        let passed = now - self.since;
        self.since = now;
        if self.is_stopped {
            return;
        }
        let own = self.doing.last().copied().unwrap_or(Doing::HandOver);
        let doing = match (own, self.feeder.last()) {
            (Doing::Decrypt, Some(feeder)) => *feeder,
            _ => own,
        };
        *self.times.of(doing) += passed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_moment_belongs_to_the_innermost_and_all_add_up() {
        let began = Instant::now();
        let stopwatch = Stopwatch::start();
        let rest = || thread::sleep(Duration::from_millis(20));
        stopwatch.within(Doing::Decompress, || {
            rest();
            stopwatch.within(Doing::Decrypt, || {
                thread::scope(|scope| scope.spawn(|| stopwatch.within(Doing::Fetch, rest)).join())
                    .expect("the feeder");
                rest();
                rest();
            });
        });
        stopwatch.stop();
        let whole = began.elapsed();
        rest();
        let times = stopwatch.times();
        let millis = |least: u64, time: Duration| {
            assert!(time >= Duration::from_millis(least) && time <= whole, "{times:?}");
        };
        millis(20, times.decompress);
        millis(20, times.fetch);
        millis(40, times.decrypt);
        assert!(times.total() <= whole && times.total() >= Duration::from_millis(80), "{times:?}");
    }
}
