//! A program to run inside a node.

pub(super) mod words;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Feed, LabError, TimeLeft};

/// A program, its arguments and its surroundings. It runs as the server's unprivileged user, with `LC_ALL=C`
/// and `TZ=UTC`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// What it does, as a verb and an object that fit after "failed to": `take base backup nightly`.
    pub what: String,
    /// The program and its arguments. Secrets never stand here.
    pub argv: Vec<String>,
    /// Variables, secrets among them (`PGPASSWORD`).
    pub env: BTreeMap<String, String>,
    /// What it reads from standard input.
    pub stdin: Vec<u8>,
    /// What it reads from standard input in place of that, as it comes.
    pub feed: Option<Feed>,
    /// The file of this machine that its standard output goes to as it comes; `None`: it is held in memory,
    /// up to a limit.
    pub save: Option<PathBuf>,
    /// How long it may take; it is killed then. Where it belongs to a step, [`super::node::Node`] gives it no
    /// more than that step has left.
    pub deadline: Duration,
}

impl Command {
    /// A program with arguments.
    pub fn new<A: Into<String>>(what: impl Into<String>, argv: impl IntoIterator<Item = A>) -> Self {
        Self {
            what: what.into(),
            argv: argv.into_iter().map(Into::into).collect(),
            env: BTreeMap::new(),
            stdin: Vec::new(),
            feed: None,
            save: None,
            deadline: TimeLeft::LONGEST,
        }
    }

    /// A POSIX shell script; it stops at the first command that fails.
    pub fn shell(what: impl Into<String>, script: impl AsRef<str>) -> Self {
        Self::new(what, ["/bin/sh", "-euc", script.as_ref()])
    }

    /// With a variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    /// With this on standard input.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// With this stream on standard input.
    #[must_use]
    pub fn feed(mut self, feed: Feed) -> Self {
        self.feed = Some(feed);
        self
    }

    /// With its standard output in a file of this machine.
    #[must_use]
    pub fn save(mut self, path: &Path) -> Self {
        self.save = Some(path.to_path_buf());
        self
    }

    /// With this deadline.
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }
}

/// What a program left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// The exit code; 128 and more is a signal, as in a shell.
    pub code: i64,
    /// Standard output; empty where it was saved in a file.
    pub stdout: Vec<u8>,
    /// How many bytes of standard output were saved in a file.
    pub saved: u64,
    /// Standard error.
    pub stderr: Vec<u8>,
}

impl Output {
    /// Standard output as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Itself where the program succeeded.
    ///
    /// # Errors
    /// Returns an error if it did not: with its exit code and what it said, shortened and whole.
    pub fn success(self, command: &Command) -> Result<Self, LabError> {
        if self.code == 0 { Ok(self) } else { Err(self.refused(&command.what)) }
    }

    /// What it says of the program as an error, whatever its exit code is.
    #[must_use]
    pub fn refused(&self, what: &str) -> LabError {
        let whole = if self.stderr.is_empty() { &self.stdout } else { &self.stderr };
        let whole = String::from_utf8_lossy(whole).trim().to_owned();
        LabError::Command { what: what.to_owned(), code: self.code, said: words::digest(&whole), whole }
    }
}
