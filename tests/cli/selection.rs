//! What is selected, and what is said when it can't be.

use std::path::Path;

use crate::support::{Harness, RUN_WITHIN, docker::wanted, drills, running::Running, text};

fn bad(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/drills/bad").join(name);
    text(&path).to_owned()
}

/// Neither a report nor a run's directory was made.
fn nothing_was_started(user: &Harness) {
    assert!(!user.reports().exists());
    assert!(!user.work().exists());
}

#[test]
fn an_image_for_installed_programs_is_refused_and_not_ignored() {
    let user = Harness::local();
    let drill = user.drill("crash", &drills::crash().text());
    user.run(&drill, &["--image", "postgres:17"]).exits(2).says("--runtime docker");
    assert!(!user.reports().exists(), "nothing was started");
}

#[test]
fn every_mistake_of_every_bad_file_is_said_at_once_and_nothing_is_started() {
    let user = Harness::from_scratch();
    let (many, primaries) = (bad("many-at-once.toml"), bad("two-primaries.toml"));
    let good = user.drill("good", &drills::crash().text());
    let told = user.lifeboat(&["run", &many, text(&good), &primaries, "los/pitr-latest"]).exits(2);
    for said in [
        "many-at-once.toml",
        "two-primaries.toml",
        "did you mean loss/pitr-latest?",
        "3 drill files or names are invalid; nothing was run",
    ] {
        assert!(told.stderr.contains(said), "{said:?} is not in:\n{}", told.stderr);
    }
    let counted: usize =
        told.stderr.lines().find_map(|line| line.split_once(" errors in ")?.0.parse().ok()).expect("a count");
    assert!(
        counted > 10 && told.stderr.matches('×').count() == counted + 1,
        "all of one file and the one of the other:\n{}",
        told.stderr
    );
    assert_eq!(told.stdout, "");
    nothing_was_started(&user);
}

#[test]
fn what_nobody_knows_is_told_from_what_selects_nothing() {
    let user = Harness::from_scratch();
    user.lifeboat(&["run", "no-such-drill"]).exits(2).says("no-such-drill");
    user.lifeboat(&["run", "--tag", "no-such-tag"]).exits(4).says("monthly");
    user.lifeboat(&["run", "crash", "--tag", "monthly"]).exits(4);
    user.lifeboat(&["list", "--tag", "no-such-tag"]).exits(4);
    user.lifeboat(&["run", "--postgres", "99"]).exits(2).says("99");
    user.lifeboat(&["run", "--postgres", "seventeen"]).exits(2).says("seventeen");
    user.lifeboat(&["run", "--jobs", "0"]).exits(2);
    user.lifeboat(&["run", "--no-such-option"]).exits(2);
    user.lifeboat(&["no-such-command"]).exits(2);
    user.lifeboat(&[]).exits(2);
    nothing_was_started(&user);
}

#[test]
fn a_drill_whose_tool_is_not_installed_is_skipped_with_its_reason() {
    let user = Harness::local();
    let packed =
        drills::pitr().step(1, r#"backup = { method = "basebackup", label = "nightly", compress = "zstd" }"#);
    let drill = user.drill("packed", &packed.text());
    let mut run = user.command(&["run", text(&drill)]);
    let told = Running::start(run.env("PATH", user.folder().join("drills"))).wait(RUN_WITHIN);
    told.exits(6).prints("skipped").prints("the backup nightly needs zstd, which its nodes do not have");
    user.assert_nothing_is_left();
}

#[test]
fn a_folder_of_drills_is_run_whole_and_an_empty_one_is_an_error() {
    let user = Harness::from_scratch();
    user.drill("first", &drills::crash().text());
    user.drill("second", &drills::pitr().text());
    user.lifeboat(&["check", "drills"]).exits(0).prints("first").prints("second");
    std::fs::create_dir(user.folder().join("empty")).unwrap();
    user.lifeboat(&["check", "empty"]).exits(2).says("no file ending in .toml");
}

#[test]
fn two_files_with_one_name_or_one_folder_are_told_apart_by_the_user_and_not_dropped() {
    let user = Harness::from_scratch();
    let write = |path: &str| {
        let path = user.folder().join(path);
        std::fs::create_dir_all(path.parent().unwrap())
            .and_then(|()| std::fs::write(&path, drills::crash().text()))
            .unwrap();
    };
    for path in [
        "mine/prod/restore.toml",
        "mine/staging/restore.toml",
        "drills/x-y.toml",
        "drills/x/y.toml",
        "loss/own.toml",
    ] {
        write(path);
    }
    let both = "mine/prod/restore.toml and mine/staging/restore.toml are both called restore: rename one";
    user.lifeboat(&["run", "mine"]).exits(2).says(both);
    user.lifeboat(&["run", "mine/prod/restore.toml", "mine/staging/restore.toml"]).exits(2).says(both);
    user.lifeboat(&["check", "mine/prod/restore.toml", "./mine/../mine/prod"]).exits(0);
    user.lifeboat(&["run", "drills"])
        .exits(2)
        .says("drills/x/y.toml and drills/x-y.toml would share a folder in the reports");
    user.lifeboat(&["run", "loss"])
        .exits(2)
        .says("write ./loss for the folder here, or single names such as loss/");
    user.lifeboat(&["check", "./loss", "loss/dump"]).exits(0).prints("own").prints("loss/dump");
    nothing_was_started(&user);
}

#[test]
fn a_version_that_is_not_installed_is_said_before_anything_starts() {
    let user = Harness::from_scratch();
    let drill = user.drill("crash", &drills::crash().text());
    let doctor = user.lifeboat(&["doctor"]).exits(0).stdout;
    if let Some(absent) = absent(&doctor) {
        let told = user.run(&drill, &["--postgres", &absent]).exits(6);
        told.says(&format!("PostgreSQL {absent}"))
            .says("installed here: ")
            .says(&format!("apt-get install postgresql-{absent}"));
    }
    nothing_was_started(&user);
}

#[test]
fn a_version_without_an_image_is_said_before_anything_starts() {
    if !wanted() {
        return;
    }
    let user = Harness::on("docker");
    let drill = user.drill("crash", &drills::crash().text());
    let image = user.run(&drill, &["--image", "127.0.0.1:1/none:{version}", "--postgres", "17"]).exits(6);
    image.says("127.0.0.1:1/none:17").says("versions with an image here: ").says("ci/image/build 17");
    nothing_was_started(&user);
}

/// A version that Lifeboat drives and the machine lacks; says so where there is none.
fn absent(doctor: &str) -> Option<String> {
    let absent = (15..=18)
        .map(|major| major.to_string())
        .find(|major| !doctor.contains(&format!("PostgreSQL {major}")));
    if absent.is_none() {
        eprintln!("skipped: every version is installed");
    }
    absent
}
