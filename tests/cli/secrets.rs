//! Passwords are nowhere to be read but where they belong.

use std::{ffi::OsString, fs, path::Path, time::Duration};

use lifeboat::action::prepare;

use crate::support::{Harness, RUN_WITHIN, drills, leftovers, wait_for};

/// The files below a folder that hold one of the texts.
fn holding(folder: &Path, texts: &[String]) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let entries: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    let holds = |path: &Path| {
        let bytes = fs::read(path).unwrap_or_default();
        texts.iter().any(|text| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
    };
    let inside = |path: &std::path::PathBuf| match fs::symlink_metadata(path) {
        Ok(entry) if entry.is_dir() => holding(path, texts),
        Ok(entry) if entry.is_file() && holds(path) => vec![path.display().to_string()],
        _ => Vec::new(),
    };
    entries.iter().flat_map(inside).collect()
}

/// The name of the only exercise's folder.
fn exercise_folder(user: &Harness) -> OsString {
    let entries = fs::read_dir(user.only_run()).expect("a run").flatten();
    entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name()).next().expect("an exercise")
}

#[test]
fn no_password_is_in_a_report_or_on_a_command_line() {
    let user = Harness::from_scratch();
    let mut command = user.command(&["run", "drills", "-vv"]);
    user.drill("pitr", &drills::pitr().standby().step(2, "work = \"1s\"").text());
    let mut running = crate::support::running::Running::start(&mut command);
    let seed = user.work().join("cache/secret");
    wait_for("the passwords", RUN_WITHIN, || seed.exists().then_some(()));
    let secrets = tokio::runtime::Runtime::new()
        .expect("a runtime")
        .block_on(prepare::secrets(&user.work().join("cache")))
        .expect("the passwords");
    let passwords = [secrets.superuser.password, secrets.application.password];
    user.wait_for_step(1);
    let handed_over = leftovers::runs(&user.work())[0].join(exercise_folder(&user)).join("nodes/primary/run");
    assert_eq!(holding(&handed_over, &passwords[..1]).len(), 1, "this is the password that the server has");
    let mut seen = std::collections::BTreeSet::new();
    let mut looks = 0;
    while running.is_alive() {
        for process in leftovers::processes() {
            assert!(
                !passwords.iter().any(|password| process.line.contains(password.as_str())),
                "{process:?}"
            );
            seen.insert(process.line);
        }
        looks += 1;
        // Often enough for every tool, which takes tens of milliseconds; not so often that it slows the
        // drill.
        std::thread::sleep(Duration::from_millis(5));
    }
    let told = running.wait(RUN_WITHIN).exits(0);
    eprintln!("{looks} looks at {} command lines", seen.len());
    assert!(
        seen.iter().any(|line| line.contains("pg_basebackup")),
        "the looks were frequent enough to see tools at work"
    );
    assert_eq!(holding(&user.reports(), &passwords), Vec::<String>::new());
    for stream in [told.stdout, told.stderr] {
        assert!(
            !passwords.iter().any(|password| stream.contains(password.as_str())),
            "at the highest verbosity too"
        );
    }
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(fs::metadata(&seed).unwrap().permissions().mode() & 0o777, 0o600);
}
