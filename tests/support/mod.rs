//! The `lifeboat` command as a user runs it: drills in a folder, runs with reports and a work directory of
//! their own.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

pub(crate) mod docker;
pub(crate) mod drills;
pub(crate) mod leftovers;
pub(crate) mod mounted;
pub(crate) mod pace;
pub(crate) mod running;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use running::Running;
use serde_json::Value;
use tempfile::TempDir;

/// How long any run of these tests may take; then something hangs.
pub(crate) const RUN_WITHIN: Duration = Duration::from_mins(2);

/// A folder with drills, reports and a work directory; all of it goes with the value.
pub(crate) struct Harness {
    folder: TempDir,
    runtime: &'static str,
}

impl Harness {
    /// A user on the `local` runtime, on a machine that has prepared clusters already.
    #[must_use]
    pub(crate) fn local() -> Self {
        let harness = Self::from_scratch();
        let shared = std::env::temp_dir().join(format!("lifeboat-tests-{}", nix::unistd::geteuid()));
        fs::create_dir_all(&shared).and_then(|()| fs::create_dir_all(harness.work())).expect("folders");
        open_to_others(&shared);
        std::os::unix::fs::symlink(&shared, harness.work().join("cache")).expect("a link");
        harness
    }

    /// A user on the `local` runtime who has never run a drill.
    #[must_use]
    pub(crate) fn from_scratch() -> Self {
        Self::on("local")
    }

    /// A user on a runtime.
    #[must_use]
    pub(crate) fn on(runtime: &'static str) -> Self {
        let folder = tempfile::Builder::new().prefix("lifeboat-test-").tempdir().expect("a folder");
        open_to_others(folder.path());
        Self { folder, runtime }
    }

    /// The folder in which the user stands.
    #[must_use]
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The work directory.
    #[must_use]
    pub(crate) fn work(&self) -> PathBuf {
        self.folder().join("work")
    }

    /// The folder of all reports.
    #[must_use]
    pub(crate) fn reports(&self) -> PathBuf {
        self.folder().join("reports")
    }

    /// Writes a drill and gives its path.
    pub(crate) fn drill(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder().join("drills").join(format!("{name}.toml"));
        fs::create_dir_all(path.parent().expect("a folder")).expect("the drills' folder");
        fs::write(&path, text).expect("a drill");
        path
    }

    /// The command with arguments, in the user's folder, with no terminal and no variables of Lifeboat's or
    /// PostgreSQL's.
    #[must_use]
    pub(crate) fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("lifeboat"));
        command
            .args(arguments)
            .current_dir(self.folder())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("LIFEBOAT_") && text != "LIFEBOAT_PG_BIN" || text.starts_with("PG") {
                command.env_remove(&name);
            }
        }
        command
            .env("LIFEBOAT_WORK_DIR", self.work())
            .env("LIFEBOAT_REPORTS", self.reports())
            .env("LIFEBOAT_RUNTIME", self.runtime);
        if self.runtime == "local" {
            command.env("DOCKER_HOST", "unix:///nonexistent/docker.sock");
        }
        command
    }

    /// Runs the command to its end.
    pub(crate) fn lifeboat(&self, arguments: &[&str]) -> Told {
        Running::start(&mut self.command(arguments)).wait(RUN_WITHIN)
    }

    /// Starts a run of a drill.
    #[must_use]
    pub(crate) fn start(&self, drill: &Path) -> Running {
        Running::start(&mut self.command(&["run", text(drill)]))
    }

    /// Runs a drill to its end.
    pub(crate) fn run(&self, drill: &Path, options: &[&str]) -> Told {
        self.lifeboat(&[&["run", text(drill)], options].concat())
    }

    /// The folder of the latest run.
    #[must_use]
    pub(crate) fn latest(&self) -> PathBuf {
        fs::canonicalize(self.reports().join("latest")).expect("`latest` points to a run")
    }

    /// The only run's folder, whether `latest` points to it or not.
    #[must_use]
    pub(crate) fn only_run(&self) -> PathBuf {
        let runs = self.runs();
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs[0].clone()
    }

    /// The folders of all runs.
    #[must_use]
    pub(crate) fn runs(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.reports()) else { return Vec::new() };
        entries
            .flatten()
            .filter(|entry| entry.file_type().expect("a type").is_dir())
            .map(|entry| entry.path())
            .collect()
    }

    /// Waits until the only run's journal says something.
    #[track_caller]
    pub(crate) fn wait_for_journal(&self, text: &str) {
        wait_for(&format!("{text} in the journal"), RUN_WITHIN, || {
            let journal = self.runs().first()?.join("journal.jsonl");
            fs::read_to_string(journal).ok()?.contains(text).then_some(())
        });
    }

    /// Waits until the only run is at this step, counted from 1.
    #[track_caller]
    pub(crate) fn wait_for_step(&self, number: usize) {
        self.wait_for_journal(&format!(r#""event":"step-started","step":{},"#, number - 1));
    }

    /// A report of the latest run.
    #[must_use]
    pub(crate) fn report(&self, name: &str) -> String {
        let path = self.latest().join(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// `report.json` of the latest run.
    #[must_use]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.report("report.json")).expect("report.json is JSON")
    }

    /// Nothing of any run is left in the work directory but the cache.
    pub(crate) fn assert_nothing_is_left(&self) {
        leftovers::assert_none(&self.work());
    }
}

/// What a command that has ended has told.
#[derive(Debug)]
pub(crate) struct Told {
    /// Its exit code; 128 and the signal's number where one ended it.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
    /// How long it took.
    pub(crate) took: Duration,
}

impl Told {
    fn of(output: &Output, began: Instant) -> Self {
        use std::os::unix::process::ExitStatusExt;
        let code =
            output.status.code().or_else(|| output.status.signal().map(|signal| 128 + signal)).unwrap_or(-1);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        Self { code, stdout: text(&output.stdout), stderr: text(&output.stderr), took: began.elapsed() }
    }

    /// It has ended with this code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "after {:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.took, self.stdout, self.stderr
        );
        self
    }

    /// It has said this on standard error.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "{text:?} is not in:\n{}", self.stderr);
        self
    }

    /// It has printed this on standard output.
    #[track_caller]
    pub(crate) fn prints(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "{text:?} is not in:\n{}", self.stdout);
        self
    }
}

/// A path as text.
#[must_use]
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// Servers run as another user where the tests run as root, and must reach their directories.
pub(crate) fn open_to_others(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("permissions");
}

/// A folder or a program that any user may write or run.
pub(crate) fn open_to_everybody(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o777)).expect("permissions");
}

/// Waits until something is there; panics with `what` when it does not come within the time.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, within: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(began.elapsed() < within, "not seen within {within:?}: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
