//! One client asks for all: the others wait until it was let in.
//!
//! Whoever is refused would try again at once, and so would all others: for each attempt the server makes a
//! process and writes lines into its log, at a cost that the recovery under way would have to pay. One prober
//! keeps the resolution.

use tokio::sync::{Mutex, MutexGuard, watch};

/// What clients wait at while the service does not take what they have.
pub(super) struct Gate {
    prober: Mutex<()>,
    opened: watch::Sender<()>,
}

/// What a client is to do.
pub(super) enum Turn<'a> {
    /// Try from time to time, on behalf of all, for as long as this is held.
    Probe(MutexGuard<'a, ()>),
    /// Try once, now: another was let in.
    Follow,
}

impl Gate {
    pub(super) fn new() -> Self {
        Self { prober: Mutex::new(()), opened: watch::Sender::new(()) }
    }

    /// Comes when this client is the prober, or when the prober was let in.
    pub(super) async fn turn(&self) -> Turn<'_> {
        let mut opened = self.opened.subscribe();
        tokio::select! {
            biased;
            _ = opened.changed() => Turn::Follow,
            prober = self.prober.lock() => Turn::Probe(prober),
        }
    }

    /// A client was let in: all others are to try at once.
    pub(super) fn open(&self) {
        self.opened.send_replace(());
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use tokio::time::timeout;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_client_probes_and_the_others_follow_when_it_was_let_in() {
        let gate = Arc::new(Gate::new());
        let prober = gate.turn().await;
        assert!(matches!(prober, Turn::Probe(_)));
        let waiting: Vec<_> = (0..3)
            .map(|_| {
                let gate = Arc::clone(&gate);
                tokio::spawn(async move { matches!(gate.turn().await, Turn::Follow) })
            })
            .collect();
        assert!(timeout(Duration::from_mins(1), gate.turn()).await.is_err(), "nobody is let in yet");
        gate.open();
        drop(prober);
        for follower in waiting {
            assert!(follower.await.expect("it does not crash"), "a second prober");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn where_the_prober_goes_away_another_takes_its_place() {
        let gate = Arc::new(Gate::new());
        let prober = gate.turn().await;
        let next = Arc::clone(&gate);
        let next = tokio::spawn(async move { matches!(next.turn().await, Turn::Probe(_)) });
        tokio::task::yield_now().await;
        drop(prober);
        assert!(next.await.expect("it does not crash"));
    }
}
