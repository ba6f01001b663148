//! What no step covers has the time that the drill gives to moving its data.

use super::*;
use crate::drill::{Period, Verb};

const HOUR: Duration = Duration::from_hours(1);

fn shipped(name: &str) -> Drill {
    let path = format!("{}/drills/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("a shipped drill");
    syntax::parse(&name.parse().expect("a name"), &path, &text).expect("a good drill")
}

#[test]
fn an_author_who_gives_a_restore_half_a_day_gives_it_to_set_up_and_removal_too() {
    let mut drill = shipped("loss/pitr-latest");
    let short = Deadlines::of(&drill);
    assert_eq!(short.set_up, 2 * HOUR);
    let restore = drill.steps.iter_mut().find(|step| matches!(step.verb, Verb::Recover(_)));
    restore.expect("a recovery").deadline = Period::from_secs(12 * 3600);
    let long = Deadlines::of(&drill);
    assert_eq!(long.set_up, 12 * HOUR);
    assert!(long.volume > short.volume && long.clean_up > short.clean_up, "{short:?} {long:?}");
}

#[test]
fn each_standby_adds_the_time_of_a_copy() {
    let mut drill = shipped("crash/async-failover");
    let restore = drill.steps.iter_mut().find(|step| matches!(step.verb, Verb::Recover(_)));
    restore.expect("a recovery").deadline = Period::from_secs(5 * 3600);
    assert_eq!(Deadlines::of(&drill).set_up, 10 * HOUR);
}
