//! What stays on purpose, and how it goes.

use std::fs;

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::support::{Harness, RUN_WITHIN, drills, leftovers, running::Running, text};

#[test]
fn the_lab_of_a_drill_that_failed_can_be_kept_and_clean_removes_it() {
    let user = Harness::local();
    let drill = user.drill("crash", &drills::crash().rto("1ms").text());
    user.run(&drill, &["--keep-on-failure"]).exits(1);
    let kept = leftovers::processes_below(&user.work());
    assert!(!kept.is_empty() && leftovers::runs(&user.work()).len() == 1, "the server still runs: {kept:?}");

    user.lifeboat(&["clean", "--dry-run"]).exits(0).prints("would remove");
    assert!(leftovers::processes_below(&user.work()).len() >= kept.len(), "a rehearsal removes nothing");
    user.lifeboat(&["clean"]).exits(0).prints("removed");
    user.assert_nothing_is_left();
    user.lifeboat(&["clean"]).exits(0).prints("nothing to clean");
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
    user.lifeboat(&["clean"]).exits(0).prints("nothing to clean");
    assert!(!leftovers::processes_below(&user.work()).is_empty());
    running.wait(RUN_WITHIN).exits(0);
    user.assert_nothing_is_left();
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
    user.lifeboat(&["clean", "--dry-run"]).exits(0).prints("would remove").prints(text(&leftovers::runs(&user.work())[0]));
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
