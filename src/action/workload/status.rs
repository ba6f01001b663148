//! What the clients tell the drill as they go.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::{journal::Moment, lab::session::SqlError, pg::sqlstate};

/// After so many refusals, and no commit, a workload is one that the server never commits.
const HOPELESS: u64 = 200;

/// What the clients report to the drill as they go.
#[derive(Debug, Default)]
pub struct WorkloadStatus {
    pub(super) acknowledged: AtomicU64,
    /// Transactions of theirs that only read.
    pub(super) reads: AtomicU64,
    /// What the server refused to commit or to read, by its SQLSTATE: how often, and its latest words.
    refusals: Mutex<BTreeMap<String, (u64, String)>>,
    /// The moment of the latest acknowledged commit, in microseconds.
    pub(super) last_ack: AtomicU64,
    /// For each fault, by its step: the first failure to commit since just before it.
    troubles: Mutex<BTreeMap<usize, (Moment, Option<Moment>)>>,
    /// Sessions that were left at once: the server was not the one that the service address names.
    pub(super) strangers: AtomicU64,
    /// What the server said to the client that failed last, to commit or to connect.
    last_words: Mutex<Option<(Moment, String)>>,
}

impl WorkloadStatus {
    /// Commits that were acknowledged so far.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Transactions that only read and came to their end, so far.
    #[must_use]
    pub fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }

    /// What the server refused so far, by its SQLSTATE: how often, and its latest words.
    #[must_use]
    pub fn refusals(&self) -> BTreeMap<String, (u64, String)> {
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the server says to clients of whom none has ever committed, once it has said it so often that no
    /// other answer is to be expected.
    pub(super) fn hopeless(&self) -> Option<String> {
        let refusals = self.refusals();
        let for_good = refusals.iter().filter(|(state, _)| !sqlstate::is_worth_another_try(state));
        let count: u64 = for_good.clone().map(|(_, (count, _))| count).sum();
        if self.acknowledged() > 0 || count < HOPELESS {
            return None;
        }
        let (state, (_, words)) = for_good.max_by_key(|(_, (count, _))| *count)?;
        Some(format!("none of their {count} transactions was committed: {words} (SQLSTATE {state})"))
    }

    /// A transaction was refused by a server that goes on.
    pub(super) fn refused(&self, error: &SqlError) {
        let Some(state) = error.state.clone().filter(|_| !error.is_disconnect()) else { return };
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, words) = refusals.entry(state).or_default();
        *count += 1;
        words.clone_from(&error.message);
    }

    /// When the latest was.
    #[must_use]
    pub fn last_ack(&self) -> Moment {
        Moment(self.last_ack.load(Ordering::Relaxed))
    }

    /// Sessions that clients left at once, since another server than theirs answered.
    #[must_use]
    pub fn strangers(&self) -> u64 {
        self.strangers.load(Ordering::Relaxed)
    }

    /// From now on the first failure to commit is remembered as the one of the fault in this step.
    pub fn expect_trouble(&self, step: usize, from: Moment) {
        self.troubles().insert(step, (from, None));
    }

    /// The first failure to commit since the fault in this step; `None` while there is none.
    #[must_use]
    pub fn first_trouble(&self, step: usize) -> Option<Moment> {
        self.troubles().get(&step).and_then(|(_, first)| *first)
    }

    /// A client failed to commit.
    pub(super) fn trouble(&self, at: Moment) {
        for (from, first) in self.troubles().values_mut() {
            if at >= *from && first.is_none_or(|first| at < first) {
                *first = Some(at);
            }
        }
    }

    fn troubles(&self) -> MutexGuard<'_, BTreeMap<usize, (Moment, Option<Moment>)>> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a client failed with at that moment.
    pub(super) fn heard(&self, at: Moment, error: &SqlError) {
        *self.last_words.lock().unwrap_or_else(PoisonError::into_inner) = Some((at, error.to_string()));
    }

    /// What happened, with what a client was told since the latest commit.
    #[must_use]
    pub fn explain(&self, what: &str) -> String {
        let words = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        match words.as_ref().filter(|(at, _)| *at > self.last_ack()) {
            Some((_, words)) => format!("{what} (latest answer that a client received: {words})"),
            None => what.to_owned(),
        }
    }
}
