//! Where a drill runs, and what is said when it can't run there.

use crate::support::{Harness, drills};

#[test]
fn without_an_engine_the_docker_runtime_says_so_and_auto_takes_the_local_one() {
    let user = Harness::local();
    let drill = user.drill("crash", &drills::crash().text());
    user.run(&drill, &["--runtime", "docker"]).exits(3).says("docker.sock");
    assert!(!user.reports().exists(), "nothing was started");
    user.run(&drill, &["--runtime", "auto"]).exits(0).prints("(local");
    user.assert_nothing_is_left();
}
