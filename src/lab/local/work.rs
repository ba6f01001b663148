//! The work directory: where local servers, prepared clusters and the directories of runs are.
//!
//! **Invariant:** its path stands in shell scripts and in PostgreSQL's configuration as it is, so it holds
//! nothing that either minds; whoever has a [`WorkDir`] need not ask again.

use std::{
    fmt, fs,
    os::unix::fs::MetadataExt,
    path::{Component, Path, PathBuf},
};

use nix::unistd::{AccessFlags, access, geteuid};

use super::sweep::make_passable;
use crate::lab::LabError;

/// PostgreSQL takes paths of 1023 bytes, and a run puts a few hundred below the work directory.
const LONGEST: usize = 512;

/// A directory that can serve, whether it is there yet or not; nothing is made by naming it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkDir(PathBuf);

impl WorkDir {
    /// The directory at a path, which is taken from where the process stands. Links are followed: the kernel
    /// says of a process where it really stands, and that is how processes are found.
    ///
    /// # Errors
    /// Returns an error if it can't serve ([`LabError::Refused`]): its path holds other characters than
    /// letters, digits and `/_-.@+` or is too long, it is no directory, it can't be written, or it belongs to
    /// somebody else.
    pub fn at(path: &Path) -> Result<Self, LabError> {
        let path = resolved(&std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()));
        match unfit(&path) {
            None => Ok(Self(path)),
            Some(why) => Err(LabError::refused(
                format!("use the work directory {}", path.display()),
                format!("{why}; give --work-dir another"),
            )),
        }
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The directory itself or, where it is not there yet, the nearest above it that is.
    #[must_use]
    pub fn nearest(&self) -> &Path {
        nearest(&self.0)
    }

    /// Where prepared clusters and their passwords are kept.
    #[must_use]
    pub fn cache(&self) -> PathBuf {
        self.0.join("cache")
    }

    /// Makes the place for prepared clusters, and everything above it.
    ///
    /// # Errors
    /// Returns an error if it can't be created.
    pub fn make_cache(&self) -> Result<(), LabError> {
        let cache = self.cache();
        make_passable(&cache).map_err(LabError::io(format!("make {}", cache.display())))
    }

    /// Where runs have their directories.
    #[must_use]
    pub fn runs(&self) -> PathBuf {
        self.0.join("runs")
    }

    /// The directory of a run.
    #[must_use]
    pub fn run(&self, run: &str) -> PathBuf {
        self.runs().join(run)
    }
}

impl fmt::Display for WorkDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display().fmt(f)
    }
}

/// Why a path can't be a work directory's.
fn unfit(path: &Path) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/_-.@+".contains(c);
    let Some(text) = path.to_str() else { return Some("its path is not UTF-8".to_owned()) };
    if let Some(odd) = text.chars().find(|c| !plain(*c)) {
        return Some(format!(
            "its path holds {odd:?}, and may hold letters, digits and the characters / _ - . @ + only"
        ));
    }
    if text.len() > LONGEST {
        return Some(format!("its path has {} bytes, and may have {LONGEST}", text.len()));
    }
    let there = nearest(path);
    if !there.is_dir() {
        return Some(format!("{} is no directory", there.display()));
    }
    if let Err(errno) = access(there, AccessFlags::W_OK | AccessFlags::X_OK) {
        return Some(format!("{} can't be written: {}", there.display(), errno.desc()));
    }
    let owner = fs::metadata(path).ok().map(|directory| directory.uid());
    owner.filter(|owner| *owner != geteuid().as_raw()).map(|owner| format!("it belongs to the user {owner}"))
}

/// A path without links, and without `..`, whether it is there yet or not.
fn resolved(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| {
        let Some(above) = path.parent().map(resolved) else { return path.to_path_buf() };
        match path.components().next_back() {
            Some(Component::ParentDir) => above.parent().map_or(above.clone(), Path::to_path_buf),
            Some(last) => above.join(last),
            None => above,
        }
    })
}

fn nearest(path: &Path) -> &Path {
    path.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(path: &Path) -> String {
        match WorkDir::at(path) {
            Err(LabError::Refused { why, .. }) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_path_that_a_shell_minds_is_refused_with_the_character() {
        for (path, odd) in
            [("/a b", "' '"), ("/it's", "'\\''"), ("/$HOME", "'$'"), ("/a\nb", "'\\n'"), ("/größe", "'ö'")]
        {
            let why = refusal(Path::new(path));
            assert!(why.contains(odd) && why.ends_with("give --work-dir another"), "{path:?}: {why}");
        }
    }

    #[test]
    fn a_path_is_as_long_as_postgresql_takes_it() {
        let of = |length: usize| PathBuf::from(format!("/tmp/{}", "a".repeat(length - 5)));
        assert!(refusal(&of(LONGEST + 1)).contains("513 bytes"));
        let deep = |length: usize| {
            PathBuf::from("/tmp").join(["a".repeat(100).as_str(); 5].join("/")).join("b".repeat(length - 510))
        };
        assert_eq!(deep(LONGEST).as_os_str().len(), LONGEST);
        assert!(WorkDir::at(&deep(LONGEST)).is_ok());
    }

    #[test]
    fn links_are_followed_whether_the_directory_is_there_yet_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let real = fs::canonicalize(folder.path()).unwrap().join("real");
        fs::create_dir(&real).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&real, &link).unwrap();
        for (named, meant) in [("", ""), ("not/yet", "not/yet"), ("not/../yet", "yet")] {
            assert_eq!(WorkDir::at(&link.join(named)).unwrap().path(), real.join(meant), "{named}");
        }
    }

    #[test]
    fn what_is_no_directory_or_somebody_elses_is_refused_and_what_is_not_there_yet_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(refusal(&file.join("below")).contains("is no directory"));
        assert!(WorkDir::at(&folder.path().join("not/yet")).is_ok());
        let others = if geteuid().is_root() {
            std::os::unix::fs::chown(folder.path(), Some(65_534), None).unwrap();
            folder.path()
        } else {
            Path::new("/proc/1")
        };
        let why = refusal(others);
        assert!(why.contains("belongs to the user") || why.contains("can't be written"), "{why}");
    }
}
