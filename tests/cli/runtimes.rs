//! Where a drill runs, and what is said when it can't run there.

use crate::support::{Harness, docker::wanted, drills};

#[test]
fn without_an_engine_the_docker_runtime_says_so_and_auto_takes_the_local_one() {
    let user = Harness::local();
    let drill = user.drill("crash", &drills::crash().text());
    user.run(&drill, &["--runtime", "docker"]).exits(6).says("docker.sock");
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

#[test]
fn no_client_logs_in_to_a_server_that_a_dump_is_still_being_read_into() {
    if !wanted() {
        return;
    }
    let user = Harness::on("docker");
    let steps = [
        r#"backup = { method = "dump", label = "nightly" }"#,
        "work = \"500ms\"",
        r#"fault = { lose-volume = "primary" }"#,
        r#"recover = { from = "nightly" }"#,
        r#"check = ["ledger"]"#,
    ];
    let draft = drills::crash().steps(&steps).shop().rpo_unmeasured().text();
    let draft = draft.replace("[postgres]\n", "") + "[postgres]\nsettings = { log_connections = \"on\" }\n";
    user.run(&user.drill("dump", &draft), &["--postgres", "15"]).exits(0);
    let log = std::fs::read_to_string(user.latest().join("dump@15/evidence/recovered.log"));
    let log = log.expect("the recovered server's log");
    let lines: Vec<&str> = log.lines().collect();
    // The runner and its clients come from the gateway, which is the first address of the subnet;
    // `pg_restore` is in the node.
    let is_restoring =
        |line: &&str| line.contains("connection received: host=") && !line.contains(".1 port=");
    let restored = lines.iter().rposition(is_restoring);
    let client = lines.iter().position(|line| line.contains("lifeboat_app"));
    assert!(restored.is_some() && client > restored, "pg_restore {restored:?}, clients {client:?}:\n{log}");
    for refusal in ["permission denied", "authentication failed", "does not exist"] {
        assert!(!log.contains(refusal), "{refusal}:\n{log}");
    }
    user.assert_nothing_is_left();
}
