//! A node that stands still for good must not hold the drill.

use std::time::Duration;

use nix::{
    errno::Errno,
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::support::{Harness, drills, leftovers};

const BOUNDED: Duration = Duration::from_mins(1);

#[test]
fn a_drill_whose_next_commit_waits_for_a_frozen_standby_is_refused() {
    let user = Harness::local();
    let steps = [
        r#"backup = { method = "basebackup", label = "nightly", compress = "none" }"#,
        r#"fault = { freeze = "standby" }"#,
        "restore-point = \"stuck\"",
        r#"heal = { freeze = "standby" }"#,
        r#"rehearse = { from = "nightly" }"#,
        r#"check = ["ledger"]"#,
    ];
    let drill = drills::pitr().synchronous_standby().steps(&steps);
    user.run(&user.drill("frozen", &drill.text()), &[]).exits(2).says("which is frozen");
    assert!(!user.reports().exists(), "nothing was started");
}

#[test]
fn a_node_that_is_frozen_from_outside_is_inconclusive_in_bounded_time() {
    let user = Harness::local();
    let backup =
        "backup = { method = \"basebackup\", label = \"nightly\", compress = \"none\" }\ndeadline = \"3s\"";
    let drill = drills::pitr().step(2, backup).step(1, "work = \"2s\"");
    let running = user.start(&user.drill("stopped", &drill.text()));
    user.wait_for_step(1);
    // The clients have committed in this step: the work is done, and it is the backup that finds the server
    // frozen.
    std::thread::sleep(Duration::from_secs(1));
    let servers = leftovers::processes_below(&user.work());
    assert!(servers.len() > 3, "{servers:?}");
    for server in &servers {
        match kill(Pid::from_raw(server.pid), Signal::SIGSTOP) {
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(errno) => panic!("{server:?}: {errno}"),
        }
    }
    running.wait(BOUNDED).exits(3).says("timed out");
    assert!(user.report("junit.xml").contains("<error"));
    user.assert_nothing_is_left();
}
