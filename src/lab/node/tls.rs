//! Encrypted connections to a node's server, where its drill demands them.

use super::Node;
use crate::{
    journal::TlsFacts,
    lab::{
        Authority, Command, LabError,
        session::{Credentials, Session},
    },
    pg::{quote::shell_word, setting::Settings, sqlstate},
};

/// The file of a server's certificate, beside its configuration.
pub(super) const CERTIFICATE: &str = "server.crt";
/// That of its key.
pub(super) const KEY: &str = "server.key";
/// That of the authority, by which programs in a node know its servers.
const AUTHORITY: &str = "ca.crt";

impl Node {
    /// Who knows this server; `None` where nothing is encrypted.
    pub(super) fn authority(&self) -> Option<&Authority> {
        self.secrets.superuser.authority.as_ref()
    }

    fn authority_file(&self) -> String {
        format!("{}/{AUTHORITY}", self.paths().run)
    }

    /// The settings of a server that takes encrypted connections.
    pub(super) fn tls_settings(&self) -> Settings {
        let run = self.paths().run;
        let settings = self.authority().map(|_| {
            [
                ("ssl", "on".to_owned()),
                ("ssl_cert_file", format!("{run}/{CERTIFICATE}")),
                ("ssl_key_file", format!("{run}/{KEY}")),
            ]
        });
        settings.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// A command whose connections are encrypted, and to servers of this drill alone.
    pub(super) fn encrypted(&self, command: Command) -> Command {
        match self.authority() {
            Some(_) => command.env("PGSSLMODE", "verify-full").env("PGSSLROOTCERT", self.authority_file()),
            None => command,
        }
    }

    /// The same in a connection string, with the blank before it.
    pub(super) fn tls_of_conninfo(&self) -> String {
        let tls =
            self.authority().map(|_| format!(" sslmode=verify-full sslrootcert={}", self.authority_file()));
        tls.unwrap_or_default()
    }

    /// Gives the programs of a node what they know the servers by, where connections are encrypted.
    ///
    /// # Errors
    /// Returns an error if it can't be written.
    pub async fn trust_authority(&self) -> Result<(), LabError> {
        let Some(authority) = self.authority() else { return Ok(()) };
        let write = format!("printf %s {} > {}", shell_word(&authority.certificate()), self.authority_file());
        let what = format!("give {} the certificate of its servers' authority", self.name);
        self.run(Command::shell(what, write)).await.map(drop)
    }

    /// How connections to the server are encrypted; `None` where its drill demands nothing.
    ///
    /// # Errors
    /// Returns an error if it can't be asked.
    pub async fn tls(&self) -> Result<Option<TlsFacts>, LabError> {
        if self.authority().is_none() {
            return Ok(None);
        }
        let session = self.session("postgres").await?;
        let sql = "select count(*) filter (where ssl), count(*) filter (where not ssl), \
                   coalesce(string_agg(distinct version, ', '), '') \
                   from pg_stat_ssl join pg_stat_activity using (pid) where client_port > 0";
        let what = "ask how its connections are encrypted";
        let row = self.ask(session.rows(sql).await, what)?.into_iter().next().unwrap_or_default();
        let [Some(encrypted), Some(clear), Some(protocols)] = row.as_slice() else {
            return Err(LabError::state(what, "the server gave no row"));
        };
        let count =
            |text: &str| text.parse().map_err(|_| LabError::state(what, format!("{text:?} is no number")));
        Ok(Some(TlsFacts {
            encrypted: count(encrypted)?,
            clear: count(clear)?,
            protocols: protocols.clone(),
            refuses_clear: self.refuses_clear_connections().await?,
        }))
    }

    /// Whether the server refuses connections that are not encrypted: those of the superuser and of the
    /// clients' role.
    ///
    /// # Errors
    /// Returns an error if it does neither.
    async fn refuses_clear_connections(&self) -> Result<bool, LabError> {
        let address = self.address().await?;
        let within = self.time_left.patience();
        for who in [&self.secrets.superuser, &self.secrets.application] {
            let who = Credentials { authority: None, ..who.clone() };
            match Session::connect_with(&self.own_options(), &address, &who, "postgres", within).await {
                Err(error) if error.state.as_deref() == Some(sqlstate::INVALID_AUTHORIZATION) => {}
                // What is refused for another reason was let in by `pg_hba.conf`.
                Err(error) if error.state.is_none() => {
                    let what = format!("connect to {} without encryption", self.name);
                    return Err(LabError::sql(what)(error));
                }
                Ok(_) | Err(_) => return Ok(false),
            }
        }
        Ok(true)
    }
}
