//! The directory of a run on this machine, from its making to its removal.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use super::{Owner, owner, processes, shared_memory};
use crate::lab::LabError;

/// The directory of a run below a work directory; made, with its owner's name in it, where it is not there yet.
///
/// # Errors
/// Where it can't be made, the work directory belongs to somebody else, or its path holds characters that a shell minds.
pub fn open_run(work: &Path, run: &str) -> Result<PathBuf, LabError> {
    let what = format!("use the work directory {}", work.display());
    let plain = |c: char| c.is_ascii_alphanumeric() || "/_-.@+".contains(c);
    if !work.is_absolute() || !work.to_str().is_some_and(|path| path.chars().all(plain)) {
        return Err(LabError::state(what, "give --work-dir an absolute path of letters, digits and the characters / _ - . @ +"));
    }
    let directory = work.join("runs").join(run);
    make_passable(&directory).map_err(LabError::io(&what))?;
    let own = fs::metadata(work).map_err(LabError::io(&what))?.uid();
    if own != nix::unistd::geteuid().as_raw() {
        return Err(LabError::state(what, format!("it belongs to the user {own}; give --work-dir another")));
    }
    let file = directory.join(owner::FILE);
    if !file.exists() {
        let text = serde_json::to_vec(&Owner::current(run)).map_err(|error| LabError::io(&what)(error.into()))?;
        fs::write(file, text).map_err(LabError::io(&what))?;
    }
    Ok(directory)
}

/// Makes a directory, and those above it that are missing, so that the servers' user can pass through, whatever the umask.
///
/// # Errors
/// Where one can't be made.
pub fn make_passable(path: &Path) -> io::Result<()> {
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

/// The directories of runs below a work directory whose runner is dead.
#[must_use]
pub fn stale_runs(work: &Path) -> Vec<(PathBuf, Owner)> {
    let Ok(entries) = fs::read_dir(work.join("runs")) else { return Vec::new() };
    let mut stale: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter_map(|path| Some((path.clone(), Owner::of(&path)?)))
        .filter(|(_, owner)| !owner.is_alive())
        .collect();
    stale.sort_by(|a, b| a.0.cmp(&b.0));
    stale
}

/// Kills every process of a run and removes its shared memory and its directory; returns what is left, with the reason.
pub async fn remove_run(directory: &Path) -> Vec<String> {
    let mut left = Vec::new();
    match processes::kill_all(directory).await {
        Ok(0) => {}
        Ok(count) => left.push(format!("{count} processes of {}", directory.display())),
        Err(errno) => left.push(format!("processes of {}: {errno}", directory.display())),
    }
    // Their names are in the directory; they can go once nobody is attached to them.
    left.extend(shared_memory::remove(shared_memory::named_below(directory)).await);
    if let Err(error) = remove_tree(directory).await {
        left.push(format!("{}: {error}", directory.display()));
    }
    left
}

/// Removes a directory and what is in it. A process that was just killed may still have made a file meanwhile, so it tries
/// a few times.
pub(super) async fn remove_tree(directory: &Path) -> io::Result<()> {
    let mut last = Ok(());
    for _ in 0..20 {
        last = tokio::fs::remove_dir_all(directory).await;
        match &last {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(25)).await,
        }
    }
    last
}

/// The prepared clusters below a work directory.
#[must_use]
pub fn prepared(work: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(work.join("cache")) else { return Vec::new() };
    let mut all: Vec<_> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    all.sort();
    all
}
