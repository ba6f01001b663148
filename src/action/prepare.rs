//! Prepared clusters: initdb and loading happen once for each version, dataset and scale, and are copied from
//! then on.

use std::{
    fs::{File, TryLockError},
    io::{Read, Write},
    path::Path,
    time::Duration,
};

use super::{context::DrillContext, dataset, tablespaces};
use crate::{
    drill::NodeName,
    lab::{
        Command, LabError, PreparedKey, Provision,
        node::{APPLICATION_ROLE, Node, SUPERUSER, Secrets},
        session::Credentials,
        wait::{self, Poll},
    },
    pg::setting::Settings,
};

/// What is prepared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// What initdb makes and nothing more: a logical backup is restored into it.
    Bare,
    /// The drill's dataset, the application's role and Lifeboat's own tables.
    Loaded,
}

/// How long another run may hold the passwords' lock: it writes 32 bytes meanwhile.
const SECRETS_WITHIN: Duration = Duration::from_secs(30);

/// The version of what Lifeboat itself puts into a prepared cluster.
const RECIPE: u32 = 3;

/// Libraries that a dataset may need while it is loaded.
const PRELOAD: &str = "shared_preload_libraries";

impl Content {
    /// Everything that goes into the cluster, hashed; `None` where nothing tells it from another.
    async fn key(&self, context: &DrillContext) -> Result<Option<PreparedKey>, LabError> {
        let content = match self {
            Self::Bare => "bare".to_owned(),
            Self::Loaded => match dataset::identity(context).await? {
                Some(identity) => identity,
                None => return Ok(None),
            },
        };
        let mut hash = blake3::Hasher::new();
        for part in [
            RECIPE.to_string().as_str(),
            &context.runtime.installation().identity,
            &context.secrets.superuser.password,
            &context.secrets.application.password,
            &context.drill.server.initdb.arguments().join(" "),
            context.drill.setting(PRELOAD).unwrap_or_default(),
            &content,
        ] {
            hash.update(&(part.len() as u64).to_le_bytes()).update(part.as_bytes());
        }
        Ok(Some(PreparedKey(hash.finalize().to_hex().chars().take(16).collect())))
    }
}

/// Makes a node with the content in its data directory, copied from a prepared cluster; where there is none,
/// it is made first. The server is not started.
///
/// # Errors
/// Returns an error if the node can't be created or the content can't be loaded.
pub async fn create(
    context: &mut DrillContext,
    name: &NodeName,
    content: &Content,
) -> Result<Node, LabError> {
    let Some(key) = content.key(context).await? else {
        let node = context.create(name, Provision::Empty).await?;
        context.recorder.progress(format!("loading {}", context.drill.describe_content()));
        fill(context, &node, content).await?;
        return Ok(node);
    };
    // Two runs that need the same cluster: one makes it, the other waits and copies.
    let _lock = lock(&context.cache, &key, context.time_left.remaining()).await?;
    let node = context.create(name, Provision::Prepared(key)).await?;
    let paths = node.paths();
    let copy = format!(
        "test -e {prepared}/READY || exit 9; touch {prepared}/READY; cp -a {prepared}/pgdata \
         {data}\n{tablespaces}",
        prepared = paths.prepared,
        data = paths.data,
        tablespaces = tablespaces::copy(&format!("{}/pgdata", paths.prepared), &paths),
    );
    let copy = Command::shell("copy the prepared cluster", copy);
    let copied = node.exec(copy.clone()).await?;
    if copied.code == 9 {
        context.recorder.progress(match content {
            Content::Bare => "making a cluster, once for this version".to_owned(),
            Content::Loaded => format!("loading {}, once for this version", context.drill.describe_content()),
        });
        fill(context, &node, content).await?;
        keep(context, &node).await?;
    } else {
        copied.success(&copy)?;
    }
    Ok(node)
}

async fn fill(context: &DrillContext, node: &Node, content: &Content) -> Result<(), LabError> {
    node.initdb(&context.drill.server.initdb).await?;
    if *content == Content::Loaded {
        // Durability begins when the cluster is stopped: until then a crash only means that it is made again.
        // Segments that nobody needs any more are removed and not kept for later: each copy would copy them.
        let fast = [
            ("fsync", "off"),
            ("wal_level", "minimal"),
            ("archive_mode", "off"),
            ("max_wal_senders", "0"),
            ("max_wal_size", "8GB"),
            ("wal_keep_size", "0"),
            ("wal_recycle", "off"),
        ];
        let mut fast: Settings =
            fast.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        fast.extend(
            context.drill.setting(PRELOAD).map(|libraries| (PRELOAD.to_owned(), libraries.to_owned())),
        );
        drop(node.start(&fast).await?);
        node.while_alive("load the dataset", dataset::load(context, node)).await?;
        node.stop().await?;
        tablespaces::adopt(node).await?;
    }
    Ok(())
}

/// Keeps the cluster in the node's data directory for the next time.
async fn keep(context: &DrillContext, node: &Node) -> Result<(), LabError> {
    let paths = node.paths();
    // Copied under a name of this exercise's own: what a runner that died had started may still be copying.
    let keep = format!(
        "rm -rf {prepared}/filling-*; : > {log}; cp -a {data} {prepared}/filling-{nonce}\n\
         rm -rf {kept}; if [ -n \"$(ls -A {tablespaces} 2>/dev/null)\" ]; then cp -a {tablespaces} {kept}; \
         fi; sync -f {prepared} 2>/dev/null || sync\n\
         rm -rf {prepared}/pgdata; mv {prepared}/filling-{nonce} {prepared}/pgdata; touch {prepared}/READY",
        tablespaces = paths.tablespaces,
        kept = tablespaces::beside(&format!("{}/pgdata", paths.prepared)),
        nonce = context.nonce,
        prepared = paths.prepared,
        data = paths.data,
        log = node.log_file(),
    );
    node.run(Command::shell("keep the prepared cluster", keep)).await.map(drop)
}

/// The passwords of this machine's clusters, made at random when they are first needed.
///
/// # Errors
/// Returns an error if they can't be read or kept.
pub async fn secrets(cache: &Path) -> Result<Secrets, LabError> {
    let what = || format!("keep the passwords in {}", cache.display());
    let path = cache.join("secret");
    let lock = private_file(&cache.join("secret.lock")).map_err(LabError::io(what()))?;
    locked(&lock, "lock the passwords, which another run holds", SECRETS_WITHIN).await?;
    let made = (|| {
        if !path.exists() {
            let mut random = [0_u8; 32];
            File::open("/dev/urandom")?.read_exact(&mut random)?;
            let partial = cache.join("secret.partial");
            private_file(&partial)?.write_all(&random)?;
            std::fs::rename(&partial, &path)?;
        }
        std::fs::read(&path)
    })();
    let seed = made.map_err(LabError::io(what()))?;
    let password = |role: &str| {
        let mut hash = blake3::Hasher::new();
        hash.update(&seed).update(role.as_bytes());
        Credentials {
            role: role.to_owned(),
            password: hash.finalize().to_hex().chars().take(32).collect(),
            authority: None,
        }
    };
    Ok(Secrets { superuser: password(SUPERUSER), application: password(APPLICATION_ROLE) })
}

/// A random text.
///
/// # Errors
/// Returns an error if the system has no randomness.
pub fn nonce() -> Result<String, LabError> {
    let mut random = [0_u8; 8];
    File::open("/dev/urandom")
        .and_then(|mut file| file.read_exact(&mut random))
        .map_err(LabError::io("read random bytes"))?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A file that only its owner may read.
fn private_file(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().create(true).truncate(false).write(true).mode(0o600).open(path)
}

/// Holds the lock of a prepared cluster, across processes, until the file is closed.
async fn lock(cache: &Path, key: &PreparedKey, within: Duration) -> Result<File, LabError> {
    let path = cache.join(format!("{}.lock", key.0));
    let what = format!("lock the prepared cluster {}", key.0);
    let file = private_file(&path).map_err(LabError::io(&what))?;
    locked(&file, &what, within).await?;
    Ok(file)
}

/// Waits for the lock of a file.
async fn locked(file: &File, what: &str, within: Duration) -> Result<(), LabError> {
    wait::until(what, within, Duration::from_millis(20), || async {
        match file.try_lock() {
            Ok(()) => Ok(Poll::Ready(())),
            Err(TryLockError::WouldBlock) => Ok(Poll::NotYet),
            Err(TryLockError::Error(error)) => Err(LabError::io(what)(error)),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_neighbour_that_holds_the_passwords_for_ever_is_not_waited_for_for_ever() {
        let cache = tempfile::tempdir().unwrap();
        let first = secrets(cache.path()).await.unwrap();
        let neighbour = private_file(&cache.path().join("secret.lock")).unwrap();
        neighbour.lock().unwrap();
        let error = secrets(cache.path()).await.unwrap_err();
        assert!(matches!(error, LabError::Deadline { .. }), "{error}");
        drop(neighbour);
        let again = secrets(cache.path()).await.unwrap();
        assert_eq!(again.superuser.password, first.superuser.password);
    }
}
