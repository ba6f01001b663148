//! Damage that the drill itself knows nothing of.

use std::{fs, path::PathBuf, time::Duration};

use crate::support::{Harness, RUN_WITHIN, drills, leftovers, wait_for};

/// The segments in the archive of the only run, in order.
fn archived(user: &Harness) -> Vec<PathBuf> {
    let exercises = leftovers::runs(&user.work()).into_iter().flat_map(|run| fs::read_dir(run).expect("a run")).flatten();
    let archives = exercises.map(|exercise| exercise.path().join("repository/archive")).filter(|archive| archive.exists());
    let files = archives.flat_map(|archive| fs::read_dir(archive).expect("an archive")).flatten().map(|entry| entry.path());
    let is_segment = |path: &PathBuf| path.file_name().is_some_and(|name| name.len() == 24 && !name.to_string_lossy().starts_with('.'));
    let mut segments: Vec<PathBuf> = files.filter(is_segment).collect();
    segments.sort();
    segments
}

/// Damages the first segment that is archived after the backup, with others to follow; how the drill ends.
fn with_a_segment(damage: impl Fn(&PathBuf)) -> (Harness, i32) {
    let user = Harness::local();
    let running = user.start(&user.drill("hole", &drills::pitr().step(2, "work = \"6s\"").text()));
    user.wait_for_step(2);
    let before = archived(&user);
    let victim = wait_for("three segments more", Duration::from_secs(30), || {
        let fresh: Vec<_> = archived(&user).into_iter().filter(|segment| !before.contains(segment)).collect();
        (fresh.len() >= 2).then(|| fresh[0].clone())
    });
    damage(&victim);
    let told = running.wait(RUN_WITHIN);
    eprintln!("{victim:?}: exit {}\n{}", told.code, told.stdout);
    user.assert_nothing_is_left();
    (user, told.code)
}

#[test]
fn an_archive_with_a_hole_does_not_pass() {
    let (user, code) = with_a_segment(|segment| fs::remove_file(segment).expect("a segment"));
    assert!(matches!(code, 1 | 3), "{code}: {}", user.report("report.md"));
}

#[test]
fn an_archived_segment_of_zeros_does_not_pass() {
    let (user, code) = with_a_segment(|segment| fs::write(segment, vec![0; 16 << 20]).expect("a segment"));
    assert!(matches!(code, 1 | 3), "{code}: {}", user.report("report.md"));
}
