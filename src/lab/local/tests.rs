//! Commands in a node of this machine; no PostgreSQL is needed for them.

use std::{os::unix::fs::PermissionsExt, sync::Arc, time::Duration};

use tempfile::TempDir;

use super::{LocalLab, WorkDir};
use crate::{
    drill::NodeName,
    lab::{
        Command, Installation, LabError, Provision, Runtime, TimeLeft,
        node::{Node, Secrets},
        session::Credentials,
    },
    pg::{Major, Version, server_log::LogFactKind},
};

/// A node of a lab that goes with the folder it is in; `None` where this machine has nobody to run it as.
async fn node(folder: &TempDir) -> Option<Node> {
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).expect("a folder");
    let installation = Installation {
        version: Version { major: Major(17), minor: 6 },
        bin: "/nowhere/bin".to_owned(),
        identity: "none".to_owned(),
        listen: "127.0.0.1",
        clients: "127.0.0.1/32",
        tools: Default::default(),
        software: Default::default(),
    };
    let work = WorkDir::at(folder.path()).expect("a directory that can serve");
    let lab = LocalLab::new(installation, &work, "run", "exercise").ok()?;
    let name: NodeName = "primary".parse().expect("a name");
    lab.create(&name, Provision::Empty).await.expect("a node");
    let credentials =
        |role: &str| Credentials { role: role.into(), password: "secret".into(), authority: None };
    let secrets = Secrets { superuser: credentials("postgres"), application: credentials("lifeboat_app") };
    Some(Node::new(Arc::new(lab), name, secrets, TimeLeft::default()))
}

#[tokio::test]
async fn more_output_than_may_be_held_ends_the_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(node) = node(&folder).await else { return };
    let endless = Command::shell("talk for ever", "while :; do head -c 16777216 /dev/zero; done");
    let error = node.run(endless).await.expect_err("too much").to_string();
    assert_eq!(error, "talk for ever: it said more than 268435456 bytes");
}

#[tokio::test]
async fn output_that_is_saved_goes_to_its_file_and_is_not_held() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(node) = node(&folder).await else { return };
    let file = folder.path().join("saved");
    let script = "head -c 300000000 /dev/zero; echo end; echo beside >&2";
    let output = node.run(Command::shell("talk", script).save(&file)).await.expect("saved");
    assert_eq!((output.saved, output.stdout.len(), output.stderr), (300_000_004, 0, b"beside\n".to_vec()));
    assert_eq!(std::fs::metadata(file).expect("a file").len(), 300_000_004);
}

#[tokio::test]
async fn a_command_has_the_time_that_is_left_and_is_killed_then() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(node) = node(&folder).await else { return };
    node.time_left().begin(Duration::from_millis(300));
    let error = node.run(Command::shell("sleep", "sleep 60")).await.expect_err("too long");
    assert!(matches!(error, LabError::Deadline { .. }), "{error}");
}

#[tokio::test]
async fn of_a_log_the_whole_lines_since_the_latest_start_are_read_and_each_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(node) = node(&folder).await else { return };
    let log = node.log_file();
    let line = |pid: u32, message: &str| format!("2026-11-20 16:00:00.123 UTC [{pid}] LOG:  {message}\n");
    let start = "--- lifeboat starts the server ---\n";
    let ready = "database system is ready to accept connections";
    let before = format!("{start}{}{start}{}", line(1, ready), line(2, "redo starts at 0/1"));
    std::fs::write(&log, before + "2026-11-20 16:00:00.123 UTC [2] LOG:  redo do").expect("a log");
    let so_far = node.log_facts_so_far().await.expect("facts");
    assert_eq!(so_far.iter().map(|fact| &fact.what).collect::<Vec<_>>(), [&LogFactKind::RedoStarts]);

    let (facts, ()) = tokio::join!(node.log_facts(), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let more = format!("ne at 0/2\n{}", line(3, ready));
        let mut file = std::fs::File::options().append(true).open(&log).expect("a log");
        std::io::Write::write_all(&mut file, more.as_bytes()).expect("written");
    });
    let facts: Vec<_> = facts.expect("facts").into_iter().map(|fact| fact.what).collect();
    assert_eq!(facts, [LogFactKind::RedoStarts, LogFactKind::RedoDone, LogFactKind::Ready]);
}
