//! What outlives a run, and what must not.

use std::time::{Duration, Instant};

use lifeboat::lab::{
    LabError, PreparedKey, Provision, Runtime,
    docker::{Engine, Kind, Lab, Outcome, Which, sweep},
};

use super::{cleaned_up, docker, engine, image, lab, left_of, node, pace::stretched, run, sh};

#[tokio::test]
async fn a_forgotten_run_is_swept_and_what_lives_or_is_not_ours_is_left_alone() {
    let Some(engine) = engine().await else { return };
    let run = run("sweep");
    let forgotten = lab(&engine, &run).await;
    forgotten.freeze(&node("primary")).await.expect("frozen");
    drop(forgotten);
    let left = left_of(&run);
    assert_eq!(left.lines().count(), 6, "{left}");

    let kept = sweep(&engine, Which::Everything { cache: false }, false).await.expect("swept");
    let ours: Vec<&Outcome> =
        kept.iter().filter(|it| left.contains(&it.name)).map(|it| &it.outcome).collect();
    assert!(
        ours.len() == 6 && ours.iter().all(|outcome| matches!(outcome, Outcome::Kept(_))),
        "its runner lives: {kept:?}"
    );
    let would = sweep(&engine, Which::Run(&run), true).await.expect("listed");
    assert!(would.len() == 6 && would.iter().all(|it| it.outcome == Outcome::WouldRemove), "{would:?}");
    assert!(sweep(&engine, Which::Run(""), false).await.is_err(), "no run is not every run");
    let removed = sweep(&engine, Which::Run(&run), false).await.expect("swept");
    assert!(removed.len() == 6 && removed.iter().all(|it| it.outcome == Outcome::Removed), "{removed:?}");
    assert_eq!(left_of(&run), "");

    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").expect("Linux");
    let namespace = std::fs::read_link("/proc/self/ns/pid").expect("Linux");
    let dead = format!("lifeboat.owner={}/{}/1/7/gone", boot.trim(), namespace.display());
    let of_run = format!("lifeboat.run={}", run.0);
    let volume = |name: &str, labels: &[&str]| {
        let name = format!("{}-{name}", run.0);
        let labels: Vec<String> = labels.iter().map(|label| format!("--label={label}")).collect();
        docker(
            &["volume", "create"]
                .into_iter()
                .chain(labels.iter().map(String::as_str))
                .chain([name.as_str()])
                .collect::<Vec<_>>(),
        )
    };
    let abandoned = volume("abandoned", &["lifeboat=1", &of_run, &dead]);
    let nobodys = volume("nobodys", &["lifeboat=1", &of_run]);
    let foreign = volume("foreign", &[&of_run, &dead]);
    let swept = sweep(&engine, Which::Everything { cache: false }, false).await.expect("swept");
    let outcome = |name: &str| {
        swept.iter().find(|it| it.kind == Kind::Volume && it.name == name).map(|it| it.outcome.clone())
    };
    assert_eq!(outcome(&abandoned), Some(Outcome::Removed));
    assert!(matches!(outcome(&nobodys), Some(Outcome::Kept(_))), "{swept:?}");
    assert_eq!(outcome(&foreign), None);
    assert_eq!(docker(&["volume", "rm", &nobodys, &foreign]).lines().count(), 2, "both were still there");
}

#[tokio::test]
async fn a_prepared_cluster_outlives_its_run_within_a_bound() {
    let Some(engine) = engine().await else { return };
    let run = run("prepared");
    let lab = lab(&engine, &run).await;
    let key = |n: usize| PreparedKey(format!("{}-{n}", run.0));
    let of_this_test =
        || docker(&["volume", "ls", "-q", "--filter", &format!("name=lifeboat-prepared-{}", run.0)]);
    let put = sh("test ! -e /lifeboat/prepared/x && touch /lifeboat/prepared/x");
    lab.create(&node("aa"), Provision::Prepared(key(0))).await.expect("created");
    assert_eq!(lab.exec(&node("aa"), &put).await.expect("run").code, 0, "empty and writable");
    lab.create(&node("bb"), Provision::Prepared(key(0))).await.expect("created");
    assert_eq!(lab.exec(&node("bb"), &put).await.expect("run").code, 1, "what aa left there");
    for n in 1..8 {
        lab.create(&node("cc"), Provision::Prepared(key(n))).await.expect("created");
        lab.destroy(&node("cc")).await.expect("destroyed");
    }
    let all = docker(&["volume", "ls", "-q", "--filter", "label=lifeboat.cache=prepared"]);
    assert!(all.lines().count() <= 6, "{all}");
    assert!(of_this_test().contains("-prepared-0"), "it is in use: {all}");
    cleaned_up(&lab, &run).await;
    assert!(of_this_test().contains("-prepared-0"), "a cache stays");
    for (cache, expected) in [(false, Outcome::Kept("a cache".to_owned())), (true, Outcome::WouldRemove)] {
        let swept = sweep(&engine, Which::Everything { cache }, true).await.expect("listed");
        let caches =
            swept.iter().filter(|it| it.name == "lifeboat-postgres:17" || it.name.ends_with("-prepared-0"));
        assert_eq!(caches.map(|it| &it.outcome).collect::<Vec<_>>(), [&expected, &expected], "{swept:?}");
    }
    docker(&[&["volume", "rm"], of_this_test().lines().collect::<Vec<_>>().as_slice()].concat());
}

#[tokio::test]
async fn what_a_cancelled_creation_still_makes_is_dismantled() {
    let Some(engine) = engine().await else { return };
    let image = image(&engine, 17).await;
    for patience in [3, 15, 40, 80, 160, 320] {
        let run = run(&format!("cancelled{patience}"));
        let lab = Lab::new(engine.clone(), image.clone(), &run, "tests/docker");
        let creation = tokio::time::timeout(
            Duration::from_millis(patience),
            lab.create(&node("primary"), Provision::Empty),
        )
        .await;
        cleaned_up(&lab, &run).await;
        eprintln!("cancelled after {patience} ms: {}", creation.is_err());
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(left_of(&run), "", "cancelled after {patience} ms");
    }
}

#[tokio::test]
async fn an_engine_that_does_not_answer_is_told_in_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("mute.sock");
    let _mute = tokio::net::UnixListener::bind(&socket).expect("bound");
    let began = Instant::now();
    let mute = Engine::connect_to(&format!("unix://{}", socket.display())).await;
    assert!(
        matches!(mute, Err(LabError::Deadline { .. })) && began.elapsed() < stretched(Duration::from_secs(7))
    );
    for host in ["unix:///no/such/socket", "tcp://127.0.0.1:1", "ssh://somewhere", "nonsense"] {
        let error = Engine::connect_to(host).await.err().expect("nobody is there");
        assert!(error.to_string().contains(host), "{error}");
    }
}
