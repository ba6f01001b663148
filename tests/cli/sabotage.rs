//! Damage that the drill itself knows nothing of.

use std::{fs, path::PathBuf, time::Duration};

use crate::support::{Harness, RUN_WITHIN, drills, leftovers, wait_for};

/// The files of a folder in the repository of the only run.
fn files(user: &Harness, folder: &str) -> Vec<PathBuf> {
    let exercises =
        leftovers::runs(&user.work()).into_iter().flat_map(|run| fs::read_dir(run).expect("a run")).flatten();
    let folders = exercises
        .map(|exercise| exercise.path().join("repository").join(folder))
        .filter(|folder| folder.exists());
    folders
        .flat_map(|folder| fs::read_dir(folder).expect("a folder"))
        .flatten()
        .map(|entry| entry.path())
        .collect()
}

/// The segments in the archive of the only run, in order.
fn archived(user: &Harness) -> Vec<PathBuf> {
    let is_segment = |path: &PathBuf| {
        path.file_name().is_some_and(|name| name.len() == 24 && !name.to_string_lossy().starts_with('.'))
    };
    let mut segments: Vec<PathBuf> = files(user, "archive").into_iter().filter(is_segment).collect();
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
    eprintln!("{}: exit {}\n{}", victim.display(), told.code, told.stdout);
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

#[test]
fn an_archived_segment_that_is_cut_is_refused_in_the_words_of_the_server() {
    let (user, code) = with_a_segment(|segment| fs::write(segment, vec![0; 5000]).expect("a segment"));
    let report = user.report("report.md");
    assert!(
        code == 1 && report.contains("not recovered: ") && report.contains("has wrong size: 5000"),
        "{report}"
    );
}

#[test]
fn pages_that_the_server_finds_damaged_fail_every_check_that_reads_them() {
    let user = Harness::local();
    let checks = r#"check = [
        "content",
        { rows = { table = "shop.product", at-least = 1 } },
        { sql = { title = "sum", query = "select sum(net_price) > 0 from shop.product", expect = [["t"]] } },
    ]"#;
    let draft = drills::pitr().shop().rpo_unmeasured().step(2, "work = \"3s\"").step(5, checks);
    let running = user.start(&user.drill("pages", &draft.text()));
    user.wait_for_step(2);
    let databases = files(&user, "backup/nightly/base");
    let relations =
        databases.iter().flat_map(|database| fs::read_dir(database).expect("a database")).flatten();
    let mut damaged = 0;
    for path in relations.map(|relation| relation.path()) {
        let mut bytes = fs::read(&path).expect("a relation");
        let known = b"SKU-00000001";
        let Some(at) = bytes.windows(known.len()).position(|window| window == known) else { continue };
        // The checksum of its page tells it.
        bytes[at] ^= 0xFF;
        fs::write(&path, bytes).expect("a relation");
        damaged += 1;
    }
    assert!(damaged > 0, "no relation holds the first product: {databases:?}");
    running.wait(RUN_WITHIN).exits(1);
    let junit = user.report("junit.xml");
    // The three checks, and the step that verified the backup itself.
    assert_eq!(junit.matches("<failure").count(), 4, "{junit}");
    assert!(junit.contains("pg_verifybackup: error: checksum mismatch for file"), "{junit}");
    assert!(
        junit.contains("the recovered server reports corruption: ") && junit.contains("(SQLSTATE XX001)"),
        "{junit}"
    );
    user.assert_nothing_is_left();
}

#[test]
fn clients_that_had_stopped_before_the_fault_do_not_pass() {
    let user = Harness::local();
    let running = user.start(&user.drill("stalled", &drills::pitr().step(2, "work = \"9s\"").text()));
    user.wait_for_step(2);
    std::thread::sleep(Duration::from_millis(500));
    // Their sessions stand still, so that they wait, and go on only after the fault.
    let sessions: Vec<_> = leftovers::processes_below(&user.work())
        .into_iter()
        .filter(|process| process.line.contains("lifeboat_app"))
        .collect();
    assert!(!sessions.is_empty());
    for session in &sessions {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(session.pid), nix::sys::signal::Signal::SIGSTOP)
            .expect("it lives");
    }
    // A session that stands still may also hold what the archiver waits for: then the loss is above what is
    // configured.
    let told = running.wait(RUN_WITHIN);
    assert!([1, 3].contains(&told.code), "{told:?}");
    assert!(user.report("report.md").contains("put no work at risk"), "{}", user.report("report.md"));
    user.assert_nothing_is_left();
}
