//! The one clock of a run.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::journal::{ClockTie, Moment};

/// Counts from the beginning of a run, on the runner's monotonic clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: Instant,
}

impl Clock {
    /// A clock that begins now.
    #[must_use]
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.at(Instant::now())
    }

    /// Ties the wall clock to this one: of several readings, that which took least.
    #[must_use]
    pub fn tie(&self) -> ClockTie {
        let reading = || {
            let before = self.now();
            let wall = Timestamp::now();
            let within_us = self.now().0.saturating_sub(before.0);
            ClockTie { at: Moment(before.0 + within_us / 2), wall, within_us: within_us.max(1) }
        };
        let first = reading();
        (0..4)
            .map(|_| reading())
            .fold(first, |best, next| if next.within_us < best.within_us { next } else { best })
    }

    /// An instant.
    #[must_use]
    pub fn at(&self, instant: Instant) -> Moment {
        let since: Duration = instant.saturating_duration_since(self.start);
        Moment(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
    }
}
