//! A PostgreSQL server in a node, driven by commands; the same on every runtime.

mod identity;
mod life;
mod log;
mod override_settings;
mod secrets;
mod sessions;
mod tls;

pub(crate) use identity::OWN_SETTING;
pub use secrets::Secrets;

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    Address, Command, LabError, NodePaths, Output, Runtime, TimeLeft,
    session::{Session, SqlError},
    wait::{self, Poll},
};
use crate::{
    drill::{Initdb, NodeName, RuntimeKind},
    journal::Server,
    pg::{
        ControlData,
        quote::{literal, shell_word},
        server_log,
        setting::{self, Settings},
    },
};

/// How often a server that is starting is asked; a refused connection costs microseconds.
const ASK_EVERY: Duration = Duration::from_millis(2);

/// How long a server that said that it is still starting is left in peace at least: for each question it
/// makes a process, at a cost of milliseconds that its recovery needs.
const STARTING: Duration = Duration::from_millis(8);

/// The superuser of every cluster that Lifeboat makes.
pub const SUPERUSER: &str = "postgres";

/// The role under which the clients commit.
pub const APPLICATION_ROLE: &str = "lifeboat_app";

/// A node and the server in it.
#[derive(Clone)]
pub struct Node {
    runtime: Arc<dyn Runtime>,
    name: NodeName,
    secrets: Secrets,
    time_left: TimeLeft,
    hba: Arc<[String]>,
}

impl Node {
    /// The server in a node that the runtime has made. Whatever it is asked for may take as long as
    /// `time_left` says.
    #[must_use]
    pub fn new(runtime: Arc<dyn Runtime>, name: NodeName, secrets: Secrets, time_left: TimeLeft) -> Self {
        Self { runtime, name, secrets, time_left, hba: Arc::default() }
    }

    /// How long what is under way may still take.
    #[must_use]
    pub const fn time_left(&self) -> &TimeLeft {
        &self.time_left
    }

    /// With these lines in its `pg_hba.conf`, after those that let Lifeboat itself in.
    #[must_use]
    pub fn with_hba(mut self, lines: &[String]) -> Self {
        self.hba = lines.into();
        self
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &NodeName {
        &self.name
    }

    /// Its paths.
    #[must_use]
    pub fn paths(&self) -> NodePaths {
        self.runtime.paths(&self.name)
    }

    /// The runtime it lives in.
    #[must_use]
    pub fn runtime(&self) -> &Arc<dyn Runtime> {
        &self.runtime
    }

    /// Where it answers.
    ///
    /// # Errors
    /// Returns an error if the node is not there.
    pub async fn address(&self) -> Result<Address, LabError> {
        self.runtime.address(&self.name).await
    }

    /// The path of one of PostgreSQL's programs, as a shell word.
    #[must_use]
    pub fn program(&self, name: &str) -> String {
        shell_word(&self.runtime.installation().program(name))
    }

    /// Runs a command whose exit code the caller looks at; it gets at most the time that is left.
    ///
    /// # Errors
    /// Returns an error if it can't be run, or does not end in time.
    pub async fn exec(&self, mut command: Command) -> Result<Output, LabError> {
        command.deadline = command.deadline.min(self.time_left.remaining());
        let began = Instant::now();
        let output = self.runtime.exec(&self.name, &command).await;
        let code = output.as_ref().ok().map(|output| output.code);
        tracing::debug!(what = command.what, code, took = ?began.elapsed(), "a command in a node");
        output
    }

    /// Runs a command that must succeed, in at most the time that is left.
    ///
    /// # Errors
    /// Returns an error if it does not.
    pub async fn run(&self, command: Command) -> Result<Output, LabError> {
        self.exec(command.clone()).await?.success(&command)
    }

    /// Makes a cluster in the data directory.
    ///
    /// # Errors
    /// Returns an error if initdb fails.
    pub async fn initdb(&self, options: &Initdb) -> Result<(), LabError> {
        let paths = self.paths();
        let script = format!(
            "umask 077; cat > {run}/initdb.pw\n{initdb} -D {data} -U {SUPERUSER} --pwfile={run}/initdb.pw \
             --auth=scram-sha-256 \
             {options} --no-sync >{run}/initdb.log 2>&1 || \
             {{ cat {run}/initdb.log >&2; exit 1; }}\nrm {run}/initdb.pw",
            run = paths.run,
            data = paths.data,
            initdb = self.program("initdb"),
            options = options.arguments().iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" "),
        );
        let password = self.secrets.superuser.password.clone();
        self.run(Command::shell("make a cluster with initdb", script).stdin(password)).await.map(drop)
    }

    /// Writes the server's configuration: `settings` over what every server of a lab has. What a backup
    /// brought along in `postgresql.auto.conf` is emptied, so that nothing of the source's configuration is
    /// in force.
    ///
    /// # Errors
    /// Returns an error if the files can't be written.
    pub async fn configure(&self, settings: &Settings) -> Result<(), LabError> {
        let script = self.configuring(settings).await?;
        self.run(script_with_secrets(format!("configure {}", self.name), script)).await.map(drop)
    }

    /// The script that [`Self::configure`] runs.
    async fn configuring(&self, settings: &Settings) -> Result<String, LabError> {
        let address = self.address().await?;
        let paths = self.paths();
        let installation = self.runtime.installation();
        let mut all = Settings::from(
            [
                ("listen_addresses", installation.listen.to_owned()),
                ("port", address.port.to_string()),
                ("unix_socket_directories", String::new()),
                ("hba_file", format!("{}/pg_hba.conf", paths.run)),
                ("ident_file", format!("{}/pg_ident.conf", paths.run)),
                ("log_destination", "stderr".to_owned()),
                ("logging_collector", "off".to_owned()),
                ("log_line_prefix", server_log::LINE_PREFIX.to_owned()),
                ("log_timezone", "UTC".to_owned()),
                ("lc_messages", "C".to_owned()),
                ("cluster_name", self.name.to_string()),
                (OWN_SETTING, self.identity(&address)),
                ("wal_level", "replica".to_owned()),
                ("wal_keep_size", "1GB".to_owned()),
                ("max_wal_senders", "10".to_owned()),
                ("max_connections", "100".to_owned()),
                // So that archiving can be turned on without a restart; without a command nothing is
                // archived, and all WAL is kept.
                ("archive_mode", "on".to_owned()),
                ("archive_command", String::new()),
                ("password_encryption", "scram-sha-256".to_owned()),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        if self.runtime.kind() == RuntimeKind::Local {
            // In its data directory and not in the machine's /dev/shm, where a server that is killed leaves
            // it behind.
            all.insert("dynamic_shared_memory_type".to_owned(), "mmap".to_owned());
        }
        all.extend(self.tls_settings());
        all.extend(settings.clone());
        let mut script = String::from("umask 077\n");
        let clients = installation.clients;
        let (clear, host) = match self.authority() {
            Some(_) => (Some("hostnossl all,replication all all reject".to_owned()), "hostssl"),
            None => (None, "host"),
        };
        let own = format!("{host} all,replication {SUPERUSER} {clients} scram-sha-256");
        let others = format!("{host} all all {clients} scram-sha-256");
        let lines = clear.into_iter().chain([own]).chain(self.hba.iter().cloned()).chain([others]);
        let hba: String = lines.map(|line| line + "\n").collect();
        let passwords = format!("*:*:*:{SUPERUSER}:{}\n", self.secrets.superuser.password);
        let configuration = setting::render(&all);
        let mut files = vec![
            ("postgresql.conf", configuration),
            ("pg_hba.conf", hba),
            ("pg_ident.conf", String::new()),
            ("pgpass", passwords),
        ];
        if let Some(authority) = self.authority() {
            let own = authority.issue(address.host)?;
            files.extend([(tls::CERTIFICATE, own.certificate), (tls::KEY, own.key)]);
        }
        for (file, text) in files {
            script += &format!("printf %s {} > {}/{file}\n", shell_word(&text), paths.run);
        }
        script += &format!("if [ -d {data} ]; then : > {data}/postgresql.auto.conf; fi\n", data = paths.data);
        Ok(script)
    }

    /// Starts the server, without waiting for it.
    ///
    /// # Errors
    /// Returns an error if it can't be launched.
    pub async fn launch(&self) -> Result<(), LabError> {
        self.run(Command::shell(format!("start the server on {}", self.name), self.launching()))
            .await
            .map(drop)
    }

    /// Writes the configuration and starts the server with it, without waiting for it: one command, where two
    /// would cost the time of another. The file `signal`, if any, is put into the data directory first.
    ///
    /// # Errors
    /// Returns an error if the files can't be written or the server can't be launched.
    pub async fn launch_as(&self, settings: &Settings, signal: Option<&str>) -> Result<(), LabError> {
        let mut script = self.configuring(settings).await?;
        if let Some(signal) = signal {
            script += &format!(": > {}/{signal}\n", self.paths().data);
        }
        script += &self.launching();
        self.run(script_with_secrets(format!("start the server on {}", self.name), script)).await.map(drop)
    }

    /// The script that [`Self::launch`] runs.
    fn launching(&self) -> String {
        let paths = self.paths();
        // A marker line divides the incarnations of a server in its log.
        format!(
            "cd {data}\necho '{life}' >> {log}\n\
             PGPASSFILE={run}/pgpass {postgres} -D {data} -c config_file={run}/postgresql.conf </dev/null \
             >>{log} 2>&1 &\n\
             echo $! > {run}/pid\n",
            life = log::INCARNATION,
            data = paths.data,
            run = paths.run,
            log = self.log_file(),
            postgres = self.program("postgres"),
        )
    }

    /// Waits until the server takes connections, reads at least.
    ///
    /// # Errors
    /// Returns an error if its process ends (with what its log says), no time is left, or another server
    /// answers.
    pub async fn wait_for_connections(&self) -> Result<Session, LabError> {
        let address = self.address().await?;
        let what = format!("connect to {}", self.name);
        let began = Instant::now();
        let ready = wait::until(&what, self.time_left.remaining(), ASK_EVERY, || async {
            // A server that is about to take connections may leave one unanswered for a moment: give up early
            // and ask again.
            let patience = Duration::from_secs(2);
            let who = &self.secrets.superuser;
            let options = self.own_options();
            let connected = Session::connect_with(&options, &address, who, "postgres", patience).await;
            Ok(match connected {
                Ok(session) => Poll::Ready(session),
                Err(error) if error.state.is_none() => Poll::NotYet,
                Err(error) if error.state.as_deref().is_some_and(|state| state.starts_with("57P")) => {
                    tokio::time::sleep(wait::rest(began.elapsed(), STARTING)).await;
                    Poll::NotYet
                }
                Err(error) => return Err(LabError::sql(&what)(error)),
            })
        });
        let start = format!("start the server on {}", self.name);
        tokio::select! {
            session = ready => drop(session?),
            death = self.death(&start) => return Err(death),
        }
        let session = match self.session("postgres").await {
            Ok(session) => session,
            Err(error) => return Err(self.blame(error).await),
        };
        // A port of this machine can be somebody else's by now, and passwords and clusters are the same in
        // all runs.
        let own = self.ask(session.setting(OWN_SETTING).await, "ask whose server it is")?;
        if own.as_deref() == Some(self.identity(&address).as_str()) {
            Ok(session)
        } else {
            let whose = own.as_deref().unwrap_or("somebody else");
            Err(LabError::state(what, format!("another server answers at its address, of {whose}")))
        }
    }

    /// Configures and starts the server and waits until it takes connections.
    ///
    /// # Errors
    /// Returns an error if it does not start.
    pub async fn start(&self, settings: &Settings) -> Result<Session, LabError> {
        self.launch_as(settings, None).await?;
        self.wait_for_connections().await
    }

    /// Stops the server in fast mode and waits for its end.
    ///
    /// # Errors
    /// Returns an error if it does not end.
    pub async fn stop(&self) -> Result<(), LabError> {
        let script = format!(
            "{} -D {} stop -m fast -w -t {} >/dev/null",
            self.program("pg_ctl"),
            self.paths().data,
            self.time_left.remaining().as_secs(),
        );
        self.run(Command::shell(format!("stop the server on {}", self.name), script)).await.map(drop)
    }

    /// Which server this is.
    ///
    /// # Errors
    /// Returns an error if it can't be asked.
    pub async fn server(&self) -> Result<Server, LabError> {
        let session = self.session("postgres").await?;
        self.ask(session.server(Some(self.name.clone())).await, "ask which server it is")
    }

    /// The error of a statement, with what was to be done and where.
    ///
    /// # Errors
    /// Returns an error if the statement failed.
    pub fn ask<T>(&self, answer: Result<T, SqlError>, what: &str) -> Result<T, LabError> {
        answer.map_err(LabError::sql(format!("{what} on {}", self.name)))
    }

    /// What `pg_controldata` says.
    ///
    /// # Errors
    /// Returns an error if it can't be run or read.
    pub async fn control_data(&self) -> Result<ControlData, LabError> {
        let what = format!("read the control file of {}", self.name);
        let script = format!("{} -D {}", self.program("pg_controldata"), self.paths().data);
        let output = self.run(Command::shell(&what, script)).await?;
        ControlData::parse(&output.text()).map_err(|missing| LabError::state(what, missing.to_string()))
    }

    /// Reloads the configuration.
    ///
    /// # Errors
    /// Returns an error if the server can't be asked.
    pub async fn reload(&self) -> Result<(), LabError> {
        let session = self.session("postgres").await?;
        self.ask(session.run("select pg_reload_conf()").await, "reload the configuration")
    }
}

/// A script from standard input, so that no secret stands in an argument list.
fn script_with_secrets(what: String, script: String) -> Command {
    Command::new(what, ["/bin/sh", "-eu"]).stdin(script)
}

/// A statement that gives the application's role its password.
#[must_use]
pub fn set_application_password(secrets: &Secrets) -> String {
    format!("alter role {APPLICATION_ROLE} password {}", literal(&secrets.application.password))
}
