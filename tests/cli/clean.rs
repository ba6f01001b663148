//! What stays on purpose, and how it goes.

use std::{fs, process::Stdio};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::support::{
    Harness, RUN_WITHIN, Told,
    docker::{left_of, wanted},
    drills, leftovers,
    running::Running,
    text,
};

#[test]
fn the_lab_of_a_drill_that_failed_can_be_kept_and_clean_removes_it() {
    let user = Harness::local();
    let drill = user.drill("crash", &drills::crash().rto("1ms").text());
    user.run(&drill, &["--keep-on-failure"]).exits(1);
    let kept = leftovers::processes_below(&user.work());
    assert!(!kept.is_empty() && leftovers::runs(&user.work()).len() == 1, "the server still runs: {kept:?}");

    let run = user.only_run();
    let told = user.lifeboat(&["clean", "--dry-run"]).exits(0).prints("would remove").prints("did not pass");
    let name = run.file_name().expect("a name").to_string_lossy().into_owned();
    told.prints(&format!("kept by the run {name} of 20")).prints("because crash@").prints(text(&run));
    assert!(leftovers::processes_below(&user.work()).len() >= kept.len(), "a rehearsal removes nothing");
    user.lifeboat(&["clean"]).exits(0).prints("removed");
    user.assert_nothing_is_left();
    user.lifeboat(&["clean"]).exits(0).prints("nothing to clean");
}

#[test]
fn what_is_kept_in_an_engine_goes_with_the_run_that_kept_it() {
    if !wanted() {
        return;
    }
    let user = Harness::on("docker");
    let drill = user.drill("crash", &drills::crash().rto("1ms").text());
    user.run(&drill, &["--keep-on-failure"]).exits(1);
    let run = user.only_run().file_name().expect("a name").to_string_lossy().into_owned();
    let kept = left_of(&run);
    let told = user
        .lifeboat(&["clean", "--dry-run"])
        .exits(0)
        .prints(&format!("kept by the run {run} of 20"))
        .prints("because crash@");
    for name in kept.lines() {
        assert!(
            told.stdout.lines().any(|line| line.starts_with("would remove") && line.ends_with(name)),
            "{name}: {}",
            told.stdout
        );
    }
    user.lifeboat(&["clean"]).exits(0);
    assert_eq!((kept.is_empty(), left_of(&run)), (false, String::new()));
    user.assert_nothing_is_left();
}

#[test]
fn the_lab_of_a_drill_that_passed_is_not_kept() {
    let user = Harness::local();
    user.run(&user.drill("crash", &drills::crash().text()), &["--keep-on-failure"]).exits(0);
    user.assert_nothing_is_left();
}

#[test]
fn clean_does_not_touch_a_run_that_is_under_way() {
    let user = Harness::local();
    let running = user.start(&user.drill("crash", &drills::crash().step(1, "work = \"2s\"").text()));
    user.wait_for_step(1);
    user.lifeboat(&["clean"]).exits(0).prints("its run is in progress");
    if let Some(elsewhere) = in_another_pid_namespace(&user) {
        elsewhere.exits(0).prints("its run is in progress");
    }
    assert!(!leftovers::processes_below(&user.work()).is_empty());
    running.wait(RUN_WITHIN).exits(0);
    user.assert_nothing_is_left();
}

/// `lifeboat clean` where no process of this machine is seen, as in another container with the same
/// directory; `None`, after saying so, where this user can't go there.
fn in_another_pid_namespace(user: &Harness) -> Option<Told> {
    let clean = user.command(&["clean"]);
    let mut command = std::process::Command::new("unshare");
    command.args(["--pid", "--fork", "--mount-proc"]).arg(clean.get_program()).args(clean.get_args());
    command
        .envs(clean.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .current_dir(user.folder());
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: only root may make a pid namespace");
        return None;
    }
    Some(Running::start(command.stdout(Stdio::piped()).stderr(Stdio::piped())).wait(RUN_WITHIN))
}

#[test]
fn clean_removes_the_cache_only_when_it_is_asked_to_and_nothing_that_is_not_its_own() {
    let user = Harness::from_scratch();
    let prepared = user.work().join("cache/prepared-0123456789abcdef");
    let foreign = user.work().join("runs/somebody-elses");
    fs::create_dir_all(&prepared).and_then(|()| fs::create_dir_all(&foreign)).unwrap();
    user.lifeboat(&["clean"]).exits(0);
    assert!(prepared.exists(), "a cache stays");
    user.lifeboat(&["clean", "--cache", "--dry-run"]).exits(0).prints("prepared-0123456789abcdef");
    assert!(prepared.exists(), "a rehearsal removes nothing");
    user.lifeboat(&["clean", "--cache"]).exits(0);
    assert!(!prepared.exists());
    assert!(foreign.exists(), "a directory without an owner's name is nobody's");
}

#[test]
fn a_prepared_cluster_that_a_run_is_at_is_not_removed() {
    let user = Harness::from_scratch();
    let prepared = user.work().join("cache/prepared-0123456789abcdef");
    fs::create_dir_all(&prepared).unwrap();
    let lock = fs::File::create(user.work().join("cache/0123456789abcdef.lock")).unwrap();
    lock.lock().unwrap();
    for arguments in [&["clean", "--cache", "--dry-run"][..], &["clean", "--cache"]] {
        user.lifeboat(arguments).exits(0).prints("kept").prints("in use by a run");
    }
    assert!(prepared.exists());
    drop(lock);
    user.lifeboat(&["clean", "--cache"]).exits(0).prints("removed").says("containers were not inspected");
    assert!(!prepared.exists());
}

/// A run at work, without its reaper.
fn without_a_reaper(user: &Harness) -> Running {
    let running = user.start(&user.drill("crash", &drills::crash().step(1, "work = \"1s\"").text()));
    user.wait_for_step(1);
    let reapers = leftovers::reapers(&user.work());
    let [reaper] = reapers.as_slice() else { panic!("one reaper: {reapers:?}") };
    kill(Pid::from_raw(reaper.pid), Signal::SIGKILL).unwrap();
    running
}

#[test]
fn when_runner_and_reaper_were_both_killed_clean_removes_what_they_left() {
    let user = Harness::local();
    let running = without_a_reaper(&user);
    running.signal(Signal::SIGKILL);
    running.wait(RUN_WITHIN).exits(137);
    assert!(!leftovers::processes_below(&user.work()).is_empty(), "there is something to clean");
    let rehearsed =
        user.lifeboat(&["clean", "--dry-run"]).exits(0).prints("would remove").prints("which has ended");
    rehearsed.prints(text(&leftovers::runs(&user.work())[0]));
    user.lifeboat(&["clean"]).exits(0).prints("removed");
    user.assert_nothing_is_left();
}

#[test]
fn a_run_whose_reaper_was_killed_is_reported_all_the_same() {
    let user = Harness::local();
    without_a_reaper(&user).wait(RUN_WITHIN).exits(0).says("reaper");
    assert_eq!(user.json()["verdict"], "pass");
    user.assert_nothing_is_left();
}
