//! Runs that know nothing of each other.

use crate::support::{Harness, RUN_WITHIN, drills};

#[test]
fn two_runs_at_once_with_the_same_directories_both_pass() {
    let user = Harness::from_scratch();
    let drill = user.drill("pitr", &drills::pitr().text());
    let (one, other) = (user.start(&drill), user.start(&drill));
    one.wait(RUN_WITHIN).exits(0);
    other.wait(RUN_WITHIN).exits(0);
    assert_eq!(
        user.runs().iter().filter(|run| run.join("report.json").exists() && !run.ends_with("latest")).count(),
        2
    );
    assert!(user.runs().contains(&user.reports().join(user.latest().file_name().unwrap())));
    user.assert_nothing_is_left();
}
