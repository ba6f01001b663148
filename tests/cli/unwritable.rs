//! Reports and work directories that can't be written.

use std::{fs, time::Duration};

use crate::support::{
    Harness, RUN_WITHIN, drills, leftovers, mounted::Small, pace::stretched, running::Running, text,
};

/// Longer than any answer that needs no server, on an idle machine.
const AT_ONCE: Duration = Duration::from_secs(5);

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
    use std::os::unix::fs::PermissionsExt;
    let user = Harness::from_scratch();
    let drill = user.drill("crash", &drills::crash().text());
    let reports = user.reports();
    fs::create_dir(&reports).unwrap();
    fs::set_permissions(&reports, fs::Permissions::from_mode(0o555)).unwrap();
    // Root minds no mode, but what is mounted read-only it can't write either.
    let _mounted =
        nix::unistd::geteuid().is_root().then(|| Small::mount(&reports, "16k,ro").expect("root may mount"));
    user.run(&drill, &[]).exits(74).says(text(&reports));
    assert!(!user.work().exists(), "nothing is made");
}

#[test]
fn a_disk_for_reports_without_room_for_the_first_lines_exits_74_and_starts_nothing() {
    let user = Harness::local();
    let reports = user.reports();
    let Some(_mounted) = Small::mount(&reports, "4k") else { return };
    let starts_nothing = |drill: &drills::Draft| {
        let told = user.run(&user.drill("pitr", &drill.text()), &[]).exits(74).says("No space left");
        assert!(
            told.took < stretched(AT_ONCE) && !told.stderr.contains("PostgreSQL"),
            "no server was started: {told:?}"
        );
        user.assert_nothing_is_left();
    };
    // There is room for the line of the run, not for that of its drill.
    starts_nothing(&drills::pitr().title(&"long ".repeat(1000)));
    assert_eq!(user.runs().len(), 1);
    // There is no room at all: then nothing of the run is there either.
    starts_nothing(&drills::pitr());
    assert_eq!(user.runs().len(), 1, "the folder of a run that never began goes again");
}

#[test]
fn a_disk_for_reports_that_runs_full_ends_the_run_there_and_exits_74_and_nothing_is_left_behind() {
    let user = Harness::local();
    let reports = user.reports();
    let Some(_mounted) = Small::mount(&reports, "24k") else { return };
    let told = user
        .run(&user.drill("pitr", &drills::pitr().step(2, "work = \"60s\"").text()), &[])
        .exits(74)
        .says("No space left");
    assert!(
        told.took < stretched(Duration::from_secs(30)),
        "a run that can't be written down is not worth its minute: {told:?}"
    );
    user.assert_nothing_is_left();
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
fn a_work_directory_that_cannot_serve_is_refused_with_what_would_before_anything_is_made() {
    let user = Harness::from_scratch();
    let drill = user.drill("crash", &drills::crash().text());
    let file = user.folder().join("file");
    fs::write(&file, "").unwrap();
    let odd = ["with spaces", "quo'te", "dollar$HOME", "new\nline", &"long/".repeat(120)]
        .map(|name| user.folder().join(name));
    for directory in odd.iter().chain([&file, &file.join("below")]) {
        let with =
            |command: &[&str]| user.lifeboat(&[command, &["--work-dir", text(directory)]].concat()).exits(2);
        let told = with(&["run", text(&drill)]).says("--work-dir");
        assert!(told.took < stretched(AT_ONCE), "{told:?}");
        with(&["clean"]).says("--work-dir");
        with(&["doctor"]).prints("unfit").prints("--work-dir");
    }
    assert!(odd.iter().all(|directory| !directory.exists()) && !user.reports().exists(), "nothing is made");
}

#[test]
fn a_work_directory_that_the_servers_user_cannot_enter_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: servers run as this user");
        return;
    }
    let user = Harness::from_scratch();
    let closed = user.folder().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    let work = closed.join("work");
    let drill = user.drill("crash", &drills::crash().text());
    user.run(&drill, &["--work-dir", text(&work)])
        .exits(2)
        .says(&format!("can't enter {}", closed.display()))
        .says("--work-dir");
    user.lifeboat(&["doctor", "--work-dir", text(&work)])
        .exits(6)
        .prints("local   unfit")
        .prints("can't enter");
    assert!(!work.exists() && !user.reports().exists(), "nothing is made");
}

#[test]
fn a_work_directory_may_lie_deeper_than_a_socket_could() {
    let user = Harness::from_scratch();
    let deep = user.folder().join("a-folder-in-a-folder/".repeat(12)).join("work+dir@1.0_x");
    assert!(deep.as_os_str().len() > 200);
    let drill = user.drill("pitr", &drills::pitr().standby().text());
    user.run(&drill, &["--work-dir", text(&deep)]).exits(0);
    leftovers::assert_none(&deep);
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
