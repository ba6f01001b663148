//! The small commands.

use crate::support::{Harness, text};

#[test]
fn a_new_drill_is_accepted_by_check_and_never_overwrites_another() {
    let user = Harness::from_scratch();
    user.lifeboat(&["new", "team/first"]).exits(0).says("drills/team/first.toml");
    user.lifeboat(&["check", "drills/team/first.toml"]).exits(0).prints("ok");
    let path = user.folder().join("drills/team/first.toml");
    std::fs::write(&path, "# mine\n").unwrap();
    user.lifeboat(&["new", "team/first"]).exits(2).says("choose another name");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "# mine\n");
    for name in ["../escape", "/absolute", "", "Größe", "a b"] {
        let told = user.lifeboat(&["new", name]);
        assert_eq!(told.code, 2, "{name:?}: {told:?}");
    }
    assert!(
        !user.folder().join("escape.toml").exists()
            && !user.folder().parent().unwrap().join("escape.toml").exists()
    );
}

#[test]
fn every_shipped_drill_is_accepted_by_check_and_listed_for_programs() {
    let user = Harness::from_scratch();
    let checked = user.lifeboat(&["check"]).exits(0);
    let listed = user.lifeboat(&["list", "--format", "json"]).exits(0);
    let listed: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), checked.stdout.lines().count());
    for drill in listed {
        assert!(
            checked.stdout.contains(drill["name"].as_str().unwrap()) && drill["title"].is_string(),
            "{drill}"
        );
    }
    let monthly = user.lifeboat(&["list", "--tag", "monthly"]).exits(0);
    assert!(
        monthly.stdout.contains("loss/pitr-latest") && !monthly.stdout.contains("crash/postmaster"),
        "{}",
        monthly.stdout
    );
}

#[test]
fn schema_completions_manual_page_help_and_doctor_work_without_anything_else() {
    let user = Harness::from_scratch();
    let schema = |arguments: &[&str]| {
        serde_json::from_str::<serde_json::Value>(&user.lifeboat(arguments).exits(0).stdout).unwrap()
    };
    for (arguments, title) in [
        (&["schema"][..], "Lifeboat drill"),
        (&["schema", "drill"], "Lifeboat drill"),
        (&["schema", "report"], "Lifeboat report"),
    ] {
        let schema = schema(arguments);
        jsonschema::validator_for(&schema).expect("a schema");
        assert_eq!(schema["title"], title);
    }
    for shell in ["bash", "zsh", "fish"] {
        let script = user.lifeboat(&["completions", shell]).exits(0).stdout;
        assert!(
            script.contains("lifeboat") && script.contains("keep-on-failure") && !script.contains('\0'),
            "{shell}"
        );
    }
    user.lifeboat(&["man"]).exits(0).prints(".TH lifeboat 1").prints("lifeboat\\-run(1)");
    user.lifeboat(&["man", "run"]).exits(0).prints(".TH lifeboat-run 1").prints("keep\\-on\\-failure");
    user.lifeboat(&["man", "reap"]).exits(2).says("no such command").says("doctor");
    user.lifeboat(&["--color", "always", "check", "no-such-drill"]).exits(2).says("\u{1b}[1;31merror");
    user.lifeboat(&["doctor", "--runtime", "docker"]).exits(6).prints("the runtime docker is not usable");
    user.lifeboat(&["--help"]).exits(0).prints("Exit codes:");
    user.lifeboat(&["--version"]).exits(0).prints(env!("CARGO_PKG_VERSION"));
    user.lifeboat(&["doctor"])
        .exits(0)
        .prints("docker  missing")
        .prints("local   ok")
        .prints(text(&user.work()));
    assert!(!user.work().exists() && !user.reports().exists(), "none of them makes anything");
}
