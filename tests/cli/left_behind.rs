//! A drill that passes and can't be cleaned up after: something that is not Lifeboat's holds on to what is.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::support::{
    Harness, RUN_WITHIN,
    docker::{docker, left_of, wanted},
    drills, leftovers,
    mounted::Small,
    wait_for,
};

/// The reaper tries this long, and is then through.
const TRIED_WITHIN: Duration = Duration::from_secs(30);

/// A directory that its owner can't empty: root not because something is mounted there, others not because of
/// its mode.
fn held(at: &Path) -> Option<Small<'_>> {
    if nix::unistd::geteuid().is_root() {
        return Some(Small::mount(at, "16k").expect("root may mount"));
    }
    fs::create_dir_all(at.join("inside")).unwrap();
    fs::set_permissions(at, fs::Permissions::from_mode(0o500)).unwrap();
    None
}

fn let_go(at: &Path, mounted: Option<Small<'_>>) {
    drop(mounted);
    fs::set_permissions(at, fs::Permissions::from_mode(0o700)).unwrap();
}

/// A place among what is to be removed.
type Place = fn(&Path) -> PathBuf;

#[test]
fn a_drill_that_passed_and_left_a_directory_behind_exits_5_and_clean_removes_it_later() {
    let of_the_run: Place = |run| run.join("held");
    let of_the_exercise: Place = |run| {
        let mut exercises = fs::read_dir(run).unwrap().flatten().map(|entry| entry.path());
        exercises.find(|path| path.is_dir()).expect("an exercise").join("held")
    };
    for place in [of_the_run, of_the_exercise] {
        let user = Harness::local();
        let running = user.start(&user.drill("crash", &drills::crash().step(1, "work = \"1s\"").text()));
        user.wait_for_step(1);
        let at = place(&leftovers::runs(&user.work())[0]);
        let mounted = held(&at);
        let told = running.wait(RUN_WITHIN).exits(5).prints("PASS").says("failed to remove");
        assert_eq!(user.json()["verdict"], "pass", "{told:?}");
        wait_for("the reaper's end", TRIED_WITHIN, || {
            leftovers::reapers(&user.work()).is_empty().then_some(())
        });
        user.lifeboat(&["clean"]).exits(5).prints("failed");
        let_go(&at, mounted);
        user.lifeboat(&["clean"]).exits(0).prints("removed");
        user.assert_nothing_is_left();
    }
}

#[test]
fn a_drill_that_passed_and_left_a_network_behind_exits_5_and_the_reaper_removes_it_once_it_can() {
    if !wanted() {
        return;
    }
    let user = Harness::on("docker");
    let running = user.start(&user.drill("crash", &drills::crash().step(1, "work = \"1s\"").text()));
    user.wait_for_step(1);
    let run = user.only_run().file_name().expect("a name").to_string_lossy().into_owned();
    let network =
        docker(&["network", "ls", "--filter", &format!("label=lifeboat.run={run}"), "--format", "{{.Name}}"]);
    let image = docker(&["ps", "--filter", &format!("label=lifeboat.run={run}"), "--format", "{{.Image}}"]);
    let image = image.lines().next().expect("an image");
    let foreign =
        docker(&["run", "--detach", "--rm", "--network", &network, "--entrypoint", "sleep", image, "600"]);
    let told = running.wait(RUN_WITHIN);
    let left = left_of(&run);
    docker(&["rm", "--force", &foreign]);
    let told = told.exits(5).prints("PASS").prints("could not be removed");
    assert_eq!((left, user.json()["verdict"].as_str()), (network, Some("pass")), "{told:?}");
    wait_for("the reaper's work", TRIED_WITHIN, || left_of(&run).is_empty().then_some(()));
    user.assert_nothing_is_left();
}
