//! A runner that is killed leaves no container, volume or network, whenever it is killed.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use crate::{
    kill::{instants, kill_after, overlapping},
    support::{
        Harness,
        docker::{left_of, wanted},
        drills, leftovers,
        pace::stretched,
    },
};

const TIMES: usize = 20;
const AT_ONCE: usize = 2;
/// A drill is over after about this long.
const LATEST: Duration = Duration::from_secs(8);
/// For the reaper, on an idle machine.
const GONE_WITHIN: Duration = Duration::from_secs(5);

fn gone(run: &str) -> Result<Duration, String> {
    let (began, within) = (Instant::now(), stretched(GONE_WITHIN));
    loop {
        let left = left_of(run);
        if left.is_empty() {
            return Ok(began.elapsed());
        }
        if began.elapsed() > within {
            return Err(format!("left of {run} after {within:?}: {}", left.replace('\n', ", ")));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_runner_that_is_killed_at_any_instant_leaves_no_container_volume_or_network() {
    if !wanted() {
        return;
    }
    let began = Instant::now();
    let users = Mutex::new(Vec::new());
    overlapping(instants(TIMES, LATEST), AT_ONCE, |(number, after)| {
        let user = Harness::on("docker");
        let draft = if number % 3 == 0 { drills::crash().standby() } else { drills::pitr() };
        kill_after(&user, &draft, after);
        let told = |left| format!("killed after {after:?}: {left}");
        let directories = leftovers::gone(&user.work()).map_err(told)?;
        for run in user.runs() {
            let run = run.file_name().expect("a name").to_string_lossy().into_owned();
            let resources = gone(&run).map_err(told)?;
            eprintln!(
                "killed after {after:?}: no directory is left after {directories:?}, and nothing in the \
                 engine {resources:?} later"
            );
        }
        users.lock().unwrap().push(user);
        Ok(())
    });
    // Nothing that was under way in the engine has come since.
    for run in users.into_inner().unwrap().iter().flat_map(Harness::runs) {
        assert_eq!(left_of(&run.file_name().expect("a name").to_string_lossy()), "");
    }
    eprintln!("{TIMES} kills: {:?}", began.elapsed());
}
