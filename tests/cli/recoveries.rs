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
        r#"check = ["ledger", "content"]"#,
        r#"backup = { method = "dump", label = "tuesday" }"#,
        r#"rehearse = { from = "tuesday" }"#,
        r#"check = ["ledger", "content"]"#,
        r#"fault = { lose-volume = "recovered" }"#,
        r#"recover = { from = "tuesday", onto = "again" }"#,
        r#"check = ["ledger", "content"]"#,
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
