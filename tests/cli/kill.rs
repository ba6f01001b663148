//! A runner that is killed leaves nothing, whenever it is killed.

use std::{
    sync::Mutex,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use nix::sys::signal::Signal;

use crate::support::{Harness, RUN_WITHIN, drills, leftovers, text, wait_for};

const TIMES: usize = 20;
const AT_ONCE: usize = 3;
/// A drill is over after about this long.
const LATEST: Duration = Duration::from_secs(4);

/// Instants at random between zero and `latest`; `LIFEBOAT_TEST_SEED` gives the same ones again.
pub(crate) fn instants(times: usize, latest: Duration) -> Vec<(usize, Duration)> {
    let clock = || SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
    let seed =
        std::env::var("LIFEBOAT_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(clock);
    eprintln!("LIFEBOAT_TEST_SEED={seed}");
    let mut state = seed;
    let mut random = || {
        // Knuth's MMIX generator; its upper bits are the good ones.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32
    };
    random();
    (0..times)
        .map(|number| (number, latest.mul_f64(f64::from(random()) / f64::from(u32::MAX >> 1))))
        .collect()
}

/// Does something with each, a few at once; all complaints together.
pub(crate) fn overlapping<T: Send>(
    mut all: Vec<T>,
    at_once: usize,
    each: impl Fn(T) -> Result<(), String> + Sync,
) {
    all.reverse();
    let (queue, complaints) = (Mutex::new(all), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().pop();
                    let Some(next) = next else { break };
                    if let Err(complaint) = each(next) {
                        complaints.lock().unwrap().push(complaint);
                    }
                }
            });
        }
    });
    let complaints = complaints.into_inner().unwrap();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Runs a drill and kills the runner after a while.
pub(crate) fn kill_after(user: &Harness, draft: &drills::Draft, after: Duration) {
    let mut running = user.start(&user.drill("killed", &draft.text()));
    // The instant is the subject here.
    while running.began().elapsed() < after && running.is_alive() {
        std::thread::sleep(Duration::from_millis(1));
    }
    if running.is_alive() {
        running.signal(Signal::SIGKILL);
    }
    running.wait(after + Duration::from_secs(30));
}

#[test]
fn a_runner_that_is_killed_at_any_instant_leaves_no_process_and_no_directory() {
    let began = Instant::now();
    let users = Mutex::new(Vec::new());
    overlapping(instants(TIMES, LATEST), AT_ONCE, |(number, after)| {
        // A machine without prepared clusters, a loss, a pair: they spend their time differently.
        let (user, draft) = match number % 4 {
            0 => (Harness::from_scratch(), drills::pitr()),
            1 => (Harness::local(), drills::crash().standby()),
            _ => (Harness::local(), drills::pitr()),
        };
        kill_after(&user, &draft, after);
        let gone = leftovers::gone(&user.work()).map_err(|left| format!("killed after {after:?}: {left}"))?;
        eprintln!("killed after {after:?}: nothing is left after {gone:?}");
        users.lock().unwrap().push(user);
        Ok(())
    });
    users.into_inner().unwrap().iter().for_each(Harness::assert_nothing_is_left);
    eprintln!("{TIMES} kills: {:?}", began.elapsed());
}

#[test]
fn a_runner_that_is_killed_while_initdb_runs_leaves_no_shared_memory() {
    let user = Harness::from_scratch();
    let running = user.start(&user.drill("killed", &drills::crash().text()));
    let used = wait_for("shared memory of initdb", RUN_WITHIN, || {
        let used = leftovers::shared_memory_below(&user.work());
        (!used.is_empty()).then_some(used)
    });
    running.signal(Signal::SIGKILL);
    running.wait(RUN_WITHIN).exits(137);
    user.assert_nothing_is_left();
    assert!(!used.iter().any(|segment| segment.exists()), "{used:?}");
}

#[test]
fn what_a_killed_runner_has_written_is_reported_as_inconclusive() {
    let user = Harness::local();
    let running = user.start(&user.drill("killed", &drills::pitr().text()));
    user.wait_for_step(2);
    running.signal(Signal::SIGKILL);
    running.wait(Duration::from_secs(30)).exits(137);
    user.assert_nothing_is_left();
    let run = user.only_run();
    user.lifeboat(&["report", text(&run)]).exits(3).prints("interrupted");
    assert!(std::fs::read_to_string(run.join("junit.xml")).unwrap().contains("<error"));
}

#[test]
fn a_runner_that_is_killed_before_its_reaper_watches_leaves_nothing() {
    // The window between the first directory and the reaper is short: many kills, close together.
    let early: Vec<Duration> = (0..40).map(|step| Duration::from_millis(5 + step * 2)).collect();
    overlapping(early, AT_ONCE, |after| {
        let user = Harness::local();
        kill_after(&user, &drills::crash(), after);
        leftovers::gone(&user.work()).map(drop).map_err(|left| format!("killed after {after:?}: {left}"))
    });
}
