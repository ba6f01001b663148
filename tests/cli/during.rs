//! Faults that come while a recovery runs.

use crate::support::{Harness, drills};

const SHIPPED: &str = include_str!("../../drills/crash/during-recovery.toml");

/// The phases of the only recovery that a report holds, with what each took, and the recovery time.
fn phases(user: &Harness) -> (Vec<(String, f64)>, f64) {
    let report: serde_json::Value = serde_json::from_str(&user.report("report.json")).expect("JSON");
    let recovery = &report["drills"][0]["recoveries"][0];
    let phases = recovery["phases"].as_array().expect("phases");
    let phase = |phase: &serde_json::Value| {
        (phase["phase"].as_str().expect("a name").to_owned(), phase["took"].as_f64().expect("seconds"))
    };
    (phases.iter().map(phase).collect(), recovery["rto"].as_f64().expect("seconds"))
}

#[test]
fn a_server_that_crashes_while_it_recovers_goes_on_to_the_same_target() {
    let user = Harness::local();
    user.run(&user.drill("during", SHIPPED), &[]).exits(0);
    let (phases, rto) = phases(&user);
    let names: Vec<&str> = phases.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["detect", "wait", "interrupted", "start", "replay", "promote", "first-write"]);
    let sum: f64 = phases.iter().map(|(_, took)| took).sum();
    assert!((sum - rto).abs() <= rto / 100.0, "{sum} {rto}");
    user.assert_nothing_is_left();
}

#[test]
fn a_server_that_has_forgotten_its_recovery_when_it_is_started_again_does_not_pass() {
    let user = Harness::local();
    let forgets = "[[steps]]\nexec = { on = \"restored\", command = [\n\
        \"sh\", \"-c\", \"rm $PGDATA/recovery.signal\"] }\n\n";
    let restart = "[[steps]]\nrecover = { restart";
    let drill = user.drill("forgets", &SHIPPED.replace(restart, &(forgets.to_owned() + restart)));
    user.run(&drill, &[]).exits(1).prints("recovered the wrong server: timeline 1 before, 1 after");
    assert!(user.report("report.md").contains("interrupted by the fault of step 6"));
    user.assert_nothing_is_left();
}

#[test]
fn a_bystander_that_freezes_while_a_backup_is_restored_is_thawed_in_the_end() {
    let steps = [
        r#"backup = { method = "basebackup", label = "nightly", compress = "none" }"#,
        r#"fault = { kill-node = "primary" }"#,
        "fault = { freeze = \"standby\" }\nduring = \"restore\"",
        r#"recover = { from = "nightly" }"#,
        r#"check = ["ledger"]"#,
    ];
    let user = Harness::local();
    user.run(&user.drill("bystander", &drills::pitr().standby().steps(&steps).text()), &[]).exits(0);
    user.assert_nothing_is_left();
}
