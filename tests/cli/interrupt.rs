//! A run that is asked to end.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::support::{Harness, drills};

const ENDS_WITHIN: Duration = Duration::from_secs(30);

fn interrupted_by(signal: Signal, code: i32) {
    let user = Harness::local();
    let running = user.start(&user.drill("pitr", &drills::pitr().step(2, "work = \"60s\"").text()));
    user.wait_for_step(2);
    let began = Instant::now();
    running.signal(signal);
    running.wait(ENDS_WITHIN).exits(code).says("interrupted");
    eprintln!("{signal}: over after {:?}", began.elapsed());
    assert!(user.report("report.md").to_lowercase().contains("interrupted"));
    assert_eq!(user.json()["verdict"], "inconclusive");
    assert!(user.report("junit.xml").contains("<error"));
    user.assert_nothing_is_left();
}

#[test]
fn an_interrupt_dismantles_writes_the_report_and_exits_130() {
    interrupted_by(Signal::SIGINT, 130);
}

#[test]
fn a_termination_dismantles_writes_the_report_and_exits_143() {
    interrupted_by(Signal::SIGTERM, 143);
}

#[test]
fn an_interrupt_while_the_cluster_is_built_is_heard_too() {
    let user = Harness::from_scratch();
    let running = user.start(&user.drill("pitr", &drills::pitr().text()));
    user.wait_for_journal("drill-started");
    running.signal(Signal::SIGINT);
    running.wait(ENDS_WITHIN).exits(130);
    user.assert_nothing_is_left();
}

#[test]
fn a_second_interrupt_ends_at_once_and_the_reaper_cleans_up() {
    let user = Harness::local();
    let running = user.start(&user.drill("pitr", &drills::pitr().step(2, "work = \"60s\"").text()));
    user.wait_for_step(2);
    running.signal(Signal::SIGINT);
    running.signal(Signal::SIGTERM);
    let told = running.wait(ENDS_WITHIN);
    assert!(matches!(told.code, 130 | 143), "{told:?}");
    user.assert_nothing_is_left();
}
