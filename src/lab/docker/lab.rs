//! The runtime of one exercise.

use std::{
    collections::BTreeMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bollard::{
    models::{ContainerInspectResponse, ContainerStateStatusEnum},
    query_parameters::{KillContainerOptions, RemoveVolumeOptions},
};
use tokio::{
    sync::{Mutex as AsyncMutex, OnceCell},
    time::timeout,
};

use super::{
    engine::{Engine, call, call_unless, call_unless_within, in_one_line},
    exec::{ExecPlace, exec},
    first_process::FirstProcess,
    image::Image,
    names::{Names, OWNER, prepared, prepared_labels},
    network::{self, Network},
    node::{self, Node, Volume},
    prepared::make_room,
    scan::clear,
    sweep::Outcome,
};
use crate::{
    drill::{Capability, NodeName, REPOSITORY, RuntimeKind},
    lab::{
        Address, Command, Installation, LabError, NodePaths, Output, Processes, Provision, Runtime,
        wait::{self, Poll},
    },
};

const PORT: u16 = 5432;
const DATA: &str = "/lifeboat/data";
const REPOSITORY_PATH: &str = "/lifeboat/repository";
const LOG: &str = "/lifeboat/log";
const PREPARED: &str = "/lifeboat/prepared";
/// From SIGKILL to the end of the last process.
const DEATH: Duration = Duration::from_secs(10);
/// How long the removal of a volume may take where nobody says how much is in it.
const REMOVAL: Duration = Duration::from_secs(30);

/// A node that was made and not destroyed.
#[derive(Clone)]
struct Site {
    address: IpAddr,
    first: Arc<AsyncMutex<FirstProcess>>,
    /// Whether it stands still.
    frozen: bool,
    /// Whether it was killed.
    dead: bool,
}

/// The containers, volumes and the network of one exercise.
pub struct Lab {
    engine: Engine,
    image: Image,
    names: Names,
    network: OnceCell<Network>,
    /// The nodes that are there.
    sites: Mutex<BTreeMap<NodeName, Site>>,
    /// Creations that were begun and not ended: a dropped future leaves its request with the engine.
    under_way: AtomicUsize,
    /// How long the removal of a volume may take.
    removal: Duration,
    /// Whether data volumes have a bounded size.
    is_bounded: bool,
}

impl Lab {
    /// A lab without anything in it; `run` and `exercise` go into every name and label.
    #[must_use]
    pub fn new(engine: Engine, image: Image, run: &str, exercise: &str) -> Self {
        let names = Names::new(run, exercise);
        Self {
            engine,
            image,
            names,
            network: OnceCell::new(),
            sites: Mutex::default(),
            under_way: AtomicUsize::new(0),
            removal: REMOVAL,
            is_bounded: false,
        }
    }

    /// With this time for the removal of each volume.
    #[must_use]
    pub const fn removal_within(mut self, removal: Duration) -> Self {
        self.removal = removal;
        self
    }

    /// With data volumes of a bounded size.
    #[must_use]
    pub const fn bounded(mut self, is_bounded: bool) -> Self {
        self.is_bounded = is_bounded;
        self
    }

    async fn network(&self) -> Result<&Network, LabError> {
        self.network.get_or_try_init(|| network::get_or_create(&self.engine, &self.names)).await
    }

    async fn make(&self, node: &NodeName, provision: &Provision) -> Result<Site, LabError> {
        if let Provision::Prepared(key) = provision {
            make_room(&self.engine, &prepared(key)).await?;
        }
        let container = self.names.container(node);
        let network = self.network().await?;
        let address = network.next_address()?;
        let made = Node {
            name: node.as_str(),
            container: &container,
            network: &network.id,
            address,
            labels: self.names.node_labels(node),
            image: &self.image,
            volumes: self.volumes(node, provision),
        };
        let first = Arc::new(AsyncMutex::new(node::start(&self.engine, made).await?));
        Ok(Site { address: address.into(), first, frozen: false, dead: false })
    }

    fn volumes(&self, node: &NodeName, provision: &Provision) -> Vec<Volume> {
        let shared = || self.names.shared_labels();
        let mut volumes = vec![
            Volume {
                name: self.names.repository(),
                path: REPOSITORY_PATH,
                labels: shared(),
                is_bounded: false,
            },
            Volume { name: self.names.log(), path: LOG, labels: shared(), is_bounded: false },
        ];
        if node.as_str() != REPOSITORY {
            volumes.push(Volume {
                name: self.names.data(node),
                path: DATA,
                labels: self.names.node_labels(node),
                is_bounded: self.is_bounded,
            });
        }
        if let Provision::Prepared(key) = provision {
            volumes.push(Volume {
                name: prepared(key),
                path: PREPARED,
                labels: prepared_labels(),
                is_bounded: false,
            });
        }
        volumes
    }

    async fn inspect(&self, container: &str) -> Result<Option<ContainerInspectResponse>, LabError> {
        call_unless(
            &[404],
            format!("inspect the container {container}"),
            self.engine.docker().inspect_container(container, None),
        )
        .await
    }

    fn sites(&self) -> MutexGuard<'_, BTreeMap<NodeName, Site>> {
        self.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn site(&self, node: &NodeName, what: impl Into<String>) -> Result<Site, LabError> {
        let site = self.sites().get(node).cloned();
        site.ok_or_else(|| LabError::state(what, "it is not there"))
    }

    fn set(&self, node: &NodeName, change: impl FnOnce(&mut Site)) {
        if let Some(site) = self.sites().get_mut(node) {
            change(site);
        }
    }

    fn is_dead(&self, node: &NodeName) -> bool {
        self.sites().get(node).is_some_and(|site| site.dead)
    }

    /// Whether no process of the node's server is left, by its first process; where that does not answer, by
    /// the engine.
    async fn is_empty(&self, node: &NodeName, container: &str) -> Result<bool, LabError> {
        let Some(site) = self.sites().get(node).cloned() else { return Ok(true) };
        let alone = site.first.lock().await.is_alone().await;
        match alone {
            Ok(alone) => Ok(alone),
            Err(error) => match self.inspect(container).await?.filter(lives) {
                None => Ok(true),
                Some(_) => Err(error),
            },
        }
    }

    async fn kill_by_the_engine(&self, node: &NodeName, container: &str) -> Result<(), LabError> {
        let options = KillContainerOptions { signal: "SIGKILL".to_owned() };
        call(format!("kill {node}"), self.engine.docker().kill_container(container, Some(options))).await?;
        // The engine has more to do for an answer than the first process.
        see_dead(node, Duration::from_millis(5), || async {
            Ok(!self.inspect(container).await?.is_some_and(|container| lives(&container)))
        })
        .await
    }
}

#[async_trait]
impl Runtime for Lab {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Docker
    }

    fn capabilities(&self) -> &'static [Capability] {
        super::CAPABILITIES
    }

    fn installation(&self) -> &Installation {
        &self.image.installation
    }

    fn paths(&self, _node: &NodeName) -> NodePaths {
        NodePaths {
            data: format!("{DATA}/pgdata"),
            tablespaces: format!("{DATA}/tablespaces"),
            run: node::RUN.to_owned(),
            repository: REPOSITORY_PATH.to_owned(),
            log: LOG.to_owned(),
            prepared: PREPARED.to_owned(),
        }
    }

    async fn create(&self, node: &NodeName, provision: Provision) -> Result<(), LabError> {
        if self.sites().contains_key(node) {
            return Err(LabError::state(format!("create {node}"), "it is there already"));
        }
        self.under_way.fetch_add(1, Ordering::SeqCst);
        let made = self.make(node, &provision).await;
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        self.sites().insert(node.clone(), made?);
        Ok(())
    }

    async fn address(&self, node: &NodeName) -> Result<Address, LabError> {
        let site = self.site(node, format!("find the address of {node}"))?;
        Ok(Address { host: site.address, port: PORT })
    }

    async fn exec(&self, node: &NodeName, command: &Command) -> Result<Output, LabError> {
        let container = self.names.container(node);
        let place = ExecPlace {
            container: &container,
            user: &self.image.user,
            home: node::RUN,
            has_timeout: self.image.tools.contains("timeout"),
        };
        let dead = || LabError::state(command.what.as_str(), format!("{node} was killed and is not running"));
        if self.is_dead(node) {
            return Err(dead());
        }
        let output = exec(&self.engine, &place, command).await;
        if self.is_dead(node) { Err(dead()) } else { output }
    }

    async fn kill(&self, node: &NodeName) -> Result<(), LabError> {
        let what = format!("kill {node}");
        let site = self.site(node, what.as_str())?;
        if site.dead {
            return Err(LabError::state(what, "it is dead already"));
        }
        self.set(node, |site| site.dead = true);
        let container = self.names.container(node);
        // The first process of a frozen node stands still as well.
        let killed = if site.frozen { None } else { site.first.lock().await.kill().await.ok() };
        match killed {
            Some(true) => Ok(()),
            Some(false) => see_dead(node, Duration::from_millis(1), || self.is_empty(node, &container)).await,
            None => self.kill_by_the_engine(node, &container).await,
        }
    }

    async fn processes(&self, node: &NodeName) -> Result<Processes, LabError> {
        let container = self.names.container(node);
        let Some(inspected) = self.inspect(&container).await?.filter(lives) else {
            return Ok(Processes::Gone);
        };
        if inspected.state.and_then(|state| state.paused) == Some(true) {
            return Ok(Processes::Frozen);
        }
        Ok(if self.is_empty(node, &container).await? { Processes::Gone } else { Processes::Running })
    }

    async fn freeze(&self, node: &NodeName) -> Result<(), LabError> {
        let container = self.names.container(node);
        call(format!("freeze {node}"), self.engine.docker().pause_container(&container)).await?;
        self.set(node, |site| site.frozen = true);
        Ok(())
    }

    async fn thaw(&self, node: &NodeName) -> Result<(), LabError> {
        let container = self.names.container(node);
        call(format!("thaw {node}"), self.engine.docker().unpause_container(&container)).await?;
        self.set(node, |site| site.frozen = false);
        Ok(())
    }

    async fn destroy(&self, node: &NodeName) -> Result<(), LabError> {
        node::remove(&self.engine, &self.names.container(node)).await?;
        self.sites().remove(node);
        let volume = self.names.data(node);
        let removal = self.engine.docker().remove_volume(&volume, None::<RemoveVolumeOptions>);
        let what = format!("remove the volume {volume}");
        call_unless_within(self.removal, &[404], what, removal).await.map(drop)
    }

    async fn remains(&self, node: &NodeName) -> Result<Option<String>, LabError> {
        let (container, volume) = (self.names.container(node), self.names.data(node));
        let what = format!("inspect the volume {volume}");
        let (inspected, kept) = tokio::join!(
            self.inspect(&container),
            call_unless(&[404], what, self.engine.docker().inspect_volume(&volume))
        );
        let alive = inspected?.filter(lives).filter(|_| !self.is_dead(node));
        let processes = alive.map(|_| format!("processes in the container {container}"));
        let data = kept?.map(|_| format!("the volume {volume}"));
        let remains: Vec<String> = [processes, data].into_iter().flatten().collect();
        Ok((!remains.is_empty()).then(|| remains.join(", ")))
    }

    async fn clean_up(&self) -> Vec<String> {
        let mut ours = self.names.shared_labels();
        ours.remove(OWNER);
        let thorough = self.under_way.load(Ordering::SeqCst) > 0;
        self.sites().clear();
        // The bound within is for what can't be removed, the one around it for an engine that does not
        // answer.
        let cleared = timeout(
            self.removal + Duration::from_secs(5),
            clear(&self.engine, &ours, |_| true, thorough, self.removal),
        )
        .await;
        let unknown = |why: String| vec![format!("all resources of {}: {why}", self.names.network())];
        match cleared {
            Err(_) => unknown("the engine does not answer".to_owned()),
            Ok(Err(error)) => unknown(in_one_line(&error)),
            Ok(Ok(resources)) => resources
                .into_iter()
                .filter_map(|resource| match resource.outcome {
                    Outcome::Removed => None,
                    Outcome::WouldRemove => Some(format!("{} {}", resource.kind, resource.name)),
                    Outcome::Kept(why) | Outcome::Failed(why) => {
                        Some(format!("{} {}: {why}", resource.kind, resource.name))
                    }
                })
                .collect(),
        }
    }
}

/// Looks until a node is dead.
async fn see_dead<F: Future<Output = Result<bool, LabError>>>(
    node: &NodeName,
    every: Duration,
    is_dead: impl Fn() -> F,
) -> Result<(), LabError> {
    wait::until(&format!("see {node} dead"), DEATH, every, || async {
        Ok(if is_dead().await? { Poll::Ready(()) } else { Poll::NotYet })
    })
    .await
}

/// Whether any process of a container may still run; a frozen one may.
fn lives(container: &ContainerInspectResponse) -> bool {
    use ContainerStateStatusEnum::{CREATED, DEAD, EXITED};
    let state = container.state.as_ref();
    state.is_none_or(|state| {
        state.running == Some(true) || !matches!(state.status, Some(CREATED | DEAD | EXITED))
    })
}
