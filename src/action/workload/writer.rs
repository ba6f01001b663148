//! One client.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::{
    PATIENCE, PROBE_EVERY, RETRY_EVERY, ServiceAddress, ServiceHost, Shared,
    gate::Turn,
    note,
    rate_limiter::RateLimiter,
    transactions::{Chance, Row},
};
use crate::{
    journal::{Commit, CommitOutcome, Moment, Server},
    lab::{
        node::OWN_SETTING,
        session::{Prepared, Session, SqlError},
        wait,
    },
    pg::Lsn,
};

/// How long one attempt to connect may take. A dead address does not answer at all, and delays nobody:
/// several hosts are tried jobs, and a turn of the service ends every attempt.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);

struct Connected {
    session: Session,
    statement: Prepared,
    number: u32,
}

/// Commits rows until it is stopped, at its pace if it has one.
pub(super) async fn run(shared: Arc<Shared>, writer: u16, mut pace: Option<RateLimiter>) {
    let mut follow = shared.service.clone();
    let mut seq = 0;
    let mut chance = Chance::of(&shared.nonce, writer);
    while !shared.stop.is_cancelled() {
        let service = follow.borrow_and_update().clone();
        let connected = tokio::select! {
            () = shared.stop.cancelled() => return,
            _ = follow.changed() => continue,
            connected = connect(&shared, &service, writer) => connected,
        };
        commit_until_trouble(&shared, &mut follow, &connected, writer, &mut seq, &mut chance, &mut pace)
            .await;
        if let Some(pace) = &mut pace {
            pace.hurry();
        }
        pause(&shared, &mut follow).await;
    }
}

async fn pause(shared: &Shared, follow: &mut watch::Receiver<ServiceAddress>) {
    tokio::select! {
        () = sleep(RETRY_EVERY) => {}
        () = shared.stop.cancelled() => {}
        _ = follow.changed() => follow.mark_changed(),
    }
}

/// A session that takes writes, whenever there is one. With several hosts, all are tried jobs and the first
/// that takes writes is it, as with `target_session_attrs=read-write`, but without waiting for those that
/// don't answer.
async fn connect(shared: &Shared, service: &ServiceAddress, writer: u16) -> Connected {
    let mut hosts: FuturesUnordered<_> =
        service.hosts.iter().map(|host| persist(shared, host, writer)).collect();
    match hosts.next().await {
        Some((session, statement, server)) => {
            let number = shared.ledger_writer.session(writer, shared.clock.now(), server);
            Connected { session, statement, number }
        }
        // A service without an address has no server, ever.
        None => std::future::pending().await,
    }
}

/// Tries one host until its server takes writes, as the prober of all clients or when that was let in.
async fn persist(shared: &Shared, host: &ServiceHost, writer: u16) -> (Session, Prepared, Server) {
    let gate = shared.gate_of(host);
    // Since when its server answers and says no.
    let mut refused_since: Option<Instant> = None;
    loop {
        let turn = gate.turn().await;
        loop {
            match attempt(shared, host).await {
                Ok(connected) => {
                    if matches!(turn, Turn::Probe(_)) {
                        gate.open();
                    }
                    return connected;
                }
                Err(NoSession { error, has_answered }) => {
                    shared.status.heard(shared.clock.now(), &error);
                    tracing::trace!(writer, %error, "not connected");
                    refused_since = has_answered.then(|| refused_since.unwrap_or_else(Instant::now));
                    sleep(
                        refused_since.map_or(RETRY_EVERY, |since| wait::rest(since.elapsed(), PROBE_EVERY)),
                    )
                    .await;
                }
            }
            if matches!(turn, Turn::Follow) {
                break;
            }
        }
    }
}

/// Why there is no session, and whether a server answered: one that does, to say no, has made a process for
/// it.
struct NoSession {
    error: SqlError,
    has_answered: bool,
}

impl From<SqlError> for NoSession {
    fn from(error: SqlError) -> Self {
        Self { has_answered: error.state.is_some(), error }
    }
}

async fn attempt(shared: &Shared, host: &ServiceHost) -> Result<(Session, Prepared, Server), NoSession> {
    let database = shared.database.as_str();
    let session = Session::connect(&host.address, &shared.secrets.application, database, PATIENCE);
    let session = tokio::time::timeout(CONNECT_WITHIN, session).await.map_err(|_| silent())??;
    // What is committed to a server that is not in service (one that is still being restored, say) is not
    // committed at all.
    let whose = session.setting(OWN_SETTING).await?;
    if whose.as_deref() != Some(host.identity.as_str()) {
        shared.status.strangers.fetch_add(1, Ordering::Relaxed);
        let whose = whose.as_deref().unwrap_or("somebody else");
        let message = format!("this is not {}: it is {whose}", host.identity);
        return Err(NoSession { error: SqlError { state: None, message }, has_answered: true });
    }
    // A server in recovery prepares it too.
    let statement = session.prepare(&shared.insert).await?;
    // A standby, or a server that is about to take writes: the session waits there for that moment.
    while session.in_recovery().await? {
        sleep(RETRY_EVERY).await;
    }
    let server = session.server(Some(host.node.clone())).await?;
    Ok((session, statement, server))
}

fn broken() -> SqlError {
    SqlError { state: None, message: "the connection broke".into() }
}

fn silent() -> SqlError {
    SqlError { state: None, message: format!("no answer within {CONNECT_WITHIN:?}") }
}

async fn commit_until_trouble(
    shared: &Shared,
    follow: &mut watch::Receiver<ServiceAddress>,
    connected: &Connected,
    writer: u16,
    seq: &mut u32,
    chance: &mut Chance,
    pace: &mut Option<RateLimiter>,
) {
    let mut was_refused = false;
    loop {
        if let Some(pace) = pace {
            tokio::select! {
                () = pace.next() => {}
                // An outage is noticed by whoever has a session, and not only when the next commit is due.
                () = connected.session.ended() => {
                    let now = shared.clock.now();
                    shared.status.trouble(now);
                    return shared.status.heard(now, &broken());
                }
                () = shared.stop.cancelled() => return,
                _ = follow.changed() => return follow.mark_changed(),
            }
        }
        if shared.stop.is_cancelled() || follow.has_changed().unwrap_or(true) {
            return;
        }
        let open = shared.gate.read().await;
        let chosen = shared.transactions.choose(chance);
        if let Some(read) = chosen.filter(|chosen| chosen.read_only) {
            let answer = answer(shared, follow, read.read(&connected.session, writer, chance)).await;
            drop(open);
            match answer {
                Ok(()) => drop(shared.status.reads.fetch_add(1, Ordering::Relaxed)),
                Err(error) => {
                    shared.status.heard(shared.clock.now(), &error);
                    shared.status.refused(&error);
                    if error.is_disconnect() {
                        return;
                    }
                    pause(shared, follow).await;
                }
            }
            continue;
        }
        *seq += 1;
        let text = note(&shared.nonce, writer, *seq);
        let begun = shared.clock.now();
        let row = Row { statement: &connected.statement, writer, seq: *seq, note: &text };
        let commit = shared.transactions.commit(&connected.session, &row, chosen, chance);
        let answer = answer(shared, follow, commit).await;
        let ended = shared.clock.now();
        drop(open);
        let (outcome, lsn) = match &answer {
            Ok(lsn) => (CommitOutcome::Acknowledged, *lsn),
            Err(error) if error.is_disconnect() => (CommitOutcome::InDoubt, Lsn(0)),
            Err(_) => (CommitOutcome::Failed, Lsn(0)),
        };
        shared.ledger_writer.commit(&Commit {
            begun,
            ended,
            lsn,
            seq: *seq,
            session: connected.number,
            writer,
            outcome,
        });
        match answer {
            Ok(_) => {
                note_ack(shared, ended);
                if std::mem::take(&mut was_refused) {
                    shared.statements.open();
                }
            }
            Err(error) => {
                if !error.is_collision() {
                    shared.status.trouble(ended);
                }
                shared.status.heard(ended, &error);
                shared.status.refused(&error);
                tracing::debug!(writer, seq = *seq, %error, "not committed");
                if outcome == CommitOutcome::InDoubt {
                    return;
                }
                if let Some(pace) = pace {
                    pace.hurry();
                }
                if error.is_read_only() {
                    return pause(shared, follow).await;
                }
                if error.is_collision() {
                    pause(shared, follow).await;
                    continue;
                }
                // The server refuses this statement for now (its table is gone, say), and the session is
                // whole.
                was_refused = true;
                tokio::select! {
                    () = shared.until_worth_another_attempt(&connected.session) => {}
                    () = shared.stop.cancelled() => return,
                    _ = follow.changed() => return follow.mark_changed(),
                }
            }
        }
    }
}

impl Shared {
    /// Comes when a statement that was refused is worth another attempt. One client looks for the table,
    /// without an error in the server's log and a line in the ledger; the others wait until it has committed.
    async fn until_worth_another_attempt(&self, session: &Session) {
        let Turn::Probe(_prober) = self.statements.turn().await else { return };
        loop {
            sleep(PROBE_EVERY).await;
            // Where the table is there, it was something else, and only another attempt tells.
            if !matches!(
                session.value(&self.looks_for_table).await.as_ref().map(Option::as_deref),
                Ok(Some("f"))
            ) {
                return;
            }
        }
    }
}

/// What the server answers, unless the service goes elsewhere meanwhile or the clients are stopped.
async fn answer<T>(
    shared: &Shared,
    follow: &mut watch::Receiver<ServiceAddress>,
    transaction: impl Future<Output = Result<T, SqlError>>,
) -> Result<T, SqlError> {
    tokio::pin!(transaction);
    tokio::select! {
        biased;
        answer = &mut transaction => answer,
        _ = follow.changed() => {
            follow.mark_changed();
            Err(SqlError { state: None, message: "the service went elsewhere".into() })
        }
        () = shared.stop.cancelled() => {
            // The last transaction gets a moment to end, so that a drill's end leaves nothing in doubt.
            let last = tokio::time::timeout(Duration::from_secs(1), transaction);
            last.await.unwrap_or_else(|_| Err(silent()))
        }
    }
}

fn note_ack(shared: &Shared, at: Moment) {
    shared.status.acknowledged.fetch_add(1, Ordering::Relaxed);
    shared.status.last_ack.fetch_max(at.0, Ordering::Relaxed);
}
