//! What was promised, kept and broken.

use std::fs;

use crate::support::{Harness, drills};

#[test]
fn a_drill_that_keeps_its_promises_exits_0_and_leaves_every_report_and_its_evidence() {
    let user = Harness::from_scratch();
    let drill = user.drill("pitr", &drills::pitr().text());
    user.run(&drill, &[]).exits(0).prints("PASS");
    let run = user.latest();
    assert_eq!(run, fs::canonicalize(user.only_run()).unwrap(), "`latest` points to it");
    for name in ["junit.xml", "report.md", "report.json", "journal.jsonl"] {
        assert!(!user.report(name).is_empty(), "{name}");
    }
    let folders: Vec<_> = fs::read_dir(&run).unwrap().flatten().filter(|entry| entry.path().is_dir()).map(|entry| entry.path()).collect();
    let [exercise] = folders.as_slice() else { panic!("{folders:?}") };
    assert!(exercise.to_string_lossy().contains("pitr@"), "{exercise:?}");
    assert!(fs::read_to_string(exercise.join("ledger.jsonl")).unwrap().lines().count() > 10);
    let evidence = |name: &str| fs::read_to_string(exercise.join("evidence").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(evidence("primary.log").contains("database system is ready"));
    assert!(evidence("recovered.log").contains("archive recovery complete"));
    assert!(evidence("recovered.pg_controldata").contains("Database system identifier"));
    assert!(evidence("recovered.backup_label").contains("LABEL: nightly"));
    assert!(evidence("recovered.history").contains("no recovery target specified"));
    assert!(user.report("junit.xml").contains("failures=\"0\""));
    assert_eq!(user.json()["verdict"], "pass");
    user.assert_nothing_is_left();
}

#[test]
fn a_broken_promise_exits_1_and_is_a_failure_in_junit() {
    let user = Harness::local();
    let drill = user.drill("crash", &drills::crash().rto("1ms").text());
    user.run(&drill, &[]).exits(1).prints("FAIL");
    let junit = user.report("junit.xml");
    assert!(junit.contains("<failure") && !junit.contains("<error"), "{junit}");
    assert_eq!(user.json()["verdict"], "fail");
    user.assert_nothing_is_left();
}

#[test]
fn a_recovered_copy_that_does_not_answer_as_was_expected_exits_1() {
    let user = Harness::local();
    let checks = r#"check = ["ledger", { rows = { table = "lifeboat.commits", at-least = 1000000000 } }, { sql = { title = "one is two", query = "select 1", expect = [["2"]] } }]"#;
    let drill = user.drill("crash", &drills::crash().step(4, checks).text());
    user.run(&drill, &[]).exits(1);
    let junit = user.report("junit.xml");
    assert!(junit.contains("one is two") && junit.matches("<failure").count() >= 2, "{junit}");
    user.assert_nothing_is_left();
}
