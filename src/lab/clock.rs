//! The one clock of a run.

use std::time::Duration;

use tokio::time::Instant;

use crate::journal::Moment;

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

    /// An instant.
    #[must_use]
    pub fn at(&self, instant: Instant) -> Moment {
        let since: Duration = instant.saturating_duration_since(self.start);
        Moment(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
    }
}
