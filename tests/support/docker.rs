//! The `docker` command: an independent witness of what an engine has.

use std::process::Command;

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
    let list = |what: &[&str], format: &str| docker(&[what, &["--filter", &label, "--format", format]].concat());
    [list(&["ps", "-a"], "{{.Names}}"), list(&["volume", "ls"], "{{.Name}}"), list(&["network", "ls"], "{{.Name}}")]
        .join("\n")
        .trim()
        .to_owned()
}
