//! The drills that come with the product. This takes longest, so its name comes first: tests begin in the
//! order of names.

use crate::support::{Harness, RUN_WITHIN, running::Running};

#[test]
fn every_shipped_drill_passes_and_what_ran_side_by_side_is_marked() {
    let user = Harness::local();
    // Every drill of a list that grows, on a machine that may be busy.
    let told = Running::start(&mut user.command(&["run", "--jobs", "4"])).wait(3 * RUN_WITHIN).exits(0);
    eprintln!("all shipped drills, four at a time: {:?}", told.took);
    let listed = user.lifeboat(&["list", "--format", "json"]).exits(0);
    let listed: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    let markdown = user.report("report.md");
    for drill in listed.as_array().unwrap() {
        assert!(markdown.contains(drill["name"].as_str().unwrap()), "{drill}");
    }
    assert!(listed.as_array().unwrap().len() >= 9);
    assert!(markdown.contains("contended"), "recovery times that were measured beside others are marked");
    user.assert_nothing_is_left();
}
