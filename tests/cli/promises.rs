//! What was promised, kept and broken.

use std::fs;

use crate::support::{Harness, RUN_WITHIN, drills, running::Running, text};

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
    let folders: Vec<_> = fs::read_dir(&run)
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.path())
        .collect();
    let [exercise] = folders.as_slice() else { panic!("{folders:?}") };
    assert!(exercise.to_string_lossy().contains("pitr@"), "{exercise:?}");
    assert!(fs::read_to_string(exercise.join("ledger.jsonl")).unwrap().lines().count() > 10);
    let evidence = |name: &str| {
        fs::read_to_string(exercise.join("evidence").join(name))
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    };
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
    let mut command = user.command(&["run", text(&drill)]);
    Running::start(command.env("GITHUB_SHA", "0da02b8")).wait(RUN_WITHIN).exits(1).prints("FAIL");
    let junit = user.report("junit.xml");
    assert!(junit.contains("<failure") && !junit.contains("<error"), "{junit}");
    let judged = user.json();
    assert_eq!(judged["verdict"], "fail");
    assert_eq!(judged["provenance"]["ci"]["GITHUB_SHA"], "0da02b8", "the commit of the drill files");
    user.assert_nothing_is_left();
}

#[test]
fn an_objective_that_configuration_does_not_guarantee_fails_and_check_says_so_before() {
    let user = Harness::local();
    let draft = drills::pitr().text().replace("archive_timeout = \"1s\"", "archive_timeout = \"300s\"");
    let drill = user.drill("static", &draft);
    let words = "objective not guaranteed by configuration: worst-case RPO 5 min 2 s";
    user.lifeboat(&["check", text(&drill)]).exits(0).says(words);
    user.run(&drill, &[]).exits(1).prints("at risk");
    let judged = user.json();
    let drill = &judged["drills"][0];
    assert!(drill["rpo"].as_f64() < Some(60.0) && drill["worst_case"]["at_risk"] == true, "{drill}");
    assert!(user.report("junit.xml").contains("<property name=\"rpo_at_risk\" value=\"true\"/>"));
    user.assert_nothing_is_left();
}

#[test]
fn a_recovered_copy_that_does_not_answer_as_was_expected_exits_1() {
    let user = Harness::local();
    let checks = r#"check = [
        "ledger",
        { rows = { table = "lifeboat.commits", at-least = 1000000000 } },
        { sql = { title = "one is two", query = "select 1", expect = [["2"]] } },
    ]"#;
    let drill = user.drill("crash", &drills::crash().step(4, checks).text());
    user.run(&drill, &[]).exits(1);
    let junit = user.report("junit.xml");
    assert!(junit.contains("one is two") && junit.matches("<failure").count() >= 2, "{junit}");
    user.assert_nothing_is_left();
}

#[test]
fn a_way_back_to_long_before_the_loss_costs_what_came_between() {
    let user = Harness::local();
    let steps = [
        r#"backup = { method = "basebackup", label = "nightly", compress = "none" }"#,
        "work = \"1s\"",
        r#"fault = { lose-volume = "primary" }"#,
        r#"recover = { from = "nightly", target = "immediate" }"#,
        r#"check = ["ledger"]"#,
    ];
    user.run(&user.drill("immediate", &drills::crash().steps(&steps).text()), &[]).exits(1);
    let junit = user.report("junit.xml");
    assert!(junit.matches("<failure").count() == 1 && junit.contains("objective RPO"), "{junit}");
    user.assert_nothing_is_left();
}

#[test]
fn recovery_time_counts_from_when_clients_began_to_wait_whatever_broke_later_or_healed_by_itself() {
    let user = Harness::local();
    let later = [
        r#"fault = { kill-postmaster = "primary" }"#,
        "work = \"2s\"",
        r#"fault = { freeze = "standby" }"#,
        r#"recover = { restart = "primary" }"#,
        r#"heal = { freeze = "standby" }"#,
        r#"check = ["ledger"]"#,
    ];
    let healed = [
        r#"fault = { freeze = "primary" }"#,
        "work = \"2s\"",
        r#"heal = { freeze = "primary" }"#,
        r#"fault = { kill-postmaster = "primary" }"#,
        r#"recover = { restart = "primary" }"#,
        r#"check = ["ledger"]"#,
    ];
    for (name, steps) in [("later", later), ("healed", healed)] {
        user.run(&user.drill(name, &drills::crash().standby().rto("2s").steps(&steps).text()), &[]).exits(1);
        let judged = user.json();
        assert!(
            judged["drills"][0]["rto"].as_f64().is_some_and(|rto| (2.0..30.0).contains(&rto)),
            "{name}: {judged}"
        );
    }
    user.assert_nothing_is_left();
}
