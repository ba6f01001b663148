//! The clients: they commit known rows through the whole drill, find the server again by themselves, and
//! write down what they were told.
//!
//! **Invariant:** a row is attempted once, under a number that is never used again; what was written down as
//! acknowledged was acknowledged. A client knows nothing of faults and recoveries: it follows the service
//! address.

mod client_thread;
mod gate;
mod ledger_writer;
mod markers;
mod rate_limiter;
mod service;
mod status;
mod touched;
mod transactions;
mod writer;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::{OwnedRwLockWriteGuard, RwLock, watch};
use tokio_util::sync::CancellationToken;

use client_thread::ClientThread;
use gate::Gate;
pub use ledger_writer::LedgerWriter;
pub use markers::Markers;
pub use service::{ServiceAddress, ServiceHost};
pub use status::WorkloadStatus;
pub use touched::{Touch, touched};
use transactions::Transactions;

use crate::{
    drill::{DatabaseName, TableName, Workload as Declared},
    journal::Moment,
    lab::{
        LabError,
        clock::Clock,
        node::Secrets,
        wait::{self, Poll},
    },
    pg::quote::literal,
};

/// How soon a client that can't reach the server tries again.
const RETRY_EVERY: Duration = Duration::from_millis(2);

/// How soon the one client that asks for all tries again where the server answers, to say no, until it has
/// said so for long: each time it makes a process for it, and writes lines into its log.
const PROBE_EVERY: Duration = Duration::from_millis(4);

/// The resolution of outages: how long after the service is back a client has noticed it at the latest, with
/// the attempt. It is one percent of the time for which the server has said no where that is more (see
/// [`wait::rest`]).
pub const RESOLUTION: Duration = Duration::from_millis(5);

/// How long a client waits for the answer to a commit before it gives the session up; the commit is in_doubt
/// then.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A client that waits for an answer for so long counts as one that has noticed an outage.
const SILENCE: Duration = Duration::from_secs(1);

/// The table of Lifeboat's own markers; the clients' table may be the dataset's.
pub const MARKER_TABLE: &str = "lifeboat.marker";

/// The table that the clients write to, where the drill names no other.
pub const COMMIT_TABLE: &str = "lifeboat.commits";

/// What all clients share.
struct Shared {
    clock: Clock,
    ledger_writer: Arc<LedgerWriter>,
    status: Arc<WorkloadStatus>,
    service: watch::Receiver<ServiceAddress>,
    gate: Arc<RwLock<()>>,
    stop: CancellationToken,
    secrets: Secrets,
    database: DatabaseName,
    insert: String,
    transactions: Transactions,
    looks_for_table: String,
    nonce: String,
    /// For those who have no session, by the server that they look for.
    gates: Mutex<BTreeMap<String, Arc<Gate>>>,
    /// For those whose statement is refused.
    statements: Gate,
}

impl Shared {
    /// Where those wait who look for this server.
    fn gate_of(&self, host: &ServiceHost) -> Arc<Gate> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(gates.entry(host.identity.clone()).or_insert_with(|| Arc::new(Gate::new())))
    }
}

/// The clients of an exercise.
pub struct Workload {
    shared: Arc<Shared>,
    service: watch::Sender<ServiceAddress>,
    client_thread: ClientThread,
    markers: Markers,
    table: TableName,
}

/// What it takes to start the clients.
pub struct WorkloadConfig<'a> {
    /// What the drill declares.
    pub declared: &'a Declared,
    /// The database that they commit to.
    pub database: DatabaseName,
    /// Where the service is.
    pub service: ServiceAddress,
    /// Their passwords.
    pub secrets: Secrets,
    /// The text that only this exercise writes.
    pub nonce: String,
    /// The clock of the run.
    pub clock: Clock,
    /// The file of the ledger.
    pub ledger: &'a Path,
}

impl Workload {
    /// Starts the clients.
    ///
    /// # Errors
    /// Returns an error if the ledger can't be created.
    pub fn start(config: WorkloadConfig<'_>) -> Result<Self, LabError> {
        let (service, follow) = watch::channel(config.service);
        let table = config.declared.table.clone();
        let shared = Arc::new(Shared {
            clock: config.clock,
            ledger_writer: Arc::new(LedgerWriter::create(config.ledger)?),
            status: Arc::default(),
            service: follow,
            gate: Arc::default(),
            stop: CancellationToken::new(),
            secrets: config.secrets,
            database: config.database,
            insert: insert_into(&table.quoted()),
            transactions: Transactions::of(config.declared)?,
            looks_for_table: format!("select to_regclass({}) is not null", literal(&table.quoted())),
            gates: Mutex::default(),
            statements: Gate::new(),
            nonce: config.nonce,
        });
        let client_thread = ClientThread::start(&shared, config.declared.writers, config.declared.period())?;
        let markers = Markers::of(&shared);
        Ok(Self { shared, service, client_thread, markers, table })
    }

    /// Lifeboat's own commits, which are written down like those of the clients.
    #[must_use]
    pub const fn markers(&self) -> &Markers {
        &self.markers
    }

    /// What the clients report.
    #[must_use]
    pub fn status(&self) -> &Arc<WorkloadStatus> {
        &self.shared.status
    }

    /// The clients' table.
    #[must_use]
    pub const fn table(&self) -> &TableName {
        &self.table
    }

    /// How many clients there are.
    #[must_use]
    pub fn writers(&self) -> usize {
        self.client_thread.writers()
    }

    /// Sends the clients elsewhere; those who wait for an answer of the old server give it up.
    pub fn switch(&self, service: ServiceAddress) {
        self.service.send_replace(service);
    }

    /// Where the clients are sent now.
    #[must_use]
    pub fn service(&self) -> ServiceAddress {
        self.service.borrow().clone()
    }

    /// Holds the clients between two transactions until the guard is dropped: nothing of theirs is under way.
    ///
    /// # Errors
    /// Returns an error if one of them does not come to the end of its transaction.
    pub async fn hold(&self) -> Result<OwnedRwLockWriteGuard<()>, LabError> {
        let within = PATIENCE + Duration::from_secs(1);
        tokio::time::timeout(within, Arc::clone(&self.shared.gate).write_owned()).await.map_err(|_| {
            LabError::Deadline { what: "hold the clients between two transactions".into(), within }
        })
    }

    /// Waits until a commit that was acknowledged after `after` is seen.
    ///
    /// # Errors
    /// Returns an error if none is within the time.
    pub async fn wait_for_commit(&self, after: Moment, within: Duration) -> Result<Moment, LabError> {
        wait::until("see a client commit", within, Duration::from_micros(500), || async {
            let last = self.status().last_ack();
            if let Some(words) = self.status().hopeless() {
                return Err(LabError::state("see a client commit", words));
            }
            Ok(if last > after { Poll::Ready(last) } else { Poll::NotYet })
        })
        .await
        .map_err(|error| {
            let LabError::Deadline { what, within } = error else { return error };
            LabError::Deadline { what: self.status().explain(&what), within }
        })
    }

    /// Waits for the clients' first error since the fault in this step, which came at `at`: a failure to
    /// commit, or a second without an answer.
    ///
    /// # Errors
    /// Returns an error if they go on committing.
    pub async fn wait_for_outage(
        &self,
        step: usize,
        at: Moment,
        within: Duration,
    ) -> Result<Moment, LabError> {
        wait::until("see the clients notice the outage", within, Duration::from_micros(500), || async {
            let silent = self.status().last_ack().max(at).after(SILENCE);
            Ok(match self.status().first_trouble(step) {
                Some(trouble) => Poll::Ready(trouble.max(at)),
                None if self.shared.clock.now() >= silent => Poll::Ready(silent),
                None => Poll::NotYet,
            })
        })
        .await
    }

    /// Writes the ledger down to the disk.
    ///
    /// # Errors
    /// Returns an error if a line of it could not be written.
    pub fn flush(&self) -> Result<(), LabError> {
        self.shared.ledger_writer.flush()
    }

    /// Stops the clients: each ends the transaction that it is in, or gives it up, and writes it down.
    ///
    /// # Errors
    /// Returns an error if a client crashed, or a line of the ledger could not be written.
    pub async fn stop(self) -> Result<(), LabError> {
        self.shared.stop.cancel();
        self.client_thread
            .ended
            .await
            .map_err(|error| LabError::state("stop the clients", format!("one of them crashed: {error}")))?;
        self.shared.ledger_writer.flush()
    }
}

fn insert_into(table: &str) -> String {
    format!(
        "insert into {table} (writer, seq, note) values ($1, $2, $3) returning pg_current_wal_insert_lsn()"
    )
}

/// What a row says: it can be computed again from its number, so that damage shows.
#[must_use]
pub fn note(nonce: &str, writer: u16, seq: u32) -> String {
    format!("{nonce}-{writer}-{seq}")
}
