//! Images of other makes, and where they come from.

use std::{
    env,
    io::Write,
    process::{self, Stdio},
    sync::Mutex,
};

use lifeboat::{
    lab::{
        Command, Provision, Runtime,
        docker::{Lab, Outcome, Which, sweep},
    },
    pg::Major,
};

use super::{HANGING, cleaned_up, docker, engine, hangs, left_of, node, run, serves, sh};

/// An image that is built for a test, and goes with it.
struct Built(String);

impl Built {
    fn new(name: &str, dockerfile: &str) -> Self {
        let tag = format!("lifeboat-test-{}:{name}", process::id());
        let mut build = process::Command::new("docker");
        build
            .args(["build", "-q", "-t", &tag, "-"])
            .env("DOCKER_BUILDKIT", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        let mut build = build.spawn().expect("docker");
        build.stdin.take().expect("piped").write_all(dockerfile.as_bytes()).expect("written");
        assert!(build.wait().expect("docker").success());
        Self(tag)
    }
}

impl Drop for Built {
    fn drop(&mut self) {
        let _ = process::Command::new("docker").args(["rmi", &self.0]).stdout(Stdio::null()).status();
    }
}

#[tokio::test]
async fn a_container_does_not_take_from_its_image_what_it_is_itself() {
    let Some(engine) = engine().await else { return };
    let built = Built::new(
        "labels",
        "FROM lifeboat-postgres:17\nLABEL lifeboat=1 lifeboat.cache=image lifeboat.run=another \
         lifeboat.node=another lifeboat.owner=nobody lifeboat.exercise=another\n",
    );
    let run = run("labels");
    let image = engine.resolve(Some(&built.0), Some(Major(17)), &|_| ()).await.expect("resolved");
    let lab = Lab::new(engine.clone(), image, &run, "tests/docker");
    lab.create(&node("primary"), Provision::Empty).await.expect("created");
    let container = left_of(&run).lines().next().expect("a container").to_owned();
    let label = |key: &str| {
        let format = format!("{{{{index .Config.Labels \"lifeboat.{key}\"}}}}");
        docker(&["inspect", "-f", &format, &container]).trim().to_owned()
    };
    assert_eq!(
        ["cache", "run", "node", "exercise"].map(label),
        ["", &run, "primary", "tests/docker"].map(str::to_owned)
    );
    // Somebody's own container of the same image is neither a run's nor a cache.
    let own = format!("{}-own", run.0);
    docker(&["create", "--name", &own, &built.0]);
    let would = sweep(&engine, Which::Everything { cache: true }, true).await.expect("listed");
    docker(&["rm", &own]);
    let outcome = would.iter().find(|it| it.name == own).map(|it| &it.outcome);
    assert!(matches!(outcome, Some(Outcome::Kept(_))), "{outcome:?}");
    cleaned_up(&lab, &run).await;
}

#[tokio::test]
async fn an_image_laid_out_like_the_official_one_is_understood() {
    let Some(engine) = engine().await else { return };
    let built = Built::new(
        "official",
        "FROM lifeboat-postgres:17\n\
         RUN cp -a /usr/lib/postgresql/17/bin/. /usr/local/bin/ && rm -r /usr/lib/postgresql/17/bin && \
         ln -s /usr/lib/postgresql/17/lib/* /usr/local/lib/\n\
         ENV PGDATA=/var/lib/postgresql/data\nVOLUME /var/lib/postgresql/data\nUSER postgres\n\
         ENTRYPOINT [\"/bin/false\"]\nCMD [\"postgres\"]\n",
    );
    let run = run("official");
    let wrong = engine.resolve(Some(&built.0), Some(Major(15)), &|_| ()).await.expect_err("it holds 17");
    assert!(wrong.to_string().contains("it holds only 17."), "{wrong}");
    let image = engine.resolve(Some(&built.0), None, &|_| ()).await.expect("resolved");
    assert_eq!(image.installation.bin, "/usr/local/bin");
    let lab = Lab::new(engine.clone(), image, &run, "tests/docker");
    lab.create(&node("primary"), Provision::Empty).await.expect("created");
    let pgdata = lab.exec(&node("primary"), &sh("echo ${PGDATA-unset}")).await.expect("run");
    assert_eq!(pgdata.text(), "unset\n");
    let container = left_of(&run).lines().next().expect("a container").to_owned();
    let mounts = docker(&["inspect", "-f", "{{range .Mounts}}{{.Type}} {{.Name}}\n{{end}}", &container]);
    assert!(
        mounts
            .lines()
            .filter(|mount| mount.starts_with("volume"))
            .all(|mount| mount.starts_with("volume lb-test-")),
        "{mounts}"
    );
    serves(&lab, &node("primary")).await;
    cleaned_up(&lab, &run).await;
}

#[tokio::test]
async fn an_image_without_timeout_and_without_a_user_will_do() {
    let Some(engine) = engine().await else { return };
    let built =
        Built::new("bare", "FROM lifeboat-postgres:15\nRUN rm /usr/bin/timeout && userdel postgres\n");
    let run = run("bare");
    let image = engine.resolve(Some(&built.0), Some(Major(15)), &|_| ()).await.expect("resolved");
    assert_eq!((image.user.as_str(), image.tools.contains("timeout")), ("65534:65534", false));
    let lab = Lab::new(engine.clone(), image, &run, "tests/docker");
    let primary = node("primary");
    lab.create(&primary, Provision::Empty).await.expect("created");
    for script in HANGING {
        hangs(&lab, &primary, script).await;
    }
    let copy = Command::shell("copy", "cat; exit 3").stdin("some text");
    let copied = lab.exec(&primary, &copy).await.expect("run");
    assert_eq!((copied.text().as_str(), copied.code), ("some text", 3));
    serves(&lab, &primary).await;
    cleaned_up(&lab, &run).await;
}

/// A registry of this machine, or `None` and the reason on standard error.
struct Registry {
    child: process::Child,
    _folder: tempfile::TempDir,
    address: String,
}

impl Registry {
    fn start() -> Option<Self> {
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .expect("a port")
            .local_addr()
            .expect("its number")
            .port();
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("registry.yml");
        let root = folder.path().display();
        let settings = format!(
            "version: 0.1\nstorage: {{filesystem: {{rootdirectory: {root}}}}}\nhttp: {{addr: \
             '127.0.0.1:{port}'}}\n"
        );
        std::fs::write(&file, settings).expect("written");
        let mut serve = process::Command::new("docker-registry");
        match serve.arg("serve").arg(&file).stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
            Ok(child) => {
                let registry = Self { child, _folder: folder, address: format!("127.0.0.1:{port}") };
                registry.wait();
                Some(registry)
            }
            Err(error) if env::var("LIFEBOAT_TEST_DOCKER").as_deref() == Ok("1") => {
                panic!("docker-registry: {error}")
            }
            Err(error) => {
                eprintln!("skipped: docker-registry: {error}");
                None
            }
        }
    }
}

impl Registry {
    /// Waits until it takes connections.
    fn wait(&self) {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
        while std::net::TcpStream::connect(&self.address).is_err() {
            assert!(std::time::Instant::now() < deadline, "the registry does not answer at {}", self.address);
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn an_image_that_is_not_there_is_pulled_or_the_way_out_is_told() {
    let Some(engine) = engine().await else { return };
    let nowhere = engine
        .resolve(Some("127.0.0.1:1/postgres:{version}"), Some(Major(15)), &|_| ())
        .await
        .expect_err("nobody listens");
    assert!(nowhere.to_string().contains("`ci/image/build 15` builds"), "{nowhere}");
    let Some(registry) = Registry::start() else { return };
    let reference = format!("{}/postgres:15", registry.address);
    docker(&["tag", "lifeboat-postgres:15", &reference]);
    docker(&["push", "-q", &reference]);
    docker(&["rmi", &reference]);
    let told = Mutex::new(Vec::new());
    let tell = |line| told.lock().expect("nobody panicked").push(line);
    let asked = format!("{}/postgres:{{version}}", registry.address);
    let image = engine.resolve(Some(&asked), Some(Major(15)), &tell).await.expect("pulled");
    assert_eq!((image.reference.as_str(), image.installation.version.major), (reference.as_str(), Major(15)));
    let told = told.into_inner().unwrap();
    assert!(told.len() >= 2 && told.iter().all(|line| line.contains(&reference)), "{told:?}");
    docker(&["rmi", &reference]);
}
