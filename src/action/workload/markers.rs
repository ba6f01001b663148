//! Lifeboat's own commits among those of the clients.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use super::{MARKER_TABLE, Shared, insert_into, ledger_writer::LedgerWriter, note};
use crate::{
    journal::{Commit, CommitOutcome, MARKER_WRITER},
    lab::{LabError, clock::Clock, node::Node, session::Session},
    pg::Lsn,
};

/// Writes marker rows; all clones of it count on together.
#[derive(Clone)]
pub struct Markers {
    clock: Clock,
    ledger_writer: Arc<LedgerWriter>,
    nonce: Arc<str>,
    written: Arc<AtomicU32>,
}

impl Markers {
    pub(super) fn of(shared: &Shared) -> Self {
        Self {
            clock: shared.clock,
            ledger_writer: Arc::clone(&shared.ledger_writer),
            nonce: shared.nonce.as_str().into(),
            written: Arc::default(),
        }
    }

    /// Commits a marker row of Lifeboat's own in a session of the application's role, and writes it down like
    /// any other; returns its sequence number.
    ///
    /// # Errors
    /// Returns an error if it is not acknowledged.
    pub async fn commit(&self, node: &Node, session: &Session) -> Result<u32, LabError> {
        let seq = self.written.fetch_add(1, Ordering::Relaxed) + 1;
        let server = node.ask(session.server(Some(node.name().clone())).await, "ask which server it is")?;
        let number = self.ledger_writer.session(MARKER_WRITER, self.clock.now(), server);
        let statement = node.ask(session.prepare(&insert_into(MARKER_TABLE)).await, "prepare a marker")?;
        let begun = self.clock.now();
        let answer =
            session.insert(&statement, MARKER_WRITER, seq, &note(&self.nonce, MARKER_WRITER, seq)).await;
        let ended = self.clock.now();
        let (outcome, lsn) = match &answer {
            Ok(lsn) => (CommitOutcome::Acknowledged, *lsn),
            Err(error) if error.is_disconnect() => (CommitOutcome::InDoubt, Lsn(0)),
            Err(_) => (CommitOutcome::Failed, Lsn(0)),
        };
        self.ledger_writer.commit(&Commit {
            begun,
            ended,
            lsn,
            seq,
            session: number,
            writer: MARKER_WRITER,
            outcome,
        });
        node.ask(answer, "commit a marker")?;
        Ok(seq)
    }
}
