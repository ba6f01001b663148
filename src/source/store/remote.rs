//! Object stores: what lies there, and its bytes, taken up again where a read breaks off.

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, Read},
    path::Path,
    sync::Arc,
};

use bytes::{Buf, Bytes};
use futures_util::TryStreamExt;
use jiff::Timestamp;
use object_store::{Error, GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt, path::Path as Key};
use tokio::{sync::mpsc, time::timeout};
use tokio_util::task::AbortOnDropHandle;

use super::{Access, Fetch, Found, Part, Patience, names::fits};
use crate::{drill::Location, source::SourceError};

/// A prefix has so many objects at most.
const MAX_OBJECTS: usize = 1_000_000;

/// So many pieces that came in may wait to be taken.
const WAITING: usize = 16;

/// A bucket or container, of which nothing but GET and LIST is used.
#[derive(Clone)]
pub(super) struct Remote {
    client: Arc<dyn ObjectStore>,
    /// What stands before each key in messages.
    root: String,
    patience: Patience,
}

impl Remote {
    pub(super) fn open(
        location: &Location,
        folder: Option<&Path>,
        access: &Access,
    ) -> Result<Self, SourceError> {
        let client = access.client(location, folder)?;
        let (bucket, _) = location.bucket_and_key();
        let scheme = location.as_str().split("://").next().unwrap_or_default();
        Ok(Self { client, root: format!("{scheme}://{bucket}/"), patience: access.patience })
    }

    pub(super) async fn list(&self, location: &Location) -> Result<Vec<Found>, SourceError> {
        let (_, key) = location.bucket_and_key();
        let Some(pattern) = location.pattern() else {
            return Ok(vec![self.one(location, key.trim_end_matches('/')).await?]);
        };
        let mut folders: BTreeMap<String, Vec<ObjectMeta>> = BTreeMap::new();
        let objects = self.objects(location.folder()).await?;
        let looked_at = objects.len();
        for object in objects {
            let inside = object.location.as_ref().strip_prefix(location.folder()).unwrap_or_default();
            let name = inside.split('/').next().unwrap_or_default();
            if fits(pattern, name) {
                folders.entry(name.to_owned()).or_default().push(object);
            }
        }
        if folders.is_empty() {
            return Err(SourceError::NothingFound { place: location.to_string(), looked_at });
        }
        let found = folders.into_iter().map(|(name, objects)| {
            let whole = format!("{}{name}", location.folder());
            found(name, &whole, objects)
        });
        Ok(found.collect())
    }

    /// One object, or all that lie below its key.
    async fn one(&self, location: &Location, key: &str) -> Result<Found, SourceError> {
        let name = key.rsplit('/').next().unwrap_or_default().to_owned();
        if !key.is_empty() {
            let asked = Key::parse(key).map_err(|error| self.refused("look at", key, &error.into()))?;
            match self.answer("look at", key, self.client.head(&asked)).await {
                Ok(object) => return Ok(found(name, key, vec![object])),
                Err(SourceError::NotThere { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let below = if key.is_empty() { String::new() } else { format!("{key}/") };
        let objects = self.objects(&below).await?;
        if objects.is_empty() {
            return Err(SourceError::NotThere { place: location.to_string() });
        }
        Ok(found(name, key, objects))
    }

    async fn objects(&self, folder: &str) -> Result<Vec<ObjectMeta>, SourceError> {
        let below = folder.trim_end_matches('/');
        let prefix = match below {
            "" => None,
            _ => Some(Key::parse(below).map_err(|error| self.refused("list", below, &error.into()))?),
        };
        let mut stream = self.client.list(prefix.as_ref());
        let mut objects = Vec::new();
        while let Some(object) = self.answer("list", below, stream.try_next()).await? {
            if objects.len() == MAX_OBJECTS {
                let place = format!("{}{below}", self.root);
                return Err(SourceError::TooMany { place, limit: MAX_OBJECTS, what: "objects" });
            }
            objects.push(object);
        }
        Ok(objects)
    }

    async fn answer<T>(
        &self,
        verb: &'static str,
        key: &str,
        asked: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, SourceError> {
        match timeout(self.patience.silence, asked).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(self.refused(verb, key, &error)),
            Err(_) => Err(self.silent(verb, key)),
        }
    }

    fn silent(&self, verb: &'static str, key: &str) -> SourceError {
        let error = format!("nothing came for {} s", self.patience.silence.as_secs_f64()).into();
        SourceError::Refused { verb, place: format!("{}{key}", self.root), error }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum that grows: its words are passed on")]
    fn refused(&self, verb: &'static str, key: &str, error: &Error) -> SourceError {
        let place = format!("{}{key}", self.root);
        match error {
            Error::NotFound { .. } => SourceError::NotThere { place },
            Error::Precondition { .. } => SourceError::Changed { place },
            other => SourceError::Refused { verb, place, error: chain(other).into() },
        }
    }

    /// Begins to fetch a part from a byte on, as a task that ends with its handle.
    pub(super) fn fetch(&self, part: &Part, from: u64) -> Fetch {
        let (pieces, received) = mpsc::channel(WAITING);
        let (remote, wanted) = (self.clone(), part.clone());
        let task = tokio::spawn(async move {
            if let Err(error) = remote.send(&wanted, from, &pieces).await {
                let _ = pieces.send(Err(error)).await;
            }
        });
        Fetch {
            name: part.path.clone(),
            place: format!("{}{}", self.root, part.key),
            bytes: part.bytes.saturating_sub(from),
            input: Box::new(Pieces { received, piece: Bytes::new(), is_at_end: false }),
            task: Some(AbortOnDropHandle::new(task)),
        }
    }

    async fn send(
        &self,
        part: &Part,
        from: u64,
        pieces: &mpsc::Sender<Result<Bytes, SourceError>>,
    ) -> Result<(), SourceError> {
        let (mut at, mut failed, mut wait) = (from, 0, self.patience.wait);
        loop {
            let before = at;
            let Err(error) = self.attempt(part, &mut at, pieces).await else {
                // The end is told by an empty piece: a task that died tells nothing.
                let _ = pieces.send(Ok(Bytes::new())).await;
                return Ok(());
            };
            if at > before {
                (failed, wait) = (0, self.patience.wait);
            }
            failed += 1;
            let is_final = !matches!(error, SourceError::Refused { .. });
            if is_final || failed > self.patience.attempts {
                return Err(error);
            }
            tracing::warn!(%error, at, "a read is taken up again");
            tokio::time::sleep(wait).await;
            wait *= 2;
        }
    }

    /// Reads on from `at` to the end.
    async fn attempt(
        &self,
        part: &Part,
        at: &mut u64,
        pieces: &mpsc::Sender<Result<Bytes, SourceError>>,
    ) -> Result<(), SourceError> {
        let wrong = |read| SourceError::WrongSize {
            place: format!("{}{}", self.root, part.key),
            read,
            bytes: part.bytes,
        };
        if *at >= part.bytes {
            return Ok(());
        }
        let key = Key::parse(&part.key).map_err(|error| self.refused("read", &part.key, &error.into()))?;
        let options = GetOptions {
            if_match: part.etag.clone(),
            range: (*at > 0).then_some(GetRange::Offset(*at)),
            ..GetOptions::default()
        };
        let got = self.answer("read", &part.key, self.client.get_opts(&key, options)).await?;
        if got.meta.size != part.bytes {
            return Err(wrong(got.meta.size));
        }
        let mut stream = got.into_stream();
        while let Some(piece) = self.answer("read", &part.key, stream.try_next()).await? {
            *at += piece.len() as u64;
            if *at > part.bytes {
                return Err(wrong(*at));
            }
            if !piece.is_empty() && pieces.send(Ok(piece)).await.is_err() {
                return Err(SourceError::GivenUp);
            }
        }
        if *at == part.bytes { Ok(()) } else { Err(self.broke_off(part, *at)) }
    }

    fn broke_off(&self, part: &Part, at: u64) -> SourceError {
        let error = format!("the answer ended after {at} of {} bytes", part.bytes).into();
        SourceError::Refused { verb: "read", place: format!("{}{}", self.root, part.key), error }
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The client holds credentials.
        f.debug_struct("Remote").field("root", &self.root).finish_non_exhaustive()
    }
}

/// An object is a file, and what lies below a key is a folder of that name.
fn found(name: String, key: &str, objects: Vec<ObjectMeta>) -> Found {
    let is_folder = objects.iter().any(|object| object.location.as_ref() != key);
    let newest = objects.iter().map(|object| object.last_modified.timestamp()).max();
    let modified = newest.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let parts = objects.into_iter().map(|object| {
        let whole = object.location.as_ref();
        let inside = whole.strip_prefix(key).unwrap_or(whole).trim_start_matches('/');
        Part {
            path: if inside.is_empty() { name.clone() } else { inside.to_owned() },
            bytes: object.size,
            key: whole.to_owned(),
            etag: object.e_tag,
        }
    });
    let parts = parts.collect();
    Found::new(name, parts, is_folder, modified)
}

/// An error with those that caused it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = error.source();
    }
    words
}

/// The pieces that come in, for a thread that may block.
struct Pieces {
    received: mpsc::Receiver<Result<Bytes, SourceError>>,
    piece: Bytes,
    is_at_end: bool,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.piece.is_empty() && !self.is_at_end {
            match self.received.blocking_recv() {
                Some(Ok(piece)) if piece.is_empty() => self.is_at_end = true,
                Some(Ok(piece)) => self.piece = piece,
                Some(Err(error)) => return Err(error.into()),
                None => return Err(SourceError::GivenUp.into()),
            }
        }
        let count = self.piece.len().min(buffer.len());
        self.piece.copy_to_slice(buffer.get_mut(..count).unwrap_or_default());
        Ok(count)
    }
}
