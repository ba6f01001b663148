//! The docker runtime on a real engine.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../support/pace.rs"]
mod pace;
#[path = "../support/docker.rs"]
mod support;

mod addresses;
mod cleanup;
mod images;

use std::{
    process::{self, Stdio},
    time::{Duration, Instant},
};

use lifeboat::{
    drill::{NodeName, REPOSITORY},
    lab::{
        Command, LabError, Provision, Runtime,
        docker::{Engine, Image, Lab},
    },
    pg::Major,
};
use pace::stretched;
use support::{docker, left_of, wanted};

/// The engine, or `None` and the reason on standard error.
async fn engine() -> Option<Engine> {
    if !wanted() {
        return None;
    }
    Some(Engine::connect().await.expect("an engine"))
}

async fn image(engine: &Engine, major: u16) -> Image {
    engine
        .resolve(Some("lifeboat-postgres:{version}"), Some(Major(major)), &|_| ())
        .await
        .expect("ci/image/build makes it")
}

fn node(name: &str) -> NodeName {
    name.parse().expect("a node's name")
}

/// A run's name; what is left of the run goes with it when a test panics.
struct Run(String);

fn run(test: &str) -> Run {
    Run(format!("test-{}-{test}", process::id()))
}

impl std::ops::Deref for Run {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let filter = format!("--filter label=lifeboat.run={}", self.0);
        let remove = format!(
            "docker ps -aq {filter} | xargs -r docker rm -fv; docker volume ls -q {filter} | xargs -r docker \
             volume rm; \
             docker network ls -q {filter} | xargs -r docker network rm"
        );
        let _ = process::Command::new("sh").args(["-c", &remove]).stdout(Stdio::null()).status();
    }
}

fn sh(script: &str) -> Command {
    Command::shell("run a script", script)
}

/// A lab with a repository and a primary.
async fn lab(engine: &Engine, run: &Run) -> Lab {
    let lab = Lab::new(engine.clone(), image(engine, 17).await, run, "tests/docker@17");
    for name in [REPOSITORY, "primary"] {
        let began = Instant::now();
        lab.create(&node(name), Provision::Empty).await.expect("created");
        eprintln!("create {name}: {:?}", began.elapsed());
    }
    lab
}

async fn cleaned_up(lab: &Lab, run: &Run) {
    let began = Instant::now();
    assert_eq!(lab.clean_up().await, Vec::<String>::new());
    eprintln!("clean_up: {:?}", began.elapsed());
    assert_eq!(left_of(run), "");
}

#[tokio::test]
async fn commands_run_as_the_servers_user_in_surroundings_that_are_pinned() {
    let Some(engine) = engine().await else { return };
    let run = run("exec");
    let lab = lab(&engine, &run).await;
    let primary = node("primary");
    let paths = lab.paths(&primary);

    let began = Instant::now();
    for _ in 0..10 {
        assert_eq!(lab.exec(&primary, &Command::new("do nothing", ["true"])).await.expect("run").code, 0);
    }
    eprintln!("exec: {:?}", began.elapsed() / 10);

    let who =
        sh("id -un; echo $LC_ALL $TZ $HOME $SECRET; pwd; grep CapEff /proc/self/status").env("SECRET", "s");
    let who = lab.exec(&primary, &who).await.expect("run").text();
    assert_eq!(who, format!("postgres\nC UTC {} s\n/lifeboat/run\nCapEff:\t0000000000000000\n", paths.run));

    let script = format!(
        "mkdir {0} && touch {1}/a {2}/a {3}/a && ls -d {0}",
        paths.data, paths.run, paths.repository, paths.log
    );
    let written = lab.exec(&primary, &sh(&script)).await.expect("run");
    assert_eq!((written.code, written.text()), (0, format!("{}\n", paths.data)), "{written:?}");
    let shared = lab
        .exec(&node(REPOSITORY), &sh(&format!("ls {} {}; ls /lifeboat", paths.repository, paths.log)))
        .await
        .expect("run")
        .text();
    assert!(
        shared.contains("repository:\na\n") && shared.contains("log:\na\n") && !shared.contains("data"),
        "{shared}"
    );

    for (script, code) in [("exit 7", 7), ("kill -9 $$", 137), ("no-such-program", 127)] {
        assert_eq!(lab.exec(&primary, &sh(script)).await.expect("run").code, code, "{script}");
    }
    assert_eq!(
        lab.exec(&primary, &Command::new("run nothing", ["no-such-program"])).await.expect("run").code,
        127
    );
    let streams = lab.exec(&primary, &sh("echo out; echo err >&2")).await.expect("run");
    assert_eq!((streams.stdout.as_slice(), streams.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));

    let orphan = "(sleep 0.1 & ) >/dev/null 2>&1; sleep 0.4; grep -l '^State:.Z' /proc/[0-9]*/status | wc -l";
    assert_eq!(lab.exec(&primary, &sh(orphan)).await.expect("run").text().trim(), "0", "orphans are reaped");
    cleaned_up(&lab, &run).await;
}

#[tokio::test]
async fn five_megabytes_of_anything_go_in_and_come_out_unchanged() {
    let Some(engine) = engine().await else { return };
    let run = run("stdin");
    let lab = lab(&engine, &run).await;
    let bytes: Vec<u8> = (0..5_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let cat = Command::new("copy", ["cat"]).stdin(bytes.clone());
    let began = Instant::now();
    let output = lab.exec(&node("primary"), &cat).await.expect("run");
    eprintln!("5 MB in and out: {:?}", began.elapsed());
    assert!(output.stdout == bytes && output.code == 0);
    let ignored = Command::new("read nothing", ["true"]).stdin(bytes);
    assert_eq!(
        lab.exec(&node("primary"), &ignored).await.expect("input that nobody reads is no error").code,
        0
    );
    let much = sh("head -c 20000000 /dev/zero; head -c 20000000 /dev/zero >&2");
    let output = lab.exec(&node("primary"), &much).await.expect("run");
    assert_eq!((output.stdout.len(), output.stderr.len()), (20_000_000, 20_000_000));
    cleaned_up(&lab, &run).await;
}

#[tokio::test]
async fn a_command_at_its_deadline_dies_inside_the_node() {
    let Some(engine) = engine().await else { return };
    let run = run("deadline");
    let lab = lab(&engine, &run).await;
    let primary = node("primary");
    for script in HANGING {
        hangs(&lab, &primary, script).await;
    }
    cleaned_up(&lab, &run).await;
}

/// Scripts that come to no end: by a child, by a pipeline, and with no regard for SIGTERM.
const HANGING: [&str; 3] =
    ["sleep 60.5; true", "sleep 60.5 | cat", "trap '' TERM; while :; do sleep 60.5; done"];

/// A script that comes to no end leaves nothing behind when its deadline has passed.
async fn hangs(lab: &Lab, node: &NodeName, script: &str) {
    let began = Instant::now();
    let error =
        lab.exec(node, &sh(script).deadline(Duration::from_secs(1))).await.expect_err("it takes too long");
    assert!(matches!(error, LabError::Deadline { .. }), "{error:?}");
    assert!(began.elapsed() < stretched(Duration::from_secs(8)), "{:?}", began.elapsed());
    let left =
        lab.exec(node, &sh("grep -l '60[.]5' /proc/[0-9]*/cmdline || true")).await.expect("run").text();
    assert_eq!(left, "", "a process of `{script}` is left");
}

#[tokio::test]
async fn a_node_is_frozen_and_thawed_killed_and_destroyed_with_proof() {
    let Some(engine) = engine().await else { return };
    let run = run("faults");
    let lab = lab(&engine, &run).await;
    let primary = node("primary");
    let nothing = Command::new("do nothing", ["true"]);

    let taken = lab.create(&primary, Provision::Empty).await.expect_err("the name is taken");
    assert!(matches!(taken, LabError::State { .. }), "{taken:?}");
    let twin = Lab::new(engine.clone(), image(&engine, 17).await, &run, "tests/docker@17");
    assert!(twin.create(&primary, Provision::Empty).await.is_err(), "another lab of the same name");
    assert_eq!(lab.exec(&primary, &nothing).await.expect("and the node survives that").code, 0);

    lab.freeze(&primary).await.expect("frozen");
    let error = lab.exec(&primary, &nothing).await.expect_err("frozen");
    assert!(error.to_string().contains("paused"), "{error}");
    assert!(lab.freeze(&primary).await.is_err(), "frozen already");
    assert!(lab.remains(&primary).await.expect("told").expect("alive").contains("processes"));
    lab.thaw(&primary).await.expect("thawed");
    assert!(lab.thaw(&primary).await.is_err(), "not frozen");
    assert_eq!(lab.exec(&primary, &nothing).await.expect("run").code, 0);

    let asleep = sh("sleep 30");
    let (slept, killed) = tokio::join!(lab.exec(&primary, &asleep), async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        lab.kill(&primary).await
    });
    killed.expect("killed");
    assert!(matches!(slept, Err(LabError::State { .. })), "{slept:?}");
    assert!(lab.kill(&primary).await.is_err(), "dead already");
    let error = lab.exec(&primary, &nothing).await.expect_err("dead");
    assert!(error.to_string().contains("not running"), "{error}");
    let remains = lab.remains(&primary).await.expect("told").expect("its files");
    assert!(!remains.contains("processes") && remains.contains("-primary-data"), "{remains}");

    lab.destroy(&primary).await.expect("destroyed");
    assert_eq!(lab.remains(&primary).await.expect("told"), None);
    assert!(lab.address(&primary).await.is_err() && lab.exec(&primary, &nothing).await.is_err());
    lab.create(&primary, Provision::Empty).await.expect("a new one of the same name");
    lab.freeze(&primary).await.expect("frozen");
    lab.destroy(&primary).await.expect("a frozen one as well");
    lab.create(&primary, Provision::Empty).await.expect("and again");
    lab.freeze(&primary).await.expect("frozen");
    lab.kill(&primary).await.expect("a frozen one can be killed");
    cleaned_up(&lab, &run).await;
}

#[tokio::test]
async fn nodes_reach_each_other_and_the_runner_reaches_them_and_they_nothing_else() {
    let Some(engine) = engine().await else { return };
    let run = run("network");
    let lab = lab(&engine, &run).await;
    let primary = node("primary");
    let address = lab.address(&primary).await.expect("an address");
    let perl = |program: &str| Command::new("run perl", ["perl", "-MIO::Socket::INET", "-e", program]);
    let listen = perl(
        "$s = IO::Socket::INET->new(Listen => 5, LocalPort => 5432, ReuseAddr => 1) or die; $s->accept for \
         1..3",
    );
    let host = address.host;
    let from_node =
        perl(&format!("for ('{host}', 'primary') {{ IO::Socket::INET->new(\"$_:5432\") or die $! }}"));
    let (listened, ()) = tokio::join!(lab.exec(&primary, &listen), async {
        let began = Instant::now();
        while tokio::net::TcpStream::connect((address.host, address.port)).await.is_err() {
            assert!(began.elapsed() < stretched(Duration::from_secs(10)), "not reached from the runner");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let from_node = lab.exec(&node(REPOSITORY), &from_node).await.expect("run");
        assert_eq!(from_node.code, 0, "{from_node:?}");
    });
    assert_eq!(listened.expect("run").code, 0);
    let id = docker(&["network", "ls", "-q", "--filter", &format!("label=lifeboat.run={}", run.0)]);
    assert_eq!(
        docker(&["network", "inspect", "-f", "{{.Internal}}", &id]),
        "true",
        "nothing is forwarded beyond"
    );
    cleaned_up(&lab, &run).await;
}

#[tokio::test]
async fn a_server_runs_in_a_node_on_each_version() {
    let Some(engine) = engine().await else { return };
    for major in [15, 17] {
        let run = run(&format!("server{major}"));
        let image = image(&engine, major).await;
        assert_eq!(image.installation.version.major, Major(major));
        let lab = Lab::new(engine.clone(), image, &run, "tests/docker");
        lab.create(&node("primary"), Provision::Empty).await.expect("created");
        serves(&lab, &node("primary")).await;
        cleaned_up(&lab, &run).await;
    }
}

/// Makes a cluster, starts it, asks it, and shuts it down.
async fn serves(lab: &Lab, node: &NodeName) {
    let (paths, installation) = (lab.paths(node), lab.installation());
    let program = |name| installation.program(name);
    let steps = [
        ("initialise", format!("{} -N -A trust -U postgres -D {}", program("initdb"), paths.data)),
        (
            "start",
            format!(
                "{} -w start -D {} -l {}/server.log -o '-k {}'",
                program("pg_ctl"),
                paths.data,
                paths.log,
                paths.run
            ),
        ),
        (
            "ask",
            format!("{} -XAtq -h {} -U postgres -c 'show server_version_num'", program("psql"), paths.run),
        ),
        ("stop", format!("{} -w stop -m fast -D {}", program("pg_ctl"), paths.data)),
    ];
    for (what, script) in steps {
        let began = Instant::now();
        let command = Command::shell(what, script);
        let output = lab.exec(node, &command).await.expect("run").success(&command).expect(what);
        eprintln!("{what}: {:?}", began.elapsed());
        if what == "ask" {
            assert!(output.text().starts_with(&installation.version.major.to_string()), "{}", output.text());
        }
    }
}
