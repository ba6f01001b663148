//! A runtime of a script: it runs nothing, keeps a transcript of every call, and answers as it was told.
//!
//! **Invariant:** there is no PostgreSQL behind it and nothing answers at its addresses, so that no test can
//! take it for one. **Invariant:** it is pessimistic: a call that fails or hangs has made what it was to
//! make, and has not removed what it was to remove. What exists is known at every moment, and what can't be
//! done to it is an error.
//!
//! Over 400 lines: a script, a transcript and every method of the runtime, which are read together.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use super::{
    Address, Command, Installation, LabError, NodePaths, Output, PreparedKey, Processes, Provision, Runtime,
    output::Collector,
};
use crate::{
    drill::{Capability, NodeName, RuntimeKind},
    pg::{Major, Version},
};

/// Which calls are meant.
enum Which {
    /// The nth of all, counted from 0.
    Nth(usize),
    /// Each whose line in the transcript holds this.
    Like(String),
}

/// What becomes of a call.
#[derive(Clone)]
enum Fate {
    Answer(Output),
    Fail,
    Hang,
    Crash,
    Cancel(CancellationToken),
}

struct Site {
    prepared: Option<PreparedKey>,
    dead: bool,
    frozen: bool,
}

#[derive(Default)]
struct World {
    script: Vec<(Which, Fate)>,
    transcript: Vec<String>,
    sites: BTreeMap<NodeName, Site>,
    sticking: Vec<String>,
}

/// The lab of a test.
pub struct Fake {
    installation: Installation,
    world: Mutex<World>,
}

impl Default for Fake {
    fn default() -> Self {
        let installation = Installation {
            version: Version { major: Major(17), minor: 6 },
            bin: "/fake/bin".to_owned(),
            identity: "fake".to_owned(),
            listen: "127.0.0.1",
            clients: "127.0.0.1/32",
            tools: Default::default(),
            software: Default::default(),
        };
        Self { installation, world: Mutex::default() }
    }
}

impl Fake {
    /// A command whose line in the transcript holds `like` ends with this. Of several that match, the first
    /// is meant.
    #[must_use]
    pub fn answer(self, like: &str, code: i64, stdout: &str) -> Self {
        self.with(
            Which::Like(like.to_owned()),
            Fate::Answer(Output { code, stdout: stdout.into(), ..Output::default() }),
        )
    }

    /// A call like this fails.
    #[must_use]
    pub fn fail(self, like: &str) -> Self {
        self.with(Which::Like(like.to_owned()), Fate::Fail)
    }

    /// The nth call fails.
    #[must_use]
    pub fn fail_at(self, nth: usize) -> Self {
        self.with(Which::Nth(nth), Fate::Fail)
    }

    /// A call like this never ends.
    #[must_use]
    pub fn hang(self, like: &str) -> Self {
        self.with(Which::Like(like.to_owned()), Fate::Hang)
    }

    /// The nth call never ends.
    #[must_use]
    pub fn hang_at(self, nth: usize) -> Self {
        self.with(Which::Nth(nth), Fate::Hang)
    }

    /// The nth call panics.
    #[must_use]
    pub fn crash_at(self, nth: usize) -> Self {
        self.with(Which::Nth(nth), Fate::Crash)
    }

    /// During the nth call the run is interrupted; the call itself never ends.
    #[must_use]
    pub fn cancel_at(self, nth: usize, cancel: &CancellationToken) -> Self {
        self.with(Which::Nth(nth), Fate::Cancel(cancel.clone()))
    }

    /// This can't be removed: `data of primary`.
    #[must_use]
    pub fn stick(self, what: &str) -> Self {
        self.world().sticking.push(what.to_owned());
        self
    }

    /// Every call so far, in order.
    #[must_use]
    pub fn transcript(&self) -> Vec<String> {
        self.world().transcript.clone()
    }

    /// Everything that exists.
    #[must_use]
    pub fn existing(&self) -> Vec<String> {
        let world = self.world();
        let of = |name: &NodeName, site: &Site| {
            let processes = (!site.dead).then(|| format!("processes of {name}"));
            processes.into_iter().chain([format!("data of {name}")]).collect::<Vec<_>>()
        };
        world.sites.iter().flat_map(|(name, site)| of(name, site)).collect()
    }

    fn with(self, which: Which, fate: Fate) -> Self {
        // A call by its number is meant whatever else it is like.
        let at = if matches!(which, Which::Nth(_)) { 0 } else { self.world().script.len() };
        self.world().script.insert(at, (which, fate));
        self
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a call down and gives what the script has for it.
    fn note(&self, line: String) -> Option<Fate> {
        let mut world = self.world();
        let number = world.transcript.len();
        let is_meant = |which: &Which| match which {
            Which::Nth(nth) => *nth == number,
            Which::Like(like) => line.contains(like),
        };
        let fate = world.script.iter().find(|(which, _)| is_meant(which)).map(|(_, fate)| fate.clone());
        world.transcript.push(line);
        fate
    }

    /// Lets a call come to what the script has for it.
    async fn meet(fate: Option<Fate>, what: &str) -> Result<Output, LabError> {
        match fate {
            None => Ok(Output::default()),
            Some(Fate::Answer(output)) => Ok(output),
            Some(Fate::Fail) => Err(LabError::state(what, "the script says so")),
            Some(Fate::Hang) => std::future::pending().await,
            Some(Fate::Crash) => panic!("{what}: the script says so"),
            Some(Fate::Cancel(cancel)) => {
                cancel.cancel();
                std::future::pending().await
            }
        }
    }

    /// Looks at a node, or changes it.
    fn site<T>(
        &self,
        node: &NodeName,
        what: &str,
        act: impl FnOnce(&mut Site) -> Result<T, &'static str>,
    ) -> Result<T, LabError> {
        let mut world = self.world();
        let site = world
            .sites
            .get_mut(node)
            .ok_or_else(|| LabError::state(what, format!("node {node} is not there")))?;
        act(site).map_err(|why| LabError::state(what, format!("node {node} is {why}")))
    }
}

#[async_trait]
impl Runtime for Fake {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Fake
    }

    fn capabilities(&self) -> &'static [Capability] {
        &[Capability::Signals, Capability::Volumes]
    }

    fn installation(&self) -> &Installation {
        &self.installation
    }

    fn paths(&self, node: &NodeName) -> NodePaths {
        let prepared = self.world().sites.get(node).and_then(|site| site.prepared.clone());
        NodePaths {
            data: format!("/fake/{node}/data"),
            tablespaces: format!("/fake/{node}/tablespaces"),
            run: format!("/fake/{node}/run"),
            repository: "/fake/repository".to_owned(),
            log: "/fake/log".to_owned(),
            prepared: prepared.map(|key| format!("/fake/prepared-{}", key.0)).unwrap_or_default(),
        }
    }

    async fn create(&self, node: &NodeName, provision: Provision) -> Result<(), LabError> {
        let what = format!("create {node}");
        let fate = self.note(what.clone());
        let prepared = match provision {
            Provision::Empty => None,
            Provision::Prepared(key) => Some(key),
        };
        {
            let mut world = self.world();
            if world.sites.contains_key(node) {
                return Err(LabError::state(what, "a node of this name is there"));
            }
            world.sites.insert(node.clone(), Site { prepared, dead: false, frozen: false });
        }
        Self::meet(fate, &what).await.map(drop)
    }

    async fn address(&self, node: &NodeName) -> Result<Address, LabError> {
        let what = format!("address of {node}");
        let fate = self.note(what.clone());
        self.site(node, &what, |_| Ok(()))?;
        Self::meet(fate, &what).await?;
        // Nobody listens at the first port: connections are refused.
        Ok(Address { host: IpAddr::V4(Ipv4Addr::LOCALHOST), port: 1 })
    }

    async fn exec(&self, node: &NodeName, command: &Command) -> Result<Output, LabError> {
        let what = format!("exec {node}: {}", command.what);
        let fate = self.note(what.clone());
        self.site(node, &what, |site| match (site.dead, site.frozen) {
            (true, _) => Err("dead"),
            (_, true) => Err("frozen"),
            (false, false) => Ok(()),
        })?;
        let late = || LabError::Deadline { what: command.what.clone(), within: command.deadline };
        let met = tokio::time::timeout(command.deadline, Self::meet(fate, &command.what)).await;
        let said = met.map_err(|_| late())??;
        let mut collector = Collector::begin(command).await?;
        collector.stdout(&said.stdout).await?;
        collector.stderr(&said.stderr)?;
        Ok(Output { code: said.code, ..collector.end().await? })
    }

    async fn kill(&self, node: &NodeName) -> Result<(), LabError> {
        let what = format!("kill {node}");
        let fate = self.note(what.clone());
        self.site(node, &what, |site| if site.dead { Err("dead already") } else { Ok(()) })?;
        Self::meet(fate, &what).await?;
        self.site(node, &what, |site| {
            site.dead = true;
            Ok(())
        })
    }

    async fn processes(&self, node: &NodeName) -> Result<Processes, LabError> {
        let what = format!("processes of {node}");
        let fate = self.note(what.clone());
        Self::meet(fate, &what).await?;
        let world = self.world();
        Ok(match world.sites.get(node) {
            Some(site) if !site.dead && site.frozen => Processes::Frozen,
            Some(site) if !site.dead => Processes::Running,
            Some(_) | None => Processes::Gone,
        })
    }

    async fn freeze(&self, node: &NodeName) -> Result<(), LabError> {
        let what = format!("freeze {node}");
        let fate = self.note(what.clone());
        self.site(node, &what, |site| {
            if site.dead {
                return Err("dead");
            }
            site.frozen = true;
            Ok(())
        })?;
        Self::meet(fate, &what).await.map(drop)
    }

    async fn thaw(&self, node: &NodeName) -> Result<(), LabError> {
        let what = format!("thaw {node}");
        let fate = self.note(what.clone());
        self.site(node, &what, |site| if site.frozen { Ok(()) } else { Err("not frozen") })?;
        Self::meet(fate, &what).await?;
        self.site(node, &what, |site| {
            site.frozen = false;
            Ok(())
        })
    }

    async fn destroy(&self, node: &NodeName) -> Result<(), LabError> {
        let what = format!("destroy {node}");
        let fate = self.note(what.clone());
        self.site(node, &what, |_| Ok(()))?;
        Self::meet(fate, &what).await?;
        self.world().sites.remove(node);
        Ok(())
    }

    async fn remains(&self, node: &NodeName) -> Result<Option<String>, LabError> {
        let what = format!("remains of {node}");
        let fate = self.note(what.clone());
        Self::meet(fate, &what).await?;
        Ok(self.world().sites.get(node).map(|_| format!("the node {node}")))
    }

    async fn clean_up(&self) -> Vec<String> {
        let fate = self.note("clean_up".to_owned());
        if let Err(error) = Self::meet(fate, "clean_up").await {
            return vec![format!("everything: {error}")];
        }
        let sticking = self.world().sticking.clone();
        let left: Vec<_> = self.existing().into_iter().filter(|thing| sticking.contains(thing)).collect();
        // A node of which something sticks is still there, without its processes.
        self.world().sites.retain(|name, site| {
            site.dead = true;
            left.contains(&format!("data of {name}"))
        });
        left.into_iter().map(|thing| format!("{thing}: it sticks")).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn primary() -> NodeName {
        "primary".parse().expect("a name")
    }

    #[tokio::test]
    async fn calls_are_written_down_in_order_and_answered_by_the_script() {
        let fake = Fake::default().answer("say how many", 3, "forty");
        fake.create(&primary(), Provision::Empty).await.expect("a new node");
        let output =
            fake.exec(&primary(), &Command::shell("say how many", "true")).await.expect("a node that lives");
        assert_eq!((output.code, output.text().as_str()), (3, "forty"));
        fake.kill(&primary()).await.expect("a node that lives");
        assert_eq!(fake.clean_up().await, Vec::<String>::new());
        assert_eq!(
            fake.transcript(),
            ["create primary", "exec primary: say how many", "kill primary", "clean_up"]
        );
    }

    #[tokio::test]
    async fn what_the_world_does_not_allow_is_an_error() {
        let fake = Fake::default();
        let command = Command::shell("look", "true");
        assert!(fake.exec(&primary(), &command).await.is_err(), "a node that is not there");
        fake.create(&primary(), Provision::Empty).await.expect("a new node");
        assert!(fake.create(&primary(), Provision::Empty).await.is_err(), "a node twice");
        assert!(fake.thaw(&primary()).await.is_err(), "a node that is not frozen");
        fake.freeze(&primary()).await.expect("a node that lives");
        assert!(fake.exec(&primary(), &command).await.is_err(), "a frozen node");
        fake.kill(&primary()).await.expect("a node that lives");
        assert!(fake.kill(&primary()).await.is_err(), "a dead node");
        fake.destroy(&primary()).await.expect("a node");
        assert!(fake.destroy(&primary()).await.is_err(), "a node that is gone");
        assert_eq!(fake.remains(&primary()).await.ok(), Some(None));
    }

    #[tokio::test]
    async fn a_call_that_fails_leaves_things_behind_and_dismantling_says_what_sticks() {
        let fake = Fake::default().fail_at(0).stick("data of primary");
        assert!(fake.create(&primary(), Provision::Empty).await.is_err());
        assert_eq!(fake.existing(), ["processes of primary", "data of primary"]);
        assert_eq!(fake.clean_up().await, ["data of primary: it sticks"]);
        assert_eq!(fake.existing(), ["data of primary"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_command_that_hangs_ends_at_its_deadline() {
        let fake = Fake::default().hang("wait");
        fake.create(&primary(), Provision::Empty).await.expect("a new node");
        let command = Command::shell("wait", "true").deadline(Duration::from_mins(10));
        assert!(matches!(fake.exec(&primary(), &command).await, Err(LabError::Deadline { .. })));
    }
}
