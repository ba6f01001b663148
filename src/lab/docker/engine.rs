//! The connection to the engine.

use std::{
    collections::HashMap, env, future::Future, io::ErrorKind, os::unix::net::UnixStream, path::PathBuf,
    sync::Arc, time::Duration,
};

use bollard::{Docker, errors::Error};
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use super::image_probe::ImageProbe;
use crate::lab::LabError;

/// How long an answer may take where nothing else is said.
pub(super) const ANSWER: Duration = Duration::from_secs(30);
const GREETING: Duration = Duration::from_secs(5);
/// Longer than any deadline of ours: bollard's own time-out must never be the one that strikes.
const CLIENT: Duration = Duration::from_hours(24);

/// A container engine that answers; a clone shares its connections.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    docker: Docker,
    version: String,
    surveys: Mutex<HashMap<String, ImageProbe>>,
}

impl Engine {
    /// The engine at `DOCKER_HOST`, else at the first socket that is there: the system's, the user's, Docker
    /// Desktop's.
    ///
    /// # Errors
    /// Returns an error if none answers within five seconds.
    pub async fn connect() -> Result<Self, LabError> {
        Self::connect_to(&host()).await
    }

    /// The engine at an address in the form of `DOCKER_HOST`: `unix:///run/docker.sock`,
    /// `tcp://127.0.0.1:2375`.
    ///
    /// # Errors
    /// Returns an error if none answers within five seconds, or the form is another (`ssh:`, TLS).
    pub async fn connect_to(host: &str) -> Result<Self, LabError> {
        let what = format!("reach a container engine at {host}");
        let greet = async {
            let docker = Docker::connect_with_host(host)?.with_timeout(CLIENT).negotiate_version().await?;
            let version = docker.version().await?;
            Ok((docker, version))
        };
        let (docker, version) = match timeout(GREETING, greet).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(unreachable(host, what, error)),
            Err(_) => return Err(LabError::Deadline { what, within: GREETING }),
        };
        let api = docker.client_version();
        let version = format!("{} (API {api})", version.version.as_deref().unwrap_or("of unknown version"));
        Ok(Self(Arc::new(Inner { docker, version, surveys: Mutex::default() })))
    }

    /// Its version and the API's that is spoken with it: `20.10.24 (API 1.41)`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.0.version
    }

    pub(super) fn docker(&self) -> &Docker {
        &self.0.docker
    }

    pub(super) fn surveys(&self) -> &Mutex<HashMap<String, ImageProbe>> {
        &self.0.surveys
    }
}

/// Sends a request and gives it [`ANSWER`].
pub(super) async fn call<T>(
    what: impl Into<String>,
    request: impl Future<Output = Result<T, Error>>,
) -> Result<T, LabError> {
    call_within(ANSWER, what, request).await
}

/// Sends a request and gives it so long.
async fn call_within<T>(
    within: Duration,
    what: impl Into<String>,
    request: impl Future<Output = Result<T, Error>>,
) -> Result<T, LabError> {
    let what = what.into();
    let began = Instant::now();
    let answer = timeout(within, request).await;
    tracing::trace!(what, took = ?began.elapsed(), "the engine was asked");
    match answer {
        Ok(answer) => answer.map_err(|error| refusal(what, error)),
        Err(_) => Err(LabError::Deadline { what, within }),
    }
}

/// Sends a request whose refusal with one of these HTTP statuses is an answer too: `None`.
pub(super) async fn call_unless<T>(
    statuses: &[u16],
    what: impl Into<String>,
    request: impl Future<Output = Result<T, Error>>,
) -> Result<Option<T>, LabError> {
    call_unless_within(ANSWER, statuses, what, request).await
}

/// The same, and gives it so long: what removes data takes longer the more there is.
pub(super) async fn call_unless_within<T>(
    within: Duration,
    statuses: &[u16],
    what: impl Into<String>,
    request: impl Future<Output = Result<T, Error>>,
) -> Result<Option<T>, LabError> {
    let tolerant = async {
        match request.await {
            Ok(answer) => Ok(Some(answer)),
            Err(Error::DockerResponseServerError { status_code, .. }) if statuses.contains(&status_code) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    };
    call_within(within, what, tolerant).await
}

/// What the engine said, as an error of the lab: a resource that is not there or not in the state for it is
/// no fault of the engine.
pub(super) fn refusal(what: impl Into<String>, error: Error) -> LabError {
    if let Error::DockerResponseServerError { status_code: 404 | 409, message } = error {
        return LabError::state(what, message);
    }
    LabError::Engine { what: what.into(), source: Box::new(error) }
}

/// Why nobody answers, with what would mend it. The client tells neither; a look at the socket does.
fn unreachable(host: &str, what: String, error: Error) -> LabError {
    let Some(socket) = host.strip_prefix("unix://") else { return refusal(what, error) };
    let Err(why) = UnixStream::connect(socket) else { return refusal(what, error) };
    let mend = if why.kind() == ErrorKind::PermissionDenied {
        "add yourself to the group docker (`usermod -aG docker USER`) and log in again, or run as root"
    } else if why.kind() == ErrorKind::ConnectionRefused {
        "start its daemon: systemctl start docker"
    } else {
        "get one: apt-get install docker.io, or set DOCKER_HOST to the address of another"
    };
    LabError::state(what, format!("{why}; {mend}"))
}

/// An error and its causes in one line.
pub(super) fn in_one_line(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn host() -> String {
    let set = |name| env::var(name).ok().filter(|value| !value.is_empty());
    if let Some(host) = set("DOCKER_HOST") {
        return host;
    }
    let users = set("XDG_RUNTIME_DIR").map(|folder| PathBuf::from(folder).join("docker.sock"));
    let desktops = set("HOME").map(|folder| PathBuf::from(folder).join(".docker/run/docker.sock"));
    let system = PathBuf::from("/var/run/docker.sock");
    let found = [Some(system.clone()), users, desktops].into_iter().flatten().find(|socket| socket.exists());
    format!("unix://{}", found.unwrap_or(system).display())
}
