//! A file system of the runner's machine.

use std::{
    collections::BTreeSet,
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt},
    path::Path,
};

use jiff::Timestamp;

use super::{Fetch, Found, Part, names::fits};
use crate::source::SourceError;

/// A backup has so many files at most, and a folder so many folders in each other.
const MAX_PARTS: usize = 1_000_000;
const MAX_DEPTH: usize = 64;

/// `O_NONBLOCK`, by which a FIFO that came in between opens without a writer.
const NONBLOCK: i32 = nix::fcntl::OFlag::O_NONBLOCK.bits();

pub(super) fn list(path: &Path, pattern: Option<&str>) -> Result<Vec<Found>, SourceError> {
    let Some(pattern) = pattern else {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        return Ok(vec![one(path, name)?]);
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut looked_at = 0;
    let mut found = Vec::new();
    for name in names(folder)? {
        looked_at += 1;
        if fits(pattern, &name) {
            found.push(one(&folder.join(&name), name)?);
        }
    }
    if found.is_empty() {
        return Err(SourceError::NothingFound { place: path.display().to_string(), looked_at });
    }
    Ok(found)
}

/// What lies at a path, as one backup.
fn one(path: &Path, name: String) -> Result<Found, SourceError> {
    let about = about(path)?;
    let mut walk = Walk { parts: Vec::new(), newest: None, above: BTreeSet::new() };
    if about.is_dir() {
        walk.folder(path, "", &about, 0)?;
        if walk.parts.is_empty() {
            return Err(SourceError::NothingFound { place: path.display().to_string(), looked_at: 0 });
        }
    } else {
        walk.file(path, name.clone(), &about)?;
    }
    let modified = walk.newest.and_then(|seconds| Timestamp::from_second(seconds).ok());
    Ok(Found::new(name, walk.parts, about.is_dir(), modified))
}

struct Walk {
    parts: Vec<Part>,
    newest: Option<i64>,
    /// The folders above, by device and inode: a link to one of them is a loop.
    above: BTreeSet<(u64, u64)>,
}

impl Walk {
    fn folder(&mut self, path: &Path, inside: &str, own: &Metadata, depth: usize) -> Result<(), SourceError> {
        let place = || path.display().to_string();
        if depth > MAX_DEPTH {
            return Err(SourceError::TooMany {
                place: place(),
                limit: MAX_DEPTH,
                what: "folders in each other",
            });
        }
        if !self.above.insert((own.dev(), own.ino())) {
            return Err(SourceError::NotAFile { place: place(), what: "a link to a folder above it" });
        }
        for name in names(path)? {
            let path = path.join(&name);
            let inside = if inside.is_empty() { name } else { format!("{inside}/{name}") };
            let about = about(&path)?;
            if about.is_dir() {
                self.folder(&path, &inside, &about, depth + 1)?;
            } else {
                self.file(&path, inside, &about)?;
            }
        }
        self.above.remove(&(own.dev(), own.ino()));
        Ok(())
    }

    fn file(&mut self, path: &Path, inside: String, about: &Metadata) -> Result<(), SourceError> {
        is_file(path, about)?;
        if self.parts.len() == MAX_PARTS {
            let place = path.display().to_string();
            return Err(SourceError::TooMany { place, limit: MAX_PARTS, what: "files in one backup" });
        }
        self.newest = self.newest.max(Some(about.mtime()));
        let key = path.to_str().ok_or_else(|| not_utf8(path))?.to_owned();
        self.parts.push(Part { path: inside, bytes: about.len(), key, etag: Some(version(about)) });
        Ok(())
    }
}

/// Opens a part from a byte on.
pub(super) fn fetch(part: &Part, from: u64) -> Result<Fetch, SourceError> {
    let path = Path::new(&part.key);
    let failed = |error: &io::Error| SourceError::of_file("open", &part.key, error);
    let mut options = OpenOptions::new();
    let mut file = options.read(true).custom_flags(NONBLOCK).open(path).map_err(|error| failed(&error))?;
    let about = file.metadata().map_err(|error| failed(&error))?;
    is_file(path, &about)?;
    if part.etag.as_ref().is_some_and(|etag| *etag != version(&about)) {
        return Err(SourceError::Changed { place: part.key.clone() });
    }
    file.seek(SeekFrom::Start(from)).map_err(|error| failed(&error))?;
    let input = Box::new(LocalFile { file, key: part.key.clone(), at: from, bytes: part.bytes });
    let (name, place) = (part.path.clone(), part.key.clone());
    Ok(Fetch { name, place, bytes: part.bytes.saturating_sub(from), input, task: None })
}

/// A file that has to have as many bytes as it was listed with.
struct LocalFile {
    file: File,
    key: String,
    at: u64,
    bytes: u64,
}

impl Read for LocalFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match self.file.read(buffer) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
            Err(error) => return Err(SourceError::of_file("read", &self.key, &error).into()),
        };
        self.at += read as u64;
        let is_wrong =
            if read == 0 && !buffer.is_empty() { self.at != self.bytes } else { self.at > self.bytes };
        if is_wrong {
            let (place, read, bytes) = (self.key.clone(), self.at, self.bytes);
            return Err(SourceError::WrongSize { place, read, bytes }.into());
        }
        Ok(read)
    }
}

/// The names in a folder, in order.
fn names(folder: &Path) -> Result<Vec<String>, SourceError> {
    let failed = |error: &io::Error| SourceError::of_file("list", folder.display().to_string(), error);
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| failed(&error))? {
        let entry = entry.map_err(|error| failed(&error))?;
        names.push(entry.file_name().into_string().map_err(|_| not_utf8(&entry.path()))?);
    }
    names.sort_unstable();
    Ok(names)
}

/// What lies at a path, through links.
fn about(path: &Path) -> Result<Metadata, SourceError> {
    fs::metadata(path).map_err(|error| SourceError::of_file("look at", path.display().to_string(), &error))
}

fn is_file(path: &Path, about: &Metadata) -> Result<(), SourceError> {
    let kind = about.file_type();
    let what = if kind.is_file() {
        return Ok(());
    } else if kind.is_fifo() {
        "a FIFO"
    } else if kind.is_socket() {
        "a socket"
    } else if kind.is_dir() {
        "a folder"
    } else {
        "a device"
    };
    Err(SourceError::NotAFile { place: path.display().to_string(), what })
}

/// What tells this version of a file from others.
fn version(about: &Metadata) -> String {
    format!("{}:{}:{}.{}", about.ino(), about.len(), about.mtime(), about.mtime_nsec())
}

fn not_utf8(path: &Path) -> SourceError {
    SourceError::NotAFile { place: format!("{path:?}"), what: "called what is not UTF-8" }
}
