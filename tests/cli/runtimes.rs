//! Where a drill runs, and what is said when it can't run there.

use crate::support::{Harness, docker::wanted, drills};

#[test]
fn without_an_engine_the_docker_runtime_says_so_and_auto_takes_the_local_one() {
    let user = Harness::local();
    let drill = user.drill("crash", &drills::crash().text());
    user.run(&drill, &["--runtime", "docker"]).exits(3).says("docker.sock");
    assert!(!user.reports().exists(), "nothing was started");
    user.run(&drill, &["--runtime", "auto"]).exits(0).prints("(local");
    user.assert_nothing_is_left();
}

#[test]
fn an_image_without_a_version_in_its_name_is_run_as_what_it_holds() {
    if !wanted() {
        return;
    }
    let user = Harness::on("docker");
    user.run(&user.drill("crash", &drills::crash().text()), &["--image", "lifeboat-postgres:15"])
        .exits(0)
        .prints("crash@15");
    user.assert_nothing_is_left();
}
