//! What the doctor says of machines that lack something.

use std::{
    os::unix::net::UnixListener,
    process::{Command, Stdio},
};

use crate::support::{Harness, RUN_WITHIN, Told, mounted::Small, running::Running, text};

fn doctor(user: &Harness, host: &str) -> Told {
    Running::start(user.command(&["doctor"]).env("DOCKER_HOST", host)).wait(RUN_WITHIN)
}

#[test]
fn each_way_in_which_an_engine_does_not_answer_has_its_own_mend() {
    let user = Harness::from_scratch();
    doctor(&user, "unix:///nonexistent.sock").prints("docker  missing").prints("apt-get install docker.io");
    let socket = user.folder().join("docker.sock");
    drop(UnixListener::bind(&socket).expect("a socket"));
    let host = format!("unix://{}", text(&socket));
    doctor(&user, &host).prints("docker  missing").prints("systemctl start docker");
    // Root is refused nothing: somebody else asks.
    let mut as_nobody = Command::new("setpriv");
    let asked = user.command(&["doctor"]);
    as_nobody
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(asked.get_program())
        .args(asked.get_args());
    as_nobody.env("DOCKER_HOST", &host).env("LIFEBOAT_WORK_DIR", "/tmp/lifeboat-nobody").current_dir("/");
    match as_nobody.output() {
        Ok(told) if !matches!(told.status.code(), Some(126 | 127)) && nix::unistd::geteuid().is_root() => {
            let said = String::from_utf8_lossy(&told.stdout);
            assert!(said.contains("Permission denied") && said.contains("usermod -aG docker"), "{said}");
        }
        other => eprintln!("skipped: nobody can't run this program: {other:?}"),
    }
}

#[test]
fn a_directory_that_was_named_for_postgresql_in_vain_is_told() {
    let user = Harness::from_scratch();
    let told =
        Running::start(user.command(&["doctor"]).env("LIFEBOAT_PG_BIN", user.folder())).wait(RUN_WITHIN);
    told.prints(&format!("LIFEBOAT_PG_BIN names {}, which holds none", text(user.folder())));
}

/// The command where the folder of installed servers is empty; `None`, after saying so, where this user can't
/// hide it.
fn without_postgresql(user: &Harness, arguments: &[&str]) -> Option<Told> {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: only root may hide PostgreSQL");
        return None;
    }
    let asked = user.command(arguments);
    let hide = "if test -d /usr/lib/postgresql; then mount -t tmpfs none /usr/lib/postgresql; fi; export \
        PATH=/nonexistent; exec \"$@\"";
    let mut command = Command::new("unshare");
    command.args(["--mount", "/bin/sh", "-euc", hide, "sh"]).arg(asked.get_program()).args(asked.get_args());
    command
        .envs(asked.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env_remove("LIFEBOAT_PG_BIN");
    Some(
        Running::start(command.current_dir(user.folder()).stdout(Stdio::piped()).stderr(Stdio::piped()))
            .wait(RUN_WITHIN),
    )
}

#[test]
fn a_machine_without_postgresql_is_told_how_to_get_it_and_a_run_starts_nothing() {
    let user = Harness::from_scratch();
    let Some(told) = without_postgresql(&user, &["doctor"]) else { return };
    told.exits(6)
        .prints("local   missing")
        .prints("apt-get install postgresql")
        .prints("the runtime local is not usable");
    if let Some(told) = without_postgresql(&user, &["run"]) {
        told.exits(6).says("apt-get install postgresql");
    }
    assert!(!user.work().exists() && !user.reports().exists());
}

#[test]
fn a_disk_that_is_too_small_is_told_with_what_would_do() {
    let user = Harness::from_scratch();
    let small = user.folder().join("small");
    let Some(_mounted) = Small::mount(&small, "8m") else { return };
    user.lifeboat(&["doctor", "--work-dir", text(&small.join("work"))])
        .exits(0)
        .prints("disk    little    8 MiB free")
        .prints("--work-dir");
}
