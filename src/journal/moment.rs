//! Instants of a run.

use std::{fmt, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Microseconds since the run began, on the runner's monotonic clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub u64);

impl Moment {
    /// So long after this one.
    #[must_use]
    pub fn after(self, period: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(period.as_micros()).unwrap_or(u64::MAX)))
    }

    /// The time from `earlier` to here; zero where `earlier` is not earlier.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}.{:06}s", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// The wall clock, by which servers write their logs, tied to the runner's clock: both are of one machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockTie {
    /// On the runner's clock.
    pub at: Moment,
    /// The same instant on the wall clock.
    pub wall: Timestamp,
    /// How far apart the two can be, in microseconds: the time between the readings, and what the wall clock
    /// was set by meanwhile.
    pub within_us: u64,
}

impl ClockTie {
    /// An instant of the wall clock on the runner's clock; zero where it lies before the run.
    #[must_use]
    pub fn moment(&self, wall: Timestamp) -> Moment {
        let apart = self.micros(wall);
        Moment(u64::try_from(i128::from(self.at.0).saturating_add(apart)).unwrap_or_default())
    }

    /// This tie, as doubtful as a second one from later on shows it to be: the wall clock may have been set
    /// in between.
    #[must_use]
    pub fn confirmed_by(self, later: &Self) -> Self {
        let slipped =
            u64::try_from((i128::from(later.at.0) - i128::from(self.at.0) - self.micros(later.wall)).abs());
        let slipped = slipped.unwrap_or(u64::MAX);
        Self { within_us: self.within_us.max(later.within_us).max(slipped), ..self }
    }

    fn micros(&self, wall: Timestamp) -> i128 {
        let apart: SignedDuration = wall.duration_since(self.wall);
        apart.as_micros()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tie(at: u64, wall_us: i64, within_us: u64) -> ClockTie {
        ClockTie { at: Moment(at), wall: Timestamp::from_microsecond(wall_us).expect("a time"), within_us }
    }

    #[test]
    fn an_instant_of_the_wall_clock_is_found_on_the_runners() {
        let tie = tie(5_000_000, 1_000_000_000, 1);
        let at = |us| Timestamp::from_microsecond(us).expect("a time");
        assert_eq!(tie.moment(at(1_000_250_000)), Moment(5_250_000));
        assert_eq!(tie.moment(at(999_000_000)), Moment(4_000_000));
        assert_eq!(tie.moment(at(0)), Moment(0));
    }

    #[test]
    fn a_wall_clock_that_was_set_meanwhile_makes_the_tie_doubtful() {
        let first = tie(1_000_000, 10_000_000, 3);
        assert_eq!(first.confirmed_by(&tie(2_000_000, 11_000_005, 4)).within_us, 5);
        assert_eq!(first.confirmed_by(&tie(2_000_000, 10_700_000, 4)).within_us, 300_000);
    }
}
