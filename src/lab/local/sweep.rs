//! What runs leave in a work directory, and its removal.

use std::{
    fs::{self, File, TryLockError},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::{Claim, Found, WorkDir, claim, processes, shared_memory};

/// Makes a directory, and those above it that are missing, so that the servers' user can pass through,
/// whatever the umask.
///
/// # Errors
/// Returns an error if one can't be created.
pub(super) fn make_passable(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(above) = path.parent() {
        make_passable(above)?;
    }
    match fs::create_dir(path) {
        Ok(()) => fs::set_permissions(path, fs::Permissions::from_mode(0o711)),
        // Another run has just made it.
        Err(_) if path.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// The directories of runs below a work directory, in order.
#[must_use]
pub fn runs(work: &WorkDir) -> Vec<(PathBuf, Found)> {
    directories(&work.runs())
        .into_iter()
        .filter_map(|path| Claim::find(&path).map(|found| (path, found)))
        .collect()
}

/// Kills every process of a run and removes its shared memory and its directory; returns what is left, with
/// the reason.
pub async fn remove_run(directory: &Path) -> Vec<String> {
    let mut left = Vec::new();
    let posix = shared_memory::posix_of(&processes::stopped(directory));
    match processes::kill_all(directory).await {
        Ok(0) => {}
        Ok(count) => left.push(format!("{count} processes of {}", directory.display())),
        Err(errno) => left.push(format!("processes of {}: {errno}", directory.display())),
    }
    // Their names are in the directory; they can go once nobody is attached to them.
    left.extend(shared_memory::remove(shared_memory::named_below(directory)).await);
    left.extend(shared_memory::remove_posix(posix));
    if let Err(error) = remove_tree(directory).await {
        left.push(error.to_string());
    }
    left
}

/// Removes a directory and what is in it; what says whose it is goes last, so that what can't be removed now
/// is still known later. A process that was just killed may still have made a file meanwhile, so it tries a
/// few times.
async fn remove_tree(directory: &Path) -> io::Result<()> {
    let mut last = Ok(());
    for _ in 0..20 {
        last = match remove_inside(directory).await {
            Ok(()) => tokio::fs::remove_dir_all(directory).await.map_err(of(directory)),
            Err(error) => Err(error),
        };
        match &last {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(25)).await,
        }
    }
    last
}

async fn remove_inside(directory: &Path) -> io::Result<()> {
    let mut entries = tokio::fs::read_dir(directory).await.map_err(of(directory))?;
    while let Some(entry) = entries.next_entry().await? {
        if entry.file_name() == claim::FILE {
            continue;
        }
        let removed = if entry.file_type().await?.is_dir() {
            tokio::fs::remove_dir_all(entry.path()).await
        } else {
            tokio::fs::remove_file(entry.path()).await
        };
        match removed {
            // Something else removed it meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            removed => removed.map_err(of(&entry.path()))?,
        }
    }
    Ok(())
}

/// An error with the path that it is about.
fn of(path: &Path) -> impl FnOnce(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// The prepared clusters below a work directory, in order.
#[must_use]
pub fn prepared(work: &WorkDir) -> Vec<PathBuf> {
    directories(&work.cache())
}

/// Whether a run is at a prepared cluster.
///
/// # Errors
/// Returns an error if nobody can tell.
pub fn is_in_use(prepared: &Path) -> io::Result<bool> {
    locked(prepared).map(|lock| lock.is_none())
}

/// Removes a prepared cluster and says whether it did: one that a run is at stays.
///
/// # Errors
/// Returns an error if it can't be removed.
pub fn remove_prepared(directory: &Path) -> io::Result<bool> {
    let Some(_lock) = locked(directory)? else { return Ok(false) };
    // Without its mark first: a removal that is cut short must not leave half a cluster that looks whole.
    match fs::remove_file(directory.join("READY")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::remove_dir_all(directory).map(|()| true)
}

/// The lock that runs hold while they make or copy a prepared cluster; `None` where one does.
fn locked(prepared: &Path) -> io::Result<Option<File>> {
    let name = prepared.file_name().unwrap_or_default().to_string_lossy();
    let lock = prepared.with_file_name(format!("{}.lock", name.trim_start_matches("prepared-")));
    let lock = File::options().create(true).truncate(false).write(true).open(lock)?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn directories(below: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(below) else { return Vec::new() };
    let mut all: Vec<_> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    all.sort();
    all
}
