//! Servers that die where no fault is meant to kill them.

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::support::{Harness, RUN_WITHIN, drills, leftovers, wait_for};

#[test]
fn a_server_that_is_killed_during_set_up_is_told_as_dead() {
    let user = Harness::local();
    // A standby is copied from it meanwhile, so that set-up is not over too soon.
    let running = user.start(&user.drill("killed", &drills::crash().standby().text()));
    user.wait_for_journal(r#""event":"server-started""#);
    let postmaster = wait_for("the postmaster", RUN_WITHIN, || {
        let processes = leftovers::processes_below(&user.work()).into_iter();
        processes.filter(|process| process.line.contains("config_file=")).map(|process| process.pid).next()
    });
    kill(Pid::from_raw(postmaster), Signal::SIGKILL).expect("a process");
    running.wait(RUN_WITHIN).exits(3);
    let junit = user.report("junit.xml");
    assert!(junit.contains("the cluster could not be built: "), "{junit}");
    assert!(junit.contains("the server on primary died; its log says: "), "{junit}");
    user.assert_nothing_is_left();
}

#[test]
fn a_server_that_does_not_find_its_target_is_told_as_dead_with_its_last_words() {
    let user = Harness::local();
    let steps = [
        r#"backup = { method = "basebackup", label = "nightly", compress = "none" }"#,
        "work = \"500ms\"",
        r#"rehearse = { from = "nightly", target = { lsn = "F/0" } }"#,
        r#"check = ["ledger"]"#,
    ];
    user.run(&user.drill("beyond", &drills::pitr().steps(&steps).text()), &[]).exits(1);
    let junit = user.report("junit.xml");
    for words in [
        "not recovered",
        "the server on copy died; ",
        "recovery ended before configured recovery target was reached",
    ] {
        assert!(junit.contains(words), "{words}: {junit}");
    }
    user.assert_nothing_is_left();
}
