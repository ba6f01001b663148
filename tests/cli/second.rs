//! More than one fault and more than one recovery in one drill.

use crate::support::{Harness, drills};

#[test]
fn a_server_that_was_recovered_is_lost_and_recovered_from_a_backup_of_its_own() {
    let user = Harness::local();
    let steps = [
        r#"backup = { method = "basebackup", label = "nightly", compress = "none" }"#,
        "work = \"1s\"",
        r#"fault = { lose-volume = "primary" }"#,
        r#"recover = { from = "nightly" }"#,
        r#"check = ["ledger"]"#,
        "work = \"500ms\"",
        r#"backup = { method = "basebackup", label = "since", compress = "none" }"#,
        "work = \"500ms\"",
        r#"rehearse = { from = "since", target = "immediate" }"#,
        r#"check = ["ledger"]"#,
        r#"fault = { kill-node = "recovered" }"#,
        r#"recover = { from = "since", target = "immediate", onto = "again" }"#,
        r#"check = ["ledger"]"#,
    ];
    let drill = user.drill("twice", &drills::pitr().at_worst("unbounded").steps(&steps).text());
    user.run(&drill, &[]).exits(0);
    user.assert_nothing_is_left();
}

#[test]
fn a_mistake_is_still_aimed_at_after_a_crash_was_mended() {
    let user = Harness::local();
    let steps = [
        r#"backup = { method = "basebackup", label = "nightly", compress = "none" }"#,
        "work = \"500ms\"",
        r#"fault = { drop-table = "shop.receipt" }"#,
        r#"fault = { kill-postmaster = "primary" }"#,
        r#"recover = { restart = "primary" }"#,
        r#"check = ["ledger"]"#,
        "work = \"500ms\"",
        r#"recover = { from = "nightly", target = "before-fault" }"#,
        r#"check = ["ledger", "content"]"#,
    ];
    let drill = user.drill("mistake", &drills::pitr().shop().steps(&steps).text());
    user.run(&drill, &[]).exits(0);
    user.assert_nothing_is_left();
}
