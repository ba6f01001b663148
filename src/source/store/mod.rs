//! What lies at a location, and its bytes. Read-only: there is nothing here that writes or removes.

mod access;
mod local;
mod names;
mod remote;

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tokio_util::task::AbortOnDropHandle;

pub use access::{Access, Patience};

use super::{Dated, SourceError, Unwrapped, Unwrapping, dates, pass::Input};
use crate::drill::{Location, LocationKind};

/// One file of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it is within its backup, with `/` between folders; the file's name where the backup is one file.
    pub path: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// Where the store has it: a path or a key.
    key: String,
    /// What tells this version of it from others, where the store says.
    etag: Option<String>,
}

/// One backup, or what lies there as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its name: the last part of its path.
    pub name: String,
    /// Its files, by their paths.
    pub parts: Vec<Part>,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// How many bytes its files have together.
    pub bytes: u64,
    /// When the newest of its files was last modified.
    pub modified: Option<Timestamp>,
    /// When it was taken, as far as its name and its files tell.
    pub dated: Option<Dated>,
}

impl Found {
    fn new(name: String, mut parts: Vec<Part>, is_folder: bool, modified: Option<Timestamp>) -> Self {
        parts.sort_by(|a, b| a.path.cmp(&b.path));
        let bytes = parts.iter().map(|part| part.bytes).sum();
        let dated = dates::dated(&name, modified);
        Self { name, parts, is_folder, bytes, modified, dated }
    }
}

/// Where a source lies, opened read-only.
#[derive(Clone, Debug)]
pub struct Store {
    location: Location,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Local { path: PathBuf },
    Remote(remote::Remote),
}

/// A part as it comes in.
pub(super) struct Fetch {
    pub(super) name: String,
    pub(super) place: String,
    pub(super) bytes: u64,
    pub(super) input: Input,
    pub(super) task: Option<AbortOnDropHandle<()>>,
}

impl Store {
    /// Opens a location. A path is relative to the drill's folder, or to the working directory without one.
    ///
    /// # Errors
    /// Returns an error if an object store can't be addressed: its region, credentials or CA are missing or
    /// wrong. Whether anything lies there is not asked yet.
    pub fn open(location: &Location, folder: Option<&Path>, access: &Access) -> Result<Self, SourceError> {
        let kind = match location.kind() {
            LocationKind::Path => {
                let path = folder.unwrap_or_else(|| Path::new("")).join(location.as_str());
                Kind::Local { path }
            }
            LocationKind::S3 | LocationKind::Gcs | LocationKind::Azure => {
                Kind::Remote(remote::Remote::open(location, folder, access)?)
            }
        };
        Ok(Self { location: location.clone(), kind })
    }

    /// What lies there: one backup, or for a pattern each that its name fits, by name.
    ///
    /// # Errors
    /// Returns an error if nothing is there, or something of it can't be looked at or is no file.
    pub async fn list(&self) -> Result<Vec<Found>, SourceError> {
        let mut found = match &self.kind {
            Kind::Local { path } => {
                let (path, pattern) = (path.clone(), self.location.pattern().map(str::to_owned));
                tokio::task::spawn_blocking(move || local::list(&path, pattern.as_deref()))
                    .await
                    .map_err(|_| SourceError::GivenUp)??
            }
            Kind::Remote(remote) => remote.list(&self.location).await?,
        };
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// Reads a part without its layers.
    ///
    /// # Errors
    /// Returns an error if it can't be fetched, is not the one that was listed, or a layer can't be opened.
    pub async fn read(&self, part: &Part, unwrapping: Unwrapping) -> Result<Unwrapped, SourceError> {
        Unwrapped::open(self.fetch(part, 0).await?, unwrapping).await
    }

    /// Reads a part as it lies there, from a byte on.
    ///
    /// # Errors
    /// Returns an error if it can't be opened, or is not the one that was listed.
    pub async fn read_raw(&self, part: &Part, from: u64) -> Result<Raw, SourceError> {
        Ok(Raw { fetch: self.fetch(part, from).await? })
    }

    async fn fetch(&self, part: &Part, from: u64) -> Result<Fetch, SourceError> {
        match &self.kind {
            Kind::Local { .. } => {
                let part = part.clone();
                tokio::task::spawn_blocking(move || local::fetch(&part, from))
                    .await
                    .map_err(|_| SourceError::GivenUp)?
            }
            Kind::Remote(remote) => Ok(remote.fetch(part, from)),
        }
    }
}

/// The bytes of a part as they lie in the store, for a thread that may block.
pub struct Raw {
    fetch: Fetch,
}

impl std::io::Read for Raw {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.fetch.input.read(buffer)
    }
}
