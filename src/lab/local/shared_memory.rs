//! Shared memory that servers leave behind when they are killed.
//!
//! A server makes one small segment of System V, and the kernel keeps it when nobody is attached any more.
//! Its lock file names it; what is removed is only what the lock file names, nobody uses, and belongs to the
//! file's owner.
//!
//! Those that initdb runs make POSIX segments as well, files of a file system in memory, whatever their
//! configuration will say. Nothing names these but the processes that use them, so they are read off those
//! while they live.

use std::{
    collections::BTreeSet,
    fs,
    io::ErrorKind,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use nix::unistd::Pid;

/// The beginning of a POSIX segment's path; a number follows.
const POSIX: &str = "/dev/shm/PostgreSQL.";

/// The lock file of a server, in its data directory.
const LOCK_FILE: &str = "postmaster.pid";

/// A file that every data directory has, that of a backup included.
const VERSION_FILE: &str = "PG_VERSION";

/// How deep data directories may lie below a run's directory: exercise, `nodes`, node, `data`.
const DEPTH: usize = 5;

/// A segment, as the lock file names it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Segment {
    key: i32,
    id: i32,
    owner: u32,
}

/// What the kernel knows of a segment.
struct Known {
    key: i32,
    id: i32,
    attached: u64,
    owner: u32,
}

/// The segments of the servers whose data directories lie at or below `directory`. To be asked before they
/// are removed.
#[must_use]
pub(super) fn named_below(directory: &Path) -> Vec<Segment> {
    let mut found = Vec::new();
    let mut open: Vec<(PathBuf, usize)> = vec![(directory.to_path_buf(), 0)];
    while let Some((folder, depth)) = open.pop() {
        if folder.join(VERSION_FILE).exists() {
            found.extend(named_in(&folder.join(LOCK_FILE)));
            continue;
        }
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        let folders = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        open.extend(folders.filter(|_| depth < DEPTH).map(|entry| (entry.path(), depth + 1)));
    }
    found
}

/// The seventh line of a lock file: key and identifier, the key as an unsigned long.
fn named_in(file: &Path) -> Option<Segment> {
    let owner = fs::metadata(file).ok()?.uid();
    let text = fs::read_to_string(file).ok()?;
    let mut numbers = text.lines().nth(6)?.split_whitespace();
    let key: u64 = numbers.next()?.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "a key has 32 bits and was widened with its sign")]
    let key = key as i32;
    Some(Segment { key, id: numbers.next()?.parse().ok()?, owner })
}

fn known(segment: &Segment) -> Option<Known> {
    let text = fs::read_to_string("/proc/sysvipc/shm").ok()?;
    let mut all = text.lines().skip(1).filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let field = |number: usize| fields.get(number).copied();
        Some(Known {
            key: field(0)?.parse().ok()?,
            id: field(1)?.parse().ok()?,
            attached: field(6)?.parse().ok()?,
            owner: field(7)?.parse().ok()?,
        })
    });
    // Another server may have got the identifier meanwhile, but not under the same key.
    all.find(|known| (known.key, known.id, known.owner) == (segment.key, segment.id, segment.owner))
}

/// Removes segments whose servers are dead; returns what is left, with the reason.
pub(super) async fn remove(segments: Vec<Segment>) -> Vec<String> {
    let mut left = Vec::new();
    for segment in segments {
        let what = format!("shared memory segment {}", segment.id);
        match known(&segment) {
            None => {}
            Some(known) if known.attached > 0 => {
                left.push(format!("{what}: {} processes use it", known.attached));
            }
            Some(_) => {
                if let Err(why) = remove_one(segment.id).await
                    && known(&segment).is_some()
                {
                    left.push(format!("{what}: {why}"));
                }
            }
        }
    }
    left
}

async fn remove_one(id: i32) -> Result<(), String> {
    let mut command = tokio::process::Command::new("ipcrm");
    command.args(["-m", &id.to_string()]).stdin(Stdio::null()).kill_on_drop(true);
    match tokio::time::timeout(Duration::from_secs(10), command.output()).await {
        Ok(Ok(output)) if output.status.success() => Ok(()),
        Ok(Ok(output)) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Ok(Err(error)) => Err(format!("ipcrm: {error}")),
        Err(_) => Err("ipcrm does not end".to_owned()),
    }
}

/// The POSIX segments that processes use. To be asked while they live.
pub(super) fn posix_of(processes: &[Pid]) -> BTreeSet<PathBuf> {
    let maps = processes.iter().filter_map(|pid| fs::read_to_string(format!("/proc/{pid}/maps")).ok());
    maps.flat_map(|maps| posix_in(&maps)).collect()
}

/// The POSIX segments in the table of a process's memory, but for those that have no name any more.
fn posix_in(maps: &str) -> Vec<PathBuf> {
    let number = |path: &str| path.strip_prefix(POSIX).is_some_and(|number| number.parse::<u32>().is_ok());
    let paths = maps.lines().filter_map(|line| line.split_once('/').map(|(_, path)| format!("/{path}")));
    paths.filter(|path| number(path)).map(PathBuf::from).collect()
}

/// Removes POSIX segments whose users are dead; returns what is left, with the reason.
pub(super) fn remove_posix(segments: BTreeSet<PathBuf>) -> Vec<String> {
    let removed = segments.into_iter().map(|path| (fs::remove_file(&path), path));
    let failed = removed.filter_map(|(removed, path)| Some((removed.err()?, path)));
    failed
        .filter(|(error, _)| error.kind() != ErrorKind::NotFound)
        .map(|(error, path)| format!("{}: {error}", path.display()))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// A segment that nobody is attached to, as a server that was killed leaves it.
    fn orphan() -> (i32, i32) {
        let made = Command::new("ipcmk").args(["-M", "64"]).output().expect("ipcmk");
        let said = String::from_utf8_lossy(&made.stdout).into_owned();
        let id: i32 = said.split_whitespace().last().and_then(|id| id.parse().ok()).expect("an identifier");
        let table = fs::read_to_string("/proc/sysvipc/shm").expect("the kernel's table");
        let mut rows =
            table.lines().skip(1).map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        let row = rows.find(|row| row[1] == id.to_string()).expect("the segment");
        (row[0].parse().expect("a key"), id)
    }

    fn data(below: &Path, key: i32, id: i32) {
        let data = below.join("drill@17/nodes/primary/data");
        fs::create_dir_all(&data).expect("a folder");
        fs::write(data.join(VERSION_FILE), "17\n").expect("a file");
        #[expect(clippy::cast_sign_loss, reason = "so the server writes it")]
        let key = i64::from(key) as u64;
        fs::write(data.join(LOCK_FILE), format!("1\n/d\n0\n1\n\n127.0.0.1\n{key:9} {id:9}\nready   \n"))
            .expect("a file");
    }

    #[tokio::test]
    async fn a_segment_that_the_lock_file_names_is_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let (key, id) = orphan();
        data(folder.path(), key, id);
        let named = named_below(folder.path());
        assert_eq!(named.iter().map(|segment| (segment.key, segment.id)).collect::<Vec<_>>(), [(key, id)]);
        assert_eq!(remove(named).await, Vec::<String>::new());
        assert!(known(&named_below(folder.path())[0]).is_none());
    }

    #[tokio::test]
    async fn a_segment_of_another_key_or_another_user_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let (key, id) = orphan();
        data(folder.path(), key ^ 1, id);
        assert_eq!(remove(named_below(folder.path())).await, Vec::<String>::new());
        let owner = nix::unistd::geteuid().as_raw();
        assert_eq!(remove(vec![Segment { key, id, owner: owner + 1 }]).await, Vec::<String>::new());
        let own = Segment { key, id, owner };
        assert!(known(&own).is_some(), "it was removed");
        remove(vec![own]).await;
    }

    #[test]
    fn a_posix_segment_is_read_off_the_table_of_a_process_and_removed() {
        let number = std::process::id();
        let segment = PathBuf::from(format!("{POSIX}{number}"));
        let maps = format!(
            "7f0000000000-7f0000001000 rw-s 00000000 00:1a 7   {0}\n7f0000002000-7f0000003000 rw-s 00000000 \
             00:1a 8   {POSIX}8 (deleted)\n\
             7f0000004000-7f0000005000 r--p 00000000 00:1a 9   /usr/lib/x.so\n7f0000006000-7f0000007000 rw-p \
             00000000 00:00 0\n\
             7f0000008000-7f0000009000 rw-s 00001000 00:1a 7   {0}\n",
            segment.display()
        );
        let found: BTreeSet<PathBuf> = posix_in(&maps).into_iter().collect();
        assert_eq!(found, BTreeSet::from([segment.clone()]));
        fs::write(&segment, "").expect("a file");
        assert_eq!((remove_posix(found.clone()), segment.exists()), (Vec::new(), false));
        assert_eq!(remove_posix(found), Vec::<String>::new(), "it was gone already");
    }
}
