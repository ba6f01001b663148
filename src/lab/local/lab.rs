//! The nodes of one exercise, as directories and processes.

use std::{
    collections::BTreeMap,
    fs,
    net::{IpAddr, Ipv4Addr, TcpListener},
    os::unix::{
        fs::{DirBuilderExt, chown},
        process::ExitStatusExt,
    },
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU16, Ordering},
    },
};

use async_trait::async_trait;
use nix::sys::signal::{Signal, killpg};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{ChildStderr, ChildStdout},
};

use super::{ServerUser, WorkDir, processes, sweep};
use crate::{
    drill::{Capability, NodeName, REPOSITORY, RuntimeKind},
    journal::hash_of,
    lab::{
        Address, Command, Installation, LabError, NodePaths, Output, PreparedKey, Processes, Provision,
        Runtime, output::Collector,
    },
};

/// How much of a program's output is read at once.
const PIECE: usize = 64 << 10;

/// At most so many prepared clusters are kept.
const PREPARED_KEPT: usize = 6;

#[derive(Clone)]
struct Site {
    port: u16,
    prepared: Option<PreparedKey>,
    frozen: bool,
    dead: bool,
}

/// The lab of one exercise on this machine.
pub struct LocalLab {
    installation: Installation,
    user: ServerUser,
    base: PathBuf,
    cache: PathBuf,
    sites: Mutex<BTreeMap<NodeName, Site>>,
}

impl LocalLab {
    /// A lab below `<work>/runs/<run>/<folder>`; nothing is made but this directory.
    ///
    /// # Errors
    /// Returns an error if it can't be created.
    pub fn new(
        installation: Installation,
        work: &WorkDir,
        run: &str,
        folder: &str,
    ) -> Result<Self, LabError> {
        let user = ServerUser::choose()?;
        let base = work.run(run).join(folder);
        let cache = work.cache();
        sweep::make_passable(&base)
            .map_err(LabError::io(format!("make the directory {}", base.display())))?;
        Ok(Self { installation, user, base, cache, sites: Mutex::default() })
    }

    fn sites(&self) -> std::sync::MutexGuard<'_, BTreeMap<NodeName, Site>> {
        self.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn home(&self, node: &NodeName) -> PathBuf {
        self.base.join("nodes").join(node.as_str())
    }

    fn make(&self, path: &Path) -> Result<(), LabError> {
        let what = || format!("make the directory {}", path.display());
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(LabError::io(what()))?;
        if self.user.drop {
            chown(path, Some(self.user.uid.as_raw()), Some(self.user.gid.as_raw()))
                .map_err(LabError::io(what()))?;
        }
        Ok(())
    }

    /// Beside the nodes, under a name that is short whatever the node is called.
    fn tablespaces(&self, node: &NodeName) -> PathBuf {
        let hash = hash_of(node.as_str().as_bytes());
        self.base.join(format!("ts-{}", hash.get(..8).unwrap_or(&hash)))
    }

    fn site(&self, node: &NodeName) -> Result<Site, LabError> {
        self.sites()
            .get(node)
            .cloned()
            .ok_or_else(|| LabError::state(format!("reach node {node}"), "it is not there"))
    }

    /// Removes the prepared clusters that were not used for longest, but for those that a run is at.
    fn evict(&self, key: &PreparedKey) {
        let Ok(entries) = fs::read_dir(&self.cache) else { return };
        let mut others: Vec<_> = entries
            .flatten()
            .filter(|entry| {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                name.starts_with("prepared-") && *name != prepared_name(key)
            })
            .filter_map(|entry| {
                // Each use touches this file; a cluster without it was never finished.
                let ready = fs::metadata(entry.path().join("READY")).or_else(|_| entry.metadata());
                Some((ready.ok()?.modified().ok()?, entry.path()))
            })
            .collect();
        others.sort();
        let surplus = (others.len() + 1).saturating_sub(PREPARED_KEPT);
        for (_, path) in others.into_iter().take(surplus) {
            if let Err(error) = sweep::remove_prepared(&path) {
                tracing::warn!(path = %path.display(), %error, "failed to evict a prepared cluster");
            }
        }
    }

    fn signal(&self, node: &NodeName, signal: Signal) -> Result<usize, LabError> {
        processes::signal_all(&self.home(node), signal)
            .map_err(|errno| LabError::io(format!("send {signal} to the processes of {node}"))(errno.into()))
    }

    fn set(&self, node: &NodeName, change: impl FnOnce(&mut Site)) {
        if let Some(site) = self.sites().get_mut(node) {
            change(site);
        }
    }
}

fn prepared_name(key: &PreparedKey) -> String {
    format!("prepared-{}", key.0)
}

/// A free port below the range from which outgoing connections take theirs, and not given out before by this
/// process.
fn free_port() -> Option<u16> {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 12_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Runners that are started jobs have numbers jobs: their ports must not be.
    let start = u16::try_from(std::process::id().wrapping_mul(97) % u32::from(COUNT)).unwrap_or_default();
    (0..COUNT).find_map(|_| {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + (start.wrapping_add(step)) % COUNT;
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok().map(|_| port)
    })
}

/// What a program says, until both of its streams end.
async fn collect(
    command: &Command,
    mut stdout: Option<ChildStdout>,
    mut stderr: Option<ChildStderr>,
) -> Result<Output, LabError> {
    let mut collector = Collector::begin(command).await?;
    let (mut out, mut err) = (Vec::with_capacity(PIECE), Vec::with_capacity(PIECE));
    while stdout.is_some() || stderr.is_some() {
        tokio::select! {
            read = next(&mut stdout, &mut out), if stdout.is_some() => {
                read.map_err(LabError::io(&command.what))?;
                collector.stdout(&out).await?;
                out.clear();
            }
            read = next(&mut stderr, &mut err), if stderr.is_some() => {
                read.map_err(LabError::io(&command.what))?;
                collector.stderr(&err)?;
                err.clear();
            }
        }
    }
    collector.end().await
}

/// Reads the next piece of a stream, and closes it at its end.
async fn next(stream: &mut Option<impl AsyncRead + Unpin>, piece: &mut Vec<u8>) -> std::io::Result<()> {
    if let Some(open) = stream
        && open.read_buf(piece).await? == 0
    {
        *stream = None;
    }
    Ok(())
}

#[async_trait]
impl Runtime for LocalLab {
    fn kind(&self) -> RuntimeKind {
        RuntimeKind::Local
    }

    fn capabilities(&self) -> &'static [Capability] {
        super::CAPABILITIES
    }

    fn installation(&self) -> &Installation {
        &self.installation
    }

    fn paths(&self, node: &NodeName) -> NodePaths {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let home = self.home(node);
        let prepared = self.sites().get(node).and_then(|site| site.prepared.clone());
        NodePaths {
            data: text(home.join("data")),
            tablespaces: text(self.tablespaces(node)),
            run: text(home.join("run")),
            repository: text(self.base.join(REPOSITORY)),
            log: text(self.base.join("log")),
            prepared: prepared.map(|key| text(self.cache.join(prepared_name(&key)))).unwrap_or_default(),
        }
    }

    async fn create(&self, node: &NodeName, provision: Provision) -> Result<(), LabError> {
        let what = format!("create node {node}");
        let prepared = match provision {
            Provision::Empty => None,
            Provision::Prepared(key) => Some(key),
        };
        let port =
            free_port().ok_or_else(|| LabError::state(&what, "no port between 20000 and 32000 is free"))?;
        {
            let mut sites = self.sites();
            if sites.contains_key(node) {
                return Err(LabError::state(what, "a node of this name is there"));
            }
            sites.insert(node.clone(), Site { port, prepared: prepared.clone(), frozen: false, dead: false });
        }
        let home = self.home(node);
        let nodes = self.base.join("nodes");
        sweep::make_passable(&nodes).map_err(LabError::io(&what))?;
        let own = [home.clone(), home.join("run"), self.tablespaces(node)];
        for path in own.into_iter().chain([self.base.join(REPOSITORY), self.base.join("log")]) {
            self.make(&path)?;
        }
        if let Some(key) = prepared {
            self.evict(&key);
            self.make(&self.cache.join(prepared_name(&key)))?;
        }
        Ok(())
    }

    async fn address(&self, node: &NodeName) -> Result<Address, LabError> {
        Ok(Address { host: IpAddr::V4(Ipv4Addr::LOCALHOST), port: self.site(node)?.port })
    }

    async fn exec(&self, node: &NodeName, command: &Command) -> Result<Output, LabError> {
        let site = self.site(node)?;
        if site.dead || site.frozen {
            let state = if site.dead { "dead" } else { "frozen" };
            return Err(LabError::state(&command.what, format!("node {node} is {state}")));
        }
        let (program, arguments) = command
            .argv
            .split_first()
            .ok_or_else(|| LabError::state(&command.what, "no program is given"))?;
        let run = self.paths(node).run;
        let mut process = tokio::process::Command::new(program);
        process.args(arguments).env_clear().current_dir(&run).process_group(0).kill_on_drop(true);
        for name in ["PATH", "LD_LIBRARY_PATH", "LD_PRELOAD"] {
            if let Some(value) = std::env::var_os(name) {
                process.env(name, value);
            }
        }
        process.envs([("LC_ALL", "C"), ("TZ", "UTC"), ("HOME", run.as_str())]).envs(&command.env);
        if self.user.drop {
            process.uid(self.user.uid.as_raw()).gid(self.user.gid.as_raw());
        }
        process.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = process.spawn().map_err(LabError::io(&command.what))?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).map(nix::unistd::Pid::from_raw);
        let (mut stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let feed = async {
            if let Some(mut pipe) = stdin.take() {
                if let Some(stream) = &command.feed {
                    stream.write_to(pipe).await;
                    return Ok(());
                }
                // A program may end without reading all of its input: that is for its exit code to say.
                if let Err(error) = pipe.write_all(&command.stdin).await {
                    tracing::debug!(%error, what = command.what, "standard input was not read to its end");
                }
            }
            Ok(())
        };
        let work = async {
            let collect = collect(command, stdout, stderr);
            // A program that fills the memory must not be waited for until it has read its input.
            let ((), mut output) = tokio::try_join!(feed, collect)?;
            let status = child.wait().await.map_err(LabError::io(&command.what))?;
            let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
            output.code = code.map_or(-1, i64::from);
            Ok(output)
        };
        let late = || LabError::Deadline { what: command.what.clone(), within: command.deadline };
        let ended = tokio::time::timeout(command.deadline, work).await.unwrap_or_else(|_| Err(late()));
        if ended.is_err()
            && let Some(group) = group
            && let Err(errno) = killpg(group, Signal::SIGKILL)
        {
            tracing::debug!(%errno, what = command.what, "the program was gone before it was killed");
        }
        ended
    }

    async fn kill(&self, node: &NodeName) -> Result<(), LabError> {
        let what = format!("kill node {node}");
        if self.site(node)?.dead {
            return Err(LabError::state(what, "it is dead already"));
        }
        self.set(node, |site| site.dead = true);
        let left =
            processes::kill_all(&self.home(node)).await.map_err(|errno| LabError::io(&what)(errno.into()))?;
        if left > 0 { Err(LabError::state(what, format!("{left} processes do not die"))) } else { Ok(()) }
    }

    async fn processes(&self, node: &NodeName) -> Result<Processes, LabError> {
        Ok(processes::state(&self.home(node)))
    }

    async fn freeze(&self, node: &NodeName) -> Result<(), LabError> {
        self.site(node)?;
        // Twice, so that a process which was forked during the first pass is stopped as well.
        if self.signal(node, Signal::SIGSTOP)? == 0 {
            return Err(LabError::state(format!("freeze node {node}"), "it has no processes"));
        }
        self.signal(node, Signal::SIGSTOP)?;
        self.set(node, |site| site.frozen = true);
        Ok(())
    }

    async fn thaw(&self, node: &NodeName) -> Result<(), LabError> {
        if !self.site(node)?.frozen {
            return Err(LabError::state(format!("thaw node {node}"), "it is not frozen"));
        }
        self.signal(node, Signal::SIGCONT)?;
        self.set(node, |site| site.frozen = false);
        Ok(())
    }

    async fn destroy(&self, node: &NodeName) -> Result<(), LabError> {
        let what = format!("destroy node {node}");
        self.site(node)?;
        let mut left = sweep::remove_run(&self.home(node)).await;
        left.extend(sweep::remove_run(&self.tablespaces(node)).await);
        if !left.is_empty() {
            return Err(LabError::state(what, left.join("; ")));
        }
        self.sites().remove(node);
        Ok(())
    }

    async fn remains(&self, node: &NodeName) -> Result<Option<String>, LabError> {
        let home = self.home(node);
        let alive = processes::below(&home).len();
        let there =
            home.join("data").try_exists().map_err(LabError::io(format!("look for the data of {node}")))?;
        Ok(match (alive, there) {
            (0, false) => None,
            (0, true) => Some(format!("the data directory of {node}")),
            (count, _) => Some(format!("{count} processes of {node}")),
        })
    }

    async fn clean_up(&self) -> Vec<String> {
        let left = sweep::remove_run(&self.base).await;
        self.sites().clear();
        left
    }
}
