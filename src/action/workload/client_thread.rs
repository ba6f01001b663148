//! The thread on which all clients run.
//!
//! They share it with nobody: what the runner does meanwhile does not delay them, and no client has to wake
//! another thread for each answer, which would take the server time that a commit needs.

use std::{sync::Arc, thread, time::Duration};

use tokio::{runtime, sync::oneshot, task::JoinSet};

use super::{Shared, rate_limiter::RateLimiter, writer};
use crate::lab::LabError;

/// The clients; they end when they are told to stop, or when this is dropped.
pub(super) struct ClientThread {
    writers: u16,
    /// Comes when all have ended; an error where one of them crashed.
    pub(super) ended: oneshot::Receiver<()>,
}

impl ClientThread {
    /// Starts clients 1 to `writers`, each with a commit every `period`.
    pub(super) fn start(
        shared: &Arc<Shared>,
        writers: u16,
        period: Option<Duration>,
    ) -> Result<Self, LabError> {
        let what = "start the clients";
        let runtime =
            runtime::Builder::new_current_thread().enable_all().build().map_err(LabError::io(what))?;
        let (mut tell, ended) = oneshot::channel();
        let shared = Arc::clone(shared);
        let work = move || {
            let all = async {
                let start = |number| {
                    let pace = period.map(|period| RateLimiter::new(number, writers, period));
                    writer::run(Arc::clone(&shared), number, pace)
                };
                let mut all: JoinSet<()> = (1..=writers).map(start).collect();
                while let Some(ended) = all.join_next().await {
                    if let Err(error) = ended {
                        tracing::error!(%error, "a client crashed");
                        return false;
                    }
                }
                true
            };
            let whole = runtime.block_on(async {
                tokio::select! {
                    whole = all => whole,
                    // Nobody waits for the clients any more: whoever had them is gone.
                    () = tell.closed() => false,
                }
            });
            // Sessions that still hang are left behind with the thread.
            runtime.shutdown_background();
            if whole && tell.send(()).is_err() {
                tracing::debug!("the clients ended, and nobody waited for them");
            }
        };
        thread::Builder::new().name("clients".into()).spawn(work).map_err(LabError::io(what))?;
        Ok(Self { writers, ended })
    }

    /// How many clients there are.
    pub(super) fn writers(&self) -> usize {
        self.writers.into()
    }
}
