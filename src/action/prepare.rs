//! Prepared clusters: initdb and loading happen once for each version, dataset and scale, and are copied from then on.

use std::{
    fs::File,
    io::{Read, Write},
    path::Path,
    time::Duration,
};

use super::context::DrillContext;
use crate::{
    drill::{Dataset, Fixture, NodeName, OWN_TABLES},
    lab::{
        Command, LabError, PreparedKey, Provision,
        node::{APPLICATION_ROLE, Node, SUPERUSER, Secrets, set_application_password},
        session::Credentials,
    },
    pg::setting::Settings,
};

/// What is prepared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// What initdb makes and nothing more: a logical backup is restored into it.
    Bare,
    /// A dataset, the application's role and Lifeboat's own tables.
    Loaded(Dataset),
}

/// The version of what Lifeboat itself puts into a prepared cluster.
const RECIPE: u32 = 2;

impl Content {
    /// Everything that goes into the cluster, hashed.
    fn key(&self, context: &DrillContext) -> PreparedKey {
        let mut hash = blake3::Hasher::new();
        let mut part = |text: &str| {
            hash.update(&(text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        };
        part(&RECIPE.to_string());
        part(&context.runtime.installation().identity);
        part(&context.secrets.superuser.password);
        part(&context.secrets.application.password);
        match self {
            Self::Bare => part("bare"),
            Self::Loaded(dataset) => {
                part(dataset.fixture.name());
                part(&dataset.scale.to_string());
                part(&script(dataset.fixture));
            }
        }
        PreparedKey(hash.finalize().to_hex().chars().take(16).collect())
    }
}

/// The SQL of a dataset and of the application's role.
#[must_use]
pub fn script(fixture: Fixture) -> String {
    match fixture {
        Fixture::Empty => format!("create role {APPLICATION_ROLE} login;\n"),
        Fixture::Shop => fixture.sql(),
    }
}

/// Makes a node with the content in its data directory, copied from a prepared cluster; where there is none, it is made
/// first. The server is not started.
///
/// # Errors
/// Returns an error if the node can't be made or the content can't be loaded.
pub async fn create(
    context: &mut DrillContext,
    name: &NodeName,
    content: &Content,
) -> Result<Node, LabError> {
    let key = content.key(context);
    // Two runs that need the same cluster: one makes it, the other waits and copies.
    let _lock = lock(&context.cache, &key).await?;
    let node = context.create(name, Provision::Prepared(key)).await?;
    let paths = node.paths();
    let copy = format!(
        "test -e {prepared}/READY || exit 9; touch {prepared}/READY; cp -a {prepared}/pgdata {data}",
        prepared = paths.prepared,
        data = paths.data
    );
    let copy = Command::shell("copy the prepared cluster", copy);
    let copied = node.exec(copy.clone()).await?;
    if copied.code == 9 {
        context.recorder.progress(match content {
            Content::Bare => "making a cluster, once for this version".to_owned(),
            Content::Loaded(dataset) => {
                format!(
                    "loading {} at scale {}, once for this version",
                    dataset.fixture.name(),
                    dataset.scale
                )
            }
        });
        fill(context, &node, content).await?;
    } else {
        copied.success(&copy)?;
    }
    Ok(node)
}

async fn fill(context: &DrillContext, node: &Node, content: &Content) -> Result<(), LabError> {
    let paths = node.paths();
    node.initdb().await?;
    if let Content::Loaded(dataset) = content {
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
        let fast: Settings =
            fast.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        drop(node.start(&fast).await?);
        load(context, node, dataset).await?;
        node.stop().await?;
    }
    // Copied under a name of this exercise's own: what a runner that died had started may still be copying.
    let keep = format!(
        "rm -rf {prepared}/filling-*; : > {log}; cp -a {data} {prepared}/filling-{nonce}; sync -f {prepared} 2>/dev/null || sync\n\
         rm -rf {prepared}/pgdata; mv {prepared}/filling-{nonce} {prepared}/pgdata; touch {prepared}/READY",
        nonce = context.nonce,
        prepared = paths.prepared,
        data = paths.data,
        log = node.log_file(),
    );
    node.run(Command::shell("keep the prepared cluster", keep)).await.map(drop)
}

async fn load(context: &DrillContext, node: &Node, dataset: &Dataset) -> Result<(), LabError> {
    let address = node.address().await?;
    let grants = format!(
        "{OWN_TABLES}\ngrant usage on schema lifeboat to {APPLICATION_ROLE};\n\
         grant select, insert on lifeboat.commits, lifeboat.marker to {APPLICATION_ROLE};\n\
         grant select on lifeboat.nonce to {APPLICATION_ROLE};\n"
    );
    let own = format!(
        "\\connect {}\n{grants}{};\n",
        dataset.fixture.database().quoted(),
        set_application_password(&context.secrets)
    );
    let script = format!("{}\n{own}", script(dataset.fixture));
    let psql = context.runtime.installation().program("psql");
    let arguments = [
        psql,
        "-XqAt".into(),
        "-v".into(),
        "ON_ERROR_STOP=1".into(),
        "-v".into(),
        format!("scale={}", dataset.scale),
        "-v".into(),
        format!("app_role={APPLICATION_ROLE}"),
        "-h".into(),
        address.host.to_string(),
        "-p".into(),
        address.port.to_string(),
        "-d".into(),
        "postgres".into(),
    ];
    let what = format!("load the dataset {}", dataset.fixture.name());
    node.run_as_superuser(Command::new(what, arguments).stdin(script)).await.map(drop)
}

/// The passwords of this machine's clusters, made at random when they are first needed.
///
/// # Errors
/// Returns an error if they can't be read or kept.
pub fn secrets(cache: &Path) -> Result<Secrets, LabError> {
    let what = || format!("keep the passwords in {}", cache.display());
    let path = cache.join("secret");
    let made = private_file(&cache.join("secret.lock")).and_then(|lock| {
        lock.lock()?;
        if !path.exists() {
            let mut random = [0_u8; 32];
            File::open("/dev/urandom")?.read_exact(&mut random)?;
            let partial = cache.join("secret.partial");
            private_file(&partial)?.write_all(&random)?;
            std::fs::rename(&partial, &path)?;
        }
        std::fs::read(&path)
    });
    let seed = made.map_err(LabError::io(what()))?;
    let password = |role: &str| {
        let mut hash = blake3::Hasher::new();
        hash.update(&seed).update(role.as_bytes());
        Credentials { role: role.to_owned(), password: hash.finalize().to_hex().chars().take(32).collect() }
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
async fn lock(cache: &Path, key: &PreparedKey) -> Result<File, LabError> {
    let path = cache.join(format!("{}.lock", key.0));
    let what = format!("lock the prepared cluster {}", key.0);
    let file = private_file(&path).map_err(LabError::io(&what))?;
    crate::lab::wait::until(&what, Duration::from_secs(7200), Duration::from_millis(20), || async {
        match file.try_lock() {
            Ok(()) => Ok(crate::lab::wait::Poll::Ready(())),
            Err(std::fs::TryLockError::WouldBlock) => Ok(crate::lab::wait::Poll::NotYet),
            Err(std::fs::TryLockError::Error(error)) => Err(LabError::io(&what)(error)),
        }
    })
    .await?;
    Ok(file)
}
