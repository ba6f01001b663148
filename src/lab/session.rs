//! A connection to a server: the only owner of `tokio-postgres`.

use std::{fmt, pin::pin, time::Duration};

use futures_util::TryStreamExt;
use jiff::Timestamp;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::JoinHandle,
    time::timeout,
};
use tokio_postgres::{
    Client, Config, Connection, NoTls, SimpleQueryMessage, SimpleQueryRow, config::SslMode, error::SqlState,
    types::ToSql,
};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Address, Authority, LabError, TimeLeft, session_settings::SessionSettings};
use crate::{
    drill::NodeName,
    human,
    journal::Server,
    pg::{Lsn, Major, Timeline, quote::literal},
};

/// A role and its password.
#[derive(Clone)]
pub struct Credentials {
    /// The role.
    pub role: String,
    /// Its password; never shown.
    pub password: String,
    /// Who knows the servers that it logs in to; `None` where nothing is encrypted.
    pub authority: Option<Authority>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials({})", self.role)
    }
}

/// An error of the database, told apart by its SQLSTATE; no state means that the connection itself failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlError {
    /// The SQLSTATE; `None` where the connection was lost or never made.
    pub state: Option<String>,
    /// The server's or the system's words.
    pub message: String,
}

impl SqlError {
    /// Whether the server is there but in recovery, or refuses writes for another reason.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.state.as_deref() == Some(SqlState::READ_ONLY_SQL_TRANSACTION.code())
    }

    /// Whether the transaction met another one, by serialization or deadlock (class 40): the next attempt may
    /// well succeed.
    #[must_use]
    pub fn is_collision(&self) -> bool {
        self.state.as_deref().is_some_and(|state| state.starts_with("40"))
    }

    /// Whether the session is gone: the connection broke, or the server ended it (class 57P, class 08).
    #[must_use]
    pub fn is_disconnect(&self) -> bool {
        self.state.as_deref().is_none_or(|state| state.starts_with("57P") || state.starts_with("08"))
    }
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.state {
            Some(state) => write!(f, "{} (SQLSTATE {state})", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for SqlError {}

impl From<tokio_postgres::Error> for SqlError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(db) => Self { state: Some(db.code().code().to_owned()), message: db.message().to_owned() },
            None => {
                let chain = crate::journal::ErrorChain::of(&error);
                Self { state: None, message: chain.to_string() }
            }
        }
    }
}

/// Rows as texts; NULL is `None`.
pub type TextRows = Vec<Vec<Option<String>>>;

/// A connection; dropping it ends it.
pub struct Session {
    client: Client,
    connection: JoinHandle<()>,
    /// Cancelled when the connection has ended.
    ended: CancellationToken,
    within: Duration,
    time_left: Option<TimeLeft>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

/// Lets a connection work until it ends.
fn spawn<S, T>(connection: Connection<S, T>, end: DropGuard) -> JoinHandle<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "connection ended");
        }
        drop(end);
    })
}

/// A statement that was prepared in a session.
#[derive(Clone)]
pub struct Prepared(tokio_postgres::Statement);

impl Session {
    /// Connects a client, which has the user's settings and takes writes. Each statement may take `within`,
    /// the connection at most `within` or five seconds.
    ///
    /// # Errors
    /// Returns an error if the server can't be reached, refuses, or does not answer in time.
    pub async fn connect(
        address: &Address,
        who: &Credentials,
        database: &str,
        within: Duration,
    ) -> Result<Self, SqlError> {
        let options = SessionSettings::Writing.options(Major::OLDEST);
        Self::connect_with(&options, address, who, database, within).await
    }

    /// Connects with these `options` in the start-up packet, see [`SessionSettings::options`].
    ///
    /// # Errors
    /// Returns an error if the server can't be reached, refuses, or does not answer in time.
    pub async fn connect_with(
        options: &str,
        address: &Address,
        who: &Credentials,
        database: &str,
        within: Duration,
    ) -> Result<Self, SqlError> {
        let mut config = Config::new();
        if !options.is_empty() {
            config.options(options);
        }
        config
            .host(address.host.to_string())
            .port(address.port)
            .user(&who.role)
            .password(&who.password)
            .dbname(database)
            .application_name("lifeboat")
            .tcp_user_timeout(within.min(Duration::from_secs(30)));
        let patience = within.min(Duration::from_secs(5));
        let late = |_| late("the server did not take the connection", patience);
        let ended = CancellationToken::new();
        let end = ended.clone().drop_guard();
        let (client, connection) = match &who.authority {
            None => {
                config.ssl_mode(SslMode::Disable);
                let connected = timeout(patience, config.connect(NoTls)).await.map_err(late)?;
                let (client, connection) = connected?;
                (client, spawn(connection, end))
            }
            Some(authority) => {
                config.ssl_mode(SslMode::Require);
                let connected = timeout(patience, config.connect(authority.connector())).await;
                let (client, connection) = connected.map_err(late)??;
                (client, spawn(connection, end))
            }
        };
        Ok(Self { client, connection, ended, within, time_left: None })
    }

    /// The same session, whose statements may take as long as what is under way then has left, and no less.
    #[must_use]
    pub fn limited_by(mut self, time_left: TimeLeft) -> Self {
        self.time_left = Some(time_left);
        self
    }

    async fn limited<T>(
        &self,
        work: impl Future<Output = Result<T, tokio_postgres::Error>>,
    ) -> Result<T, SqlError> {
        let within = self.time_left.as_ref().map_or(self.within, TimeLeft::remaining);
        timeout(within, work)
            .await
            .map_err(|_| late("the server did not answer", within))?
            .map_err(SqlError::from)
    }

    /// Comes when the connection has ended, by whomever.
    pub async fn ended(&self) {
        self.ended.cancelled().await;
    }

    /// Runs statements and gives the rows of the last that had any.
    ///
    /// # Errors
    /// Returns an error if one of them fails.
    pub async fn rows(&self, sql: &str) -> Result<TextRows, SqlError> {
        let messages = self.limited(self.client.simple_query(sql)).await?;
        let mut rows = Vec::new();
        for message in messages {
            if let SimpleQueryMessage::RowDescription(_) = message {
                rows.clear();
            } else if let SimpleQueryMessage::Row(row) = message {
                rows.push(texts(&row));
            }
        }
        Ok(rows)
    }

    /// The first rows of one statement, which can't write; they are read as they come, and no more than
    /// `at_most` are held. A statement with more is given up, and the session with it.
    ///
    /// # Errors
    /// Returns an error if it fails, would write, or is more than one statement.
    pub async fn read_only(self, sql: &str, at_most: usize) -> Result<TextRows, SqlError> {
        // Only one statement can be prepared; the same parser finds the same one when it is run.
        self.prepare(sql).await?;
        // A transaction can be made to write until its first query, and not after it.
        self.run("begin transaction read only; select 1").await?;
        let read = async {
            let mut messages = pin!(self.client.simple_query_raw(sql).await?);
            let mut rows = TextRows::new();
            while rows.len() < at_most {
                match messages.try_next().await? {
                    Some(SimpleQueryMessage::Row(row)) => rows.push(texts(&row)),
                    Some(_) => {}
                    None => break,
                }
            }
            Ok(rows)
        };
        self.limited(read).await
    }

    /// Runs statements whose rows don't matter.
    ///
    /// # Errors
    /// Returns an error if one of them fails.
    pub async fn run(&self, sql: &str) -> Result<(), SqlError> {
        self.rows(sql).await.map(drop)
    }

    /// The single value of a query; `None` for NULL or no row.
    ///
    /// # Errors
    /// Returns an error if it fails.
    pub async fn value(&self, sql: &str) -> Result<Option<String>, SqlError> {
        Ok(self.rows(sql).await?.into_iter().next().and_then(|row| row.into_iter().next()).flatten())
    }

    /// The single value of a query, read as `T`.
    ///
    /// # Errors
    /// Returns an error if it fails, is NULL, or is something else.
    pub async fn read<T: std::str::FromStr>(&self, sql: &str) -> Result<T, SqlError> {
        let value = self.value(sql).await?;
        value.as_deref().and_then(|text| text.parse().ok()).ok_or_else(|| SqlError {
            state: None,
            message: format!("`{sql}` gave {value:?}, which is not what was expected"),
        })
    }

    /// The value of a setting; `None` where the server has none of this name.
    ///
    /// # Errors
    /// Returns an error if the query fails.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, SqlError> {
        self.value(&format!("select current_setting({}, true)", literal(name))).await
    }

    /// Prepares a statement.
    ///
    /// # Errors
    /// Returns an error if the server refuses it.
    pub async fn prepare(&self, sql: &str) -> Result<Prepared, SqlError> {
        self.limited(self.client.prepare(sql)).await.map(Prepared)
    }

    /// Inserts a workload row with a prepared statement of parameters (writer int, seq bigint, note text)
    /// that returns a position in WAL.
    ///
    /// # Errors
    /// Returns an error if the server refuses, or the connection goes.
    pub async fn insert(
        &self,
        statement: &Prepared,
        writer: u16,
        seq: u32,
        note: &str,
    ) -> Result<Lsn, SqlError> {
        let (writer, seq) = (i32::from(writer), i64::from(seq));
        let parameters: [&(dyn ToSql + Sync); 3] = [&writer, &seq, &note];
        let row = self.limited(self.client.query_one(&statement.0, &parameters)).await?;
        let lsn: tokio_postgres::types::PgLsn = row.try_get(0)?;
        Ok(Lsn(lsn.into()))
    }

    /// Whether the server is in recovery: the cheapest question to ask again and again.
    ///
    /// # Errors
    /// Returns an error if the query fails.
    pub async fn in_recovery(&self) -> Result<bool, SqlError> {
        Ok(self.value("select pg_is_in_recovery()").await?.as_deref() == Some("t"))
    }

    /// The server's time, now: evidence, and a recovery target.
    ///
    /// # Errors
    /// Returns an error if the query fails.
    pub async fn clock_time(&self) -> Result<Timestamp, SqlError> {
        self.read("select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
            .await
    }

    /// Which server this is.
    ///
    /// # Errors
    /// Returns an error if the query fails.
    pub async fn server(&self, node: Option<NodeName>) -> Result<Server, SqlError> {
        let sql = "select s.system_identifier, \
             case when pg_is_in_recovery() then c.timeline_id \
                  else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int end, \
             to_char(pg_postmaster_start_time() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), \
             pg_is_in_recovery() \
             from pg_control_system() s, pg_control_checkpoint() c";
        let rows = self.rows(sql).await?;
        let parsed = rows.first().and_then(|row| match row.as_slice() {
            [Some(system), Some(timeline), Some(start), Some(recovery)] => Some(Server {
                node,
                system_identifier: system.parse().ok()?,
                timeline: Timeline(timeline.parse().ok()?),
                postmaster_start: start.parse::<Timestamp>().ok()?,
                in_recovery: recovery == "t",
            }),
            _ => None,
        });
        parsed.ok_or_else(|| SqlError { state: None, message: "the server did not say which it is".into() })
    }
}

fn texts(row: &SimpleQueryRow) -> Vec<Option<String>> {
    (0..row.len()).map(|i| row.get(i).map(str::to_owned)).collect()
}

fn late(what: &str, within: Duration) -> SqlError {
    SqlError { state: None, message: format!("{what} within {}", human::duration(within)) }
}

impl LabError {
    /// An error of the database.
    pub fn sql(what: impl Into<String>) -> impl FnOnce(SqlError) -> Self {
        move |source| Self::Sql { what: what.into(), source: Box::new(source) }
    }
}
