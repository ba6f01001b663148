//! The `docker` command: an independent witness of what an engine has.

use std::process::Command;

/// Whether a test may use an engine; says why not. `LIFEBOAT_TEST_DOCKER=0` skips such tests,
/// `LIFEBOAT_TEST_DOCKER=1` makes them fail where no engine answers.
pub(crate) fn wanted() -> bool {
    let wish = std::env::var("LIFEBOAT_TEST_DOCKER").unwrap_or_default();
    let answers = || {
        Command::new("docker")
            .args(["version", "--format", "{{.Server.Version}}"])
            .output()
            .is_ok_and(|told| told.status.success())
    };
    match wish.as_str() {
        "0" => eprintln!("skipped: LIFEBOAT_TEST_DOCKER=0"),
        "1" => return true,
        _ if answers() => return true,
        _ => eprintln!("skipped: no engine answers"),
    }
    false
}

/// What a `docker` command prints.
#[track_caller]
pub(crate) fn docker(args: &[&str]) -> String {
    let output = Command::new("docker").args(args).env("DOCKER_BUILDKIT", "0").output().expect("docker");
    assert!(output.status.success(), "docker {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Containers, volumes and networks of a run, by name.
#[must_use]
pub(crate) fn left_of(run: &str) -> String {
    let label = format!("label=lifeboat.run={run}");
    let list =
        |what: &[&str], format: &str| docker(&[what, &["--filter", &label, "--format", format]].concat());
    [
        list(&["ps", "-a"], "{{.Names}}"),
        list(&["volume", "ls"], "{{.Name}}"),
        list(&["network", "ls"], "{{.Name}}"),
    ]
    .join("\n")
    .trim()
    .to_owned()
}
