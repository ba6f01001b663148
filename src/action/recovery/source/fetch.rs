//! A backup is brought to where the nodes of the exercise can read it, and unwrapped on its way.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use tokio::io::{AsyncRead, ReadBuf};

use super::Phases;
use crate::{
    action::context::DrillContext,
    drill::{Decrypt, Location, Source},
    human,
    journal::{ErrorChain, Phase},
    lab::{Command, Feed, LabError, node::Node},
    pg::quote::shell_word,
    source::{self, Access, Found, Keys, Layer, Part, SourceError, Store, Times, Unwrapped, Unwrapping},
};

/// How long a secret may take: a command that gives it may ask a person.
const SECRET_WITHIN: Duration = Duration::from_mins(2);

/// How often it is told how far the fetch is.
const TELL_EVERY: Duration = Duration::from_secs(5);

/// The backup that is meant, where it lies.
pub(super) struct Chosen {
    store: Store,
    /// It.
    pub(super) found: Found,
    /// Of how many.
    pub(super) candidates: u64,
    keys: Keys,
    decrypt: Decrypt,
}

/// A backup in the place that the nodes share.
pub(super) struct Fetched {
    /// Where it is: a file, or a folder.
    pub(super) path: String,
    /// What it was wrapped in, the outermost first.
    pub(super) layers: Vec<Layer>,
    /// The hash of its bytes as it lies there; `None` for a folder.
    pub(super) hash: Option<String>,
    /// Its bytes without what it was wrapped in.
    pub(super) unwrapped_bytes: u64,
}

/// Finds the backup that a source means.
///
/// # Errors
/// Returns an error if there is none, or a place or a key can't be read.
pub(super) async fn choose(context: &DrillContext, declared: &Source) -> Result<Chosen, LabError> {
    let folder = context.drill.folder.clone().unwrap_or_else(|| ".".into());
    let told = |error| refused("find the backup", &error, &declared.decrypt);
    let keys = Keys::read(&declared.decrypt, &folder, SECRET_WITHIN).await.map_err(told)?;
    let store = Store::open(&declared.backup, Some(&folder), &Access::default()).map_err(told)?;
    let all = store.list().await.map_err(told)?;
    let found = source::pick(&all, &declared.pick, seed(&context.nonce));
    let found = found.map_err(|error| LabError::no_backup("choose a backup", error.to_string()))?.clone();
    context.recorder.progress(format!("restoring {}, {} of {}", found.name, declared.pick, all.len()));
    let candidates = u64::try_from(all.len()).unwrap_or(u64::MAX);
    Ok(Chosen { store, found, candidates, keys, decrypt: declared.decrypt.clone() })
}

/// A number that follows from the exercise's own text, and from nothing else.
fn seed(nonce: &str) -> u64 {
    blake3::hash(nonce.as_bytes())
        .as_bytes()
        .iter()
        .take(8)
        .fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}

impl Chosen {
    /// Brings it: fetch, decryption and decompression are one pass, whose time is divided among them.
    ///
    /// # Errors
    /// Returns an error if it can't be read, unwrapped or written, or there is no room for it.
    pub(super) async fn fetch(
        &self,
        context: &DrillContext,
        phases: &mut Phases,
        repository: &Node,
    ) -> Result<Fetched, LabError> {
        let folder = format!("{}/source", repository.paths().repository);
        let limit = room(repository, &folder, self.found.bytes).await?;
        let path = format!("{folder}/backup");
        let mut fetched = Fetched { path, layers: Vec::new(), hash: None, unwrapped_bytes: 0 };
        let mut times = Times::default();
        for part in &self.found.parts {
            // A folder's files are restored as they are: its tool unwraps them.
            let own =
                if self.found.is_folder { below(&fetched.path, &part.path)? } else { fetched.path.clone() };
            let copied = self.copy(context, repository, part, &own, limit).await?;
            fetched.unwrapped_bytes += copied.bytes;
            times.decrypt += copied.times.decrypt;
            times.decompress += copied.times.decompress;
            if !self.found.is_folder {
                fetched.layers = copied.layers;
                fetched.hash = Some(copied.hash);
            }
        }
        phases.divide(&[(Phase::Decrypt, times.decrypt), (Phase::Decompress, times.decompress)]);
        Ok(fetched)
    }

    async fn copy(
        &self,
        context: &DrillContext,
        repository: &Node,
        part: &Part,
        target: &str,
        limit: u64,
    ) -> Result<Copied, LabError> {
        let reading = (&self.store, &self.keys, &self.decrypt);
        copy(context, reading, repository, part, target, (limit, self.found.is_folder)).await
    }
}

/// Brings the globals of a dump, which may be wrapped as the dump is; where they are.
///
/// # Errors
/// Returns an error if they can't be read or written, or are not one file.
pub(super) async fn globals(
    context: &DrillContext,
    repository: &Node,
    chosen: &Chosen,
    place: &Location,
) -> Result<String, LabError> {
    let what = "fetch the globals";
    let told = |error| refused(what, &error, &chosen.decrypt);
    let store = Store::open(place, context.drill.folder.as_deref(), &Access::default()).map_err(told)?;
    let all = store.list().await.map_err(told)?;
    let [Found { parts, .. }] = all.as_slice() else {
        return Err(LabError::state(what, format!("{place} is more than one file")));
    };
    let [part] = parts.as_slice() else {
        return Err(LabError::state(what, format!("{place} is a folder")));
    };
    let folder = format!("{}/source", repository.paths().repository);
    let limit = room(repository, &folder, part.bytes).await?;
    let target = format!("{folder}/globals.sql");
    let reading = (&store, &chosen.keys, &chosen.decrypt);
    copy(context, reading, repository, part, &target, (limit, false)).await?;
    Ok(target)
}

/// The place of a part below a folder; it never leads out of it.
fn below(folder: &str, name: &str) -> Result<String, LabError> {
    let is_plain = name.split('/').all(|piece| !matches!(piece, "" | "." | ".."));
    if is_plain {
        Ok(format!("{folder}/{}", shell_word(name)))
    } else {
        Err(LabError::state("fetch the backup", format!("{name:?} leads out of its folder")))
    }
}

/// A part that was brought.
struct Copied {
    layers: Vec<Layer>,
    hash: String,
    bytes: u64,
    times: Times,
}

async fn copy(
    context: &DrillContext,
    (store, keys, decrypt): (&Store, &Keys, &Decrypt),
    repository: &Node,
    part: &Part,
    target: &str,
    (limit, as_it_lies): (u64, bool),
) -> Result<Copied, LabError> {
    let what = format!("fetch {}", part.path);
    let told = |error| refused(&what, &error, decrypt);
    let unwrapped =
        store.read(part, Unwrapping { keys: keys.clone(), limit, as_it_lies }).await.map_err(told)?;
    let (layers, mut progress) = (unwrapped.layers().to_vec(), unwrapped.progress());
    let shared = Shared(Arc::new(Mutex::new(unwrapped)));
    let feed = Feed::new(shared.clone());
    let script = format!("mkdir -p \"$(dirname {target})\"; cat > {target}; wc -c < {target}");
    let writing = repository.run(Command::shell(&what, script).feed(feed.clone()));
    let telling = async {
        loop {
            tokio::time::sleep(TELL_EVERY).await;
            let now = *progress.borrow_and_update();
            let left =
                now.remaining().map_or_else(String::new, |left| format!(", {} left", human::duration(left)));
            let (fetched, bytes) = (human::bytes(now.fetched), human::bytes(now.bytes));
            context.recorder.progress(format!("fetched {fetched} of {bytes}{left}"));
        }
    };
    let written = tokio::select! {
        written = writing => written?.text(),
        never = telling => never,
    };
    if let Some(error) = feed.error() {
        let of_source = error.get_ref().and_then(|inner| inner.downcast_ref::<SourceError>()).cloned();
        return Err(match of_source {
            Some(error) => told(error),
            None => LabError::io(what.as_str())(error),
        });
    }
    let fetched = shared.0.lock().unwrap_or_else(PoisonError::into_inner).fetched();
    let fetched = fetched.ok_or_else(|| LabError::state(&what, "it was not read to its end"))?;
    let bytes = fetched.bytes.last().copied().unwrap_or_default();
    if written.trim().parse() != Ok(bytes) {
        let why = format!("{bytes} bytes were read, and {} arrived", written.trim());
        return Err(LabError::state(what, why));
    }
    Ok(Copied { layers, hash: fetched.hash.to_hex().to_string(), bytes, times: fetched.times })
}

/// A stream that is read by a program, and asked afterwards what it was.
#[derive(Clone)]
struct Shared(Arc<Mutex<Unwrapped>>);

impl AsyncRead for Shared {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut unwrapped = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *unwrapped).poll_read(context, buffer)
    }
}

/// What an error of a source means: a backup that is not there, is damaged, or does not open with the keys
/// that are given for it, can't be restored by anybody; what the runner can't reach says nothing of it.
fn refused(what: &str, error: &SourceError, decrypt: &Decrypt) -> LabError {
    let has_keys = *decrypt != Decrypt::default();
    match error {
        SourceError::NotThere { .. }
        | SourceError::NothingFound { .. }
        | SourceError::NotAFile { .. }
        | SourceError::WrongSize { .. }
        | SourceError::Damaged { .. }
        | SourceError::CannotTell(_) => LabError::no_backup(what, error.to_string()),
        SourceError::Key { .. } if has_keys => LabError::no_backup(what, error.to_string()),
        SourceError::Key { .. }
        | SourceError::Refused { .. }
        | SourceError::TooMany { .. }
        | SourceError::Changed { .. }
        | SourceError::TooLarge { .. }
        | SourceError::Secret { .. }
        | SourceError::GivenUp => LabError::state(what, error.to_string()),
    }
}

/// The room at the place for a backup, in bytes.
///
/// # Errors
/// Returns an error if it has not even room for the backup as it lies there.
async fn room(repository: &Node, folder: &str, bytes: u64) -> Result<u64, LabError> {
    let what = "make room for the backup";
    let look = format!("mkdir -p {folder}; df -Pk {folder} | awk 'END {{ print $4 }}'");
    let said = repository.run(Command::shell(what, look)).await?.text();
    let kilobytes: u64 =
        said.trim().parse().map_err(|error| LabError::state(what, ErrorChain::of(&error).to_string()))?;
    let room = kilobytes.saturating_mul(1024);
    if room >= bytes {
        return Ok(room);
    }
    let (has, needs) = (human::bytes(room), human::bytes(bytes));
    Err(LabError::state(what, format!("the disk has {has} left, and the backup is {needs}")))
}
