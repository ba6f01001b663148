//! Reports and work directories that can't be written.

use std::{fs, path::Path, process::Command, time::Duration};

use crate::support::{Harness, RUN_WITHIN, drills, leftovers, running::Running, text};

#[test]
fn a_reports_folder_that_is_a_file_exits_74_and_starts_nothing() {
    let user = Harness::from_scratch();
    let drill = user.drill("crash", &drills::crash().text());
    fs::write(user.reports(), "a file").unwrap();
    user.run(&drill, &[]).exits(74).says(text(&user.reports()));
    assert!(!user.work().exists() || leftovers::runs(&user.work()).is_empty());
}

#[test]
fn a_reports_folder_that_is_read_only_exits_74_and_starts_nothing() {
    if nix::unistd::geteuid().is_root() {
        eprintln!("skipped: root may write everywhere");
        return;
    }
    use std::os::unix::fs::PermissionsExt;
    let user = Harness::from_scratch();
    let drill = user.drill("crash", &drills::crash().text());
    fs::create_dir(user.reports()).unwrap();
    fs::set_permissions(user.reports(), fs::Permissions::from_mode(0o555)).unwrap();
    user.run(&drill, &[]).exits(74);
    user.assert_nothing_is_left();
}

/// A file system of a few pages, taken away with the value.
struct Small<'a>(&'a Path);

impl<'a> Small<'a> {
    fn mount(at: &'a Path, size: &str) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let option = format!("size={size}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &option, "lifeboat-test"]).arg(at).output();
        match mounted {
            Ok(output) if output.status.success() => Some(Self(at)),
            other => {
                eprintln!("skipped: no small file system can be mounted: {other:?}");
                None
            }
        }
    }
}

impl Drop for Small<'_> {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("--lazy").arg(self.0).status());
    }
}

#[test]
fn a_disk_for_reports_that_runs_full_exits_74_and_nothing_is_left_behind() {
    let user = Harness::local();
    let reports = user.reports();
    for size in ["4k", "24k"] {
        let Some(_mounted) = Small::mount(&reports, size) else { return };
        let told = user.run(&user.drill("pitr", &drills::pitr().text()), &[]);
        eprintln!("{size}: {:?}, {}", told.took, told.stderr.lines().last().unwrap_or_default());
        assert_eq!(told.code, 74, "{size}: {told:?}");
        user.assert_nothing_is_left();
    }
}

#[test]
fn a_disk_for_servers_that_runs_full_is_inconclusive_and_nothing_is_left_behind() {
    let user = Harness::from_scratch();
    let work = user.work();
    // Enough for initdb, not for the copy of what it made.
    for size in ["10m", "60m"] {
        let Some(_mounted) = Small::mount(&work, size) else { return };
        let told = user.run(&user.drill("crash", &drills::crash().text()), &[]);
        assert_eq!(told.code, 3, "{size}: {told:?}");
        assert!(told.stderr.contains("No space left on device"), "{size}: {told:?}");
        user.assert_nothing_is_left();
    }
}

#[test]
fn a_work_directory_that_cannot_serve_is_said_with_what_would() {
    let user = Harness::from_scratch();
    let drill = user.drill("crash", &drills::crash().text());
    let with = |directory: &Path| {
        let mut command = user.command(&["run", text(&drill), "--work-dir", text(directory)]);
        Running::start(&mut command).wait(RUN_WITHIN)
    };
    for name in ["with spaces", "quo'te", "dollar$HOME", "new\nline"] {
        let told = with(&user.folder().join(name));
        assert!(matches!(told.code, 2 | 3), "{name:?}: {told:?}");
        assert!(told.stderr.contains("--work-dir") && told.took < Duration::from_secs(10), "{name:?}: {told:?}");
        assert!(!user.folder().join(name).exists(), "{name:?}: nothing is made");
    }
    let file = user.folder().join("file");
    fs::write(&file, "").unwrap();
    let told = with(&file);
    assert!(matches!(told.code, 2 | 3) && told.stderr.contains(text(&file)), "{told:?}");
}

#[test]
fn a_work_directory_that_is_not_absolute_is_taken_from_where_the_user_stands() {
    let user = Harness::from_scratch();
    let drill = user.drill("crash", &drills::crash().text());
    let mut command = user.command(&["run", text(&drill), "--work-dir", "here"]);
    Running::start(&mut command).wait(RUN_WITHIN).exits(0);
    leftovers::assert_none(&user.folder().join("here"));
    assert!(user.folder().join("here/cache").exists());
}
