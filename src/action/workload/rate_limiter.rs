//! When a client is to commit.

use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

/// The attempts of one client: at most one in so long, but for those that are due at once.
pub(super) struct RateLimiter {
    ticks: Interval,
    due: bool,
}

impl RateLimiter {
    /// One of `writers` clients that begin jobs, each with an attempt every `period`: they are spread over it
    /// evenly.
    pub(super) fn new(writer: u16, writers: u16, period: Duration) -> Self {
        let share = f64::from(writer.saturating_sub(1)) / f64::from(writers.max(1));
        let mut ticks = interval_at(Instant::now() + period.mul_f64(share), period);
        // What an outage swallowed is not made up for, and the clients stay spread.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        Self { ticks, due: false }
    }

    /// Makes the next attempt due at once: how long the service was away is not to depend on the pace.
    pub(super) const fn hurry(&mut self) {
        self.due = true;
    }

    /// Comes when the next attempt is due.
    pub(super) async fn next(&mut self) {
        if !std::mem::take(&mut self.due) {
            self.ticks.tick().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn clients_commit_one_after_another_and_not_in_bursts() {
        let began = Instant::now();
        let mut moments = Vec::new();
        for mut pace in
            (1..=50).map(|writer| RateLimiter::new(writer, 50, Duration::from_secs(25))).collect::<Vec<_>>()
        {
            pace.next().await;
            moments.push(began.elapsed().as_millis());
        }
        assert_eq!(moments, (0..50).map(|writer| writer * 500).collect::<Vec<_>>());
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_connection_is_tried_at_once_and_the_pace_goes_on_as_before() {
        let began = Instant::now();
        let mut pace = RateLimiter::new(2, 4, Duration::from_secs(8));
        let mut moments = Vec::new();
        for hurried in [false, true, false] {
            if hurried {
                tokio::time::sleep(Duration::from_secs(1)).await;
                pace.hurry();
            }
            pace.next().await;
            moments.push(began.elapsed().as_secs());
        }
        assert_eq!(moments, [2, 3, 10]);
    }
}
