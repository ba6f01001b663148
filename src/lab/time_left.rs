//! How long what is under way may still take.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::drill::Deadlines;

/// So much is kept back at most for telling how something stood when its time was over.
const KEPT_BACK: Duration = Duration::from_secs(10);

/// The deadline of the step, or other part of an exercise, that is under way. Clones follow it: a node is
/// made in one step and used in the next, and what it does then has the time of that one.
#[derive(Clone, Default)]
pub struct TimeLeft(Arc<Mutex<Option<Limit>>>);

#[derive(Clone, Copy)]
struct Limit {
    end: Instant,
    within: Duration,
}

impl TimeLeft {
    /// Nothing may take longer: a bound for what belongs to no exercise.
    pub const LONGEST: Duration = Duration::from_hours(365 * 24);

    /// Begins a part that may take so long.
    pub fn begin(&self, within: Duration) {
        let end = Instant::now() + within.min(Self::LONGEST);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Limit { end, within });
    }

    /// Ends what is under way a little earlier, so that there is time to tell how it stood then: how much.
    #[must_use]
    pub fn keep_back(&self) -> Duration {
        let part = (self.remaining() / 20).min(KEPT_BACK);
        if let Some(limit) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            limit.end -= part;
        }
        part
    }

    /// Gives back what was kept.
    pub fn give_back(&self, part: Duration) {
        if let Some(limit) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            limit.end += part;
        }
    }

    fn limit(&self) -> Option<Limit> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is left of it.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.limit().map_or(Self::LONGEST, |limit| limit.end.saturating_duration_since(Instant::now()))
    }

    /// How long to wait for what a sound system does by itself ([`Deadlines::patience`]).
    #[must_use]
    pub fn patience(&self) -> Duration {
        let within = self.limit().map_or(Self::LONGEST, |limit| limit.within);
        Deadlines::patience(within).min(self.remaining())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_kept_back_is_there_when_the_rest_is_over() {
        let left = TimeLeft::default();
        left.begin(Duration::from_secs(20));
        let kept = left.keep_back();
        tokio::time::sleep(Duration::from_secs(19)).await;
        assert!(left.remaining().is_zero());
        left.give_back(kept);
        assert_eq!(left.remaining(), Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_clone_follows_from_one_step_to_the_next() {
        let first = TimeLeft::default();
        let clone = first.clone();
        assert_eq!(clone.remaining(), TimeLeft::LONGEST);
        first.begin(Duration::from_mins(10));
        tokio::time::sleep(Duration::from_secs(590)).await;
        assert_eq!((clone.remaining(), clone.patience()), (Duration::from_secs(10), Duration::from_secs(10)));
        first.begin(Duration::from_hours(24));
        assert_eq!(clone.patience(), Duration::from_mins(12));
        tokio::time::sleep(Duration::from_hours(25)).await;
        assert_eq!(clone.remaining(), Duration::ZERO);
    }
}
