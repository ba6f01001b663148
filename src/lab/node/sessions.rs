//! Sessions with a server, and programs that make some: whose settings they have.

use super::{APPLICATION_ROLE, Node, SUPERUSER};
use crate::lab::{
    Command, LabError, Output,
    session::{Credentials, Session},
    session_settings::{SessionSettings, tool_options},
};

impl Node {
    /// Runs a command that speaks to a server as the superuser: the password is in its environment.
    ///
    /// # Errors
    /// Returns an error if it does not succeed.
    pub async fn run_as_superuser(&self, command: Command) -> Result<Output, LabError> {
        self.run(self.as_superuser(command)).await
    }

    /// Runs a command that speaks to a server as the superuser, and gives back what it left behind, whatever
    /// its exit code.
    ///
    /// # Errors
    /// Returns an error if it can't be run.
    pub async fn exec_as_superuser(&self, command: Command) -> Result<Output, LabError> {
        self.exec(self.as_superuser(command)).await
    }

    fn as_superuser(&self, command: Command) -> Command {
        self.encrypted(command)
            .env("PGUSER", SUPERUSER)
            .env("PGPASSWORD", &self.secrets.superuser.password)
            .env("PGOPTIONS", tool_options(self.runtime.installation().version.major))
            .env("PGAPPNAME", "lifeboat")
            .env("PGCONNECT_TIMEOUT", "10")
    }

    /// A session of the superuser. Each of its statements may take as long as the step that it is run in has
    /// left.
    ///
    /// # Errors
    /// Returns an error if it can't be had.
    pub async fn session(&self, database: &str) -> Result<Session, LabError> {
        let session = self.session_of(&self.secrets.superuser, SessionSettings::Own, database).await?;
        Ok(session.limited_by(self.time_left.clone()))
    }

    /// A session of the superuser with the settings of the user, for what the user asks.
    ///
    /// # Errors
    /// Returns an error if it can't be had.
    pub async fn user_session(&self, database: &str) -> Result<Session, LabError> {
        let session = self.session_of(&self.secrets.superuser, SessionSettings::User, database).await?;
        Ok(session.limited_by(self.time_left.clone()))
    }

    /// A session of the application's role; each of its statements may take as long as a commit in a sound
    /// system.
    ///
    /// # Errors
    /// Returns an error if it can't be had.
    pub async fn application_session(&self, database: &str) -> Result<Session, LabError> {
        self.session_of(&self.secrets.application, SessionSettings::Writing, database).await
    }

    /// A session of the superuser that acts as the application's role: its `CONNECTION LIMIT` is left to the
    /// clients.
    ///
    /// # Errors
    /// Returns an error if it can't be had.
    pub async fn session_as_application(&self, database: &str) -> Result<Session, LabError> {
        let session = self.session(database).await?;
        let become_it = format!("set session authorization {APPLICATION_ROLE}");
        self.ask(session.run(&become_it).await, &format!("act as {APPLICATION_ROLE}"))?;
        Ok(session)
    }

    pub(super) fn own_options(&self) -> String {
        SessionSettings::Own.options(self.runtime.installation().version.major)
    }

    async fn session_of(
        &self,
        who: &Credentials,
        settings: SessionSettings,
        database: &str,
    ) -> Result<Session, LabError> {
        let address = self.address().await?;
        let within = self.time_left.patience();
        let what = format!("connect to {database} on {} as {}", self.name, who.role);
        let options = settings.options(self.runtime.installation().version.major);
        Session::connect_with(&options, &address, who, database, within).await.map_err(LabError::sql(what))
    }
}
