//! Recoveries from where they are not taken as a rule.

use crate::support::{Harness, drills, drills::Draft};

/// Writes the drill, and runs it to a pass.
fn passes(draft: &str) {
    let user = Harness::local();
    user.run(&user.drill("drill", draft), &[]).exits(0);
    user.assert_nothing_is_left();
}

#[test]
fn a_base_backup_of_a_standby_takes_the_name_of_a_server_that_was_killed() {
    let steps = [
        r#"backup = { method = "basebackup", label = "nightly", node = "standby", compress = "none" }"#,
        "work = \"500ms\"",
        r#"fault = { kill-node = "primary" }"#,
        r#"recover = { from = "nightly", onto = "primary" }"#,
        r#"check = ["ledger"]"#,
    ];
    passes(&drills::pitr().standby().steps(&steps).text());
}

#[test]
fn a_dump_of_a_standby_holds_what_was_acknowledged_before_it() {
    let steps = [
        "work = \"500ms\"",
        r#"backup = { method = "dump", label = "nightly", node = "standby" }"#,
        r#"fault = { lose-volume = "primary" }"#,
        r#"recover = { from = "nightly" }"#,
        r#"check = ["ledger"]"#,
    ];
    passes(&drills::pitr().at_worst("unbounded").standby().steps(&steps).text());
}

#[test]
fn a_second_dump_is_restored_into_a_cluster_with_the_system_identifier_of_the_first() {
    let steps = [
        r#"backup = { method = "dump", label = "monday" }"#,
        r#"fault = { lose-volume = "primary" }"#,
        r#"recover = { from = "monday" }"#,
        r#"check = ["ledger"]"#,
        r#"backup = { method = "dump", label = "tuesday" }"#,
        r#"rehearse = { from = "tuesday" }"#,
        r#"check = ["ledger"]"#,
        r#"fault = { lose-volume = "recovered" }"#,
        r#"recover = { from = "tuesday", onto = "again" }"#,
        r#"check = ["ledger"]"#,
    ];
    passes(&drills::pitr().at_worst("unbounded").steps(&steps).text());
}

#[test]
fn the_bound_across_a_restart_is_the_age_of_the_open_segment_and_the_time_out() {
    let steps = [
        r#"backup = { method = "basebackup", label = "nightly", compress = "none" }"#,
        "work = \"4s\"",
        r#"fault = { kill-postmaster = "primary" }"#,
        r#"recover = { restart = "primary" }"#,
        r#"check = ["ledger"]"#,
        "work = \"4s\"",
        r#"fault = { lose-volume = "primary" }"#,
        r#"recover = { from = "nightly" }"#,
        r#"check = ["ledger"]"#,
    ];
    passes(
        &drills::pitr().steps(&steps).text().replace("archive_timeout = \"1s\"", "archive_timeout = \"5s\""),
    );
}

#[test]
fn re_protection_leaves_no_hole_in_the_archive_of_a_server_that_was_restarted() {
    let steps = [
        r#"backup = { method = "basebackup", label = "nightly", compress = "none" }"#,
        r#"fault = { kill-postmaster = "primary" }"#,
        r#"recover = { restart = "primary" }"#,
        r#"check = ["ledger", "reprotect"]"#,
        "work = \"1s\"",
        r#"fault = { lose-volume = "primary" }"#,
        r#"recover = { from = "nightly" }"#,
        r#"check = ["ledger", "reprotect"]"#,
    ];
    passes(&drills::pitr().steps(&steps).text());
}

#[test]
fn of_two_tables_the_first_comes_back_from_a_standby_with_settings_of_its_own() {
    let steps = [
        r#"fault = { drop-table = "shop.review" }"#,
        r#"fault = { drop-table = "shop.product_image" }"#,
        r#"recover = { table = "shop.review", standby = "standby" }"#,
        r#"check = [{ rows = { table = "shop.review", at-least = 1 } }]"#,
        r#"recover = { table = "shop.product_image", standby = "second" }"#,
        r#"check = [{ rows = { table = "shop.product_image", at-least = 1 } }]"#,
    ];
    let settings = "settings = { max_connections = \"150\" }\n";
    let delayed = format!("role = \"standby\"\ndelay = \"10m\"\n{settings}");
    let draft = Draft::of(&steps).shop().standby().rpo_unmeasured().text();
    let draft = draft.replace("name = \"primary\"\n", &format!("name = \"primary\"\n{settings}"));
    passes(
        &draft.replace("role = \"standby\"\n", &format!("{delayed}[[nodes]]\nname = \"second\"\n{delayed}")),
    );
}

#[test]
fn a_rehearsal_beside_the_service_loses_nothing_of_a_service_that_crashes_later() {
    let steps = [
        r#"backup = { method = "basebackup", label = "nightly", compress = "none" }"#,
        r#"rehearse = { from = "nightly", target = "immediate" }"#,
        "work = \"500ms\"",
        r#"fault = { kill-postmaster = "primary" }"#,
        r#"recover = { restart = "primary" }"#,
        r#"check = ["ledger"]"#,
    ];
    passes(&drills::crash().steps(&steps).text());
}

#[test]
fn rehearsals_take_nothing_from_one_another_nor_from_a_recovery_of_the_service() {
    let checked = r#"check = ["ledger", "content"]"#;
    let steps = [
        r#"backup = { method = "basebackup", label = "nightly", compress = "none" }"#,
        r#"rehearse = { from = "nightly", target = "latest" }"#,
        checked,
        r#"rehearse = { from = "nightly", target = "latest" }"#,
        checked,
        "work = \"500ms\"",
        r#"fault = { drop-table = "shop.review" }"#,
        r#"recover = { from = "nightly", target = "before-fault" }"#,
        checked,
    ];
    passes(&drills::pitr().shop().steps(&steps).text());
}

#[test]
fn clients_whose_pace_is_slower_than_the_work_is_long_are_waited_for() {
    let user = Harness::local();
    let slow = "writers = 1\nrate = \"20/min\"";
    let draft = drills::crash().text().replace("writers = 2\nrate = \"100/s\"", slow);
    user.run(&user.drill("slow", &draft), &[]).exits(0);
    // The client commits as soon as it is connected again, and not when its next commit would be due, every
    // three seconds.
    let ledger = std::fs::read_to_string(user.only_run().join("slow@15/ledger.jsonl")).unwrap();
    let mut lines = ledger.lines().rev().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let waited = loop {
        let commit = lines.next().expect("a commit after the outage");
        let before = lines.next().expect("the session that it was made in");
        if let Some(connected) = before["at"].as_u64() {
            break commit[3].as_u64().expect("microseconds").saturating_sub(connected);
        }
    };
    assert!(waited < 1_000_000, "the outage lasts until the next commit is due: {waited} µs");
    user.assert_nothing_is_left();
}

#[test]
fn one_client_asks_a_server_that_is_starting_and_the_others_wait() {
    let user = Harness::local();
    let draft = drills::crash().text().replace("writers = 2\nrate = \"100/s\"", "writers = 16");
    user.run(&user.drill("crash", &draft), &[]).exits(0);
    let run = user.latest();
    let evidence = |name: &str| std::fs::read_to_string(run.join("crash@15").join(name)).expect("evidence");
    let log = evidence("evidence/primary.log");
    let refused = log.lines().filter(|line| line.contains("FATAL:  the database system is")).count();
    let rto = user.json()["drills"][0]["rto"].as_f64().expect("a recovery time");
    // Every 4 ms by the client that asks for all, and every 8 by the runner.
    let at_most = rto / 0.004 + rto / 0.008 + 10.0;
    assert!((refused as f64) < at_most, "{refused} refusals in {rto} s, and {at_most} would do");
    user.assert_nothing_is_left();
}
