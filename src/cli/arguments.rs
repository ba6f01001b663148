//! What the command line takes.

use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum};
use clap_complete::Shell;

pub(super) use super::restore_test::RestoreTest;
use super::{exit::Exit, restore_test::EXAMPLES as RESTORE_TEST_EXAMPLES};
use crate::{
    drill::RuntimeKind,
    engine::Wanted,
    lab::{LabError, local::WorkDir},
    pg::Major,
};

const RUN_EXAMPLES: &str = "\
Examples:
  lifeboat run                                    every shipped drill and those in ./drills, in containers \
  where an engine answers
  lifeboat run loss/pitr-latest                   one shipped drill
  lifeboat run loss --postgres 15,17              all of a folder, once on each version
  lifeboat run drills/mine.toml --runtime local   a file of your own, on installed binaries
  lifeboat run --tag monthly --reports out        what CI runs every month";

/// Disaster-recovery drills for PostgreSQL.
///
/// A drill starts a real cluster, backs it up, keeps clients committing, breaks it, recovers it, and measures
/// from outside how long the service was away (RTO) and what was lost (RPO), against objectives.
#[derive(Debug, Parser)]
#[command(name = "lifeboat", version, after_help = Exit::table())]
#[command(max_term_width = 100, disable_help_subcommand = true)]
pub(super) struct Arguments {
    /// Increase verbosity (-v: debug, -vv: trace)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(super) verbose: u8,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Color,
    #[command(subcommand)]
    pub(super) subcommand: Subcommand,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Subcommand {
    /// Run drills and judge them
    #[command(after_help = format!("{RUN_EXAMPLES}\n\n{}", Exit::table()))]
    Run(Run),
    /// Restore a backup of your own into a throw-away server, examine it and judge it
    #[command(after_help = format!("{RESTORE_TEST_EXAMPLES}\n\n{}", Exit::table()))]
    RestoreTest(Box<RestoreTest>),
    /// Check drill files without starting anything
    #[command(after_help = "Examples:\n  lifeboat check                 the shipped drills and those in \
            ./drills\n  lifeboat check drills/         every drill of a folder")]
    Check(Select),
    /// List drills
    #[command(
        after_help = "Examples:\n  lifeboat list\n  lifeboat list --tag monthly\n  lifeboat list --format \
            json | jq -r '.[].name'"
    )]
    List(List),
    /// Print a JSON Schema: of drill files, for editors, or of report.json, for programs
    #[command(after_help = "Examples:\n  lifeboat schema > drill.schema.json\n  lifeboat schema report > \
            report.schema.json")]
    Schema {
        /// What to print the schema of
        #[arg(default_value = "drill")]
        document: Document,
    },
    /// Write a commented drill file, ready to run
    #[command(
        after_help = "Example:\n  lifeboat new my-first-drill && lifeboat run drills/my-first-drill.toml"
    )]
    New(New),
    /// Render the reports of a run again from its journal
    #[command(
        after_help = "Examples:\n  lifeboat report latest\n  lifeboat report reports/20261120-171500-3f9a"
    )]
    Report(Report),
    /// Remove what interrupted or killed runs left behind
    #[command(
        after_help = "Examples:\n  lifeboat clean --dry-run     what would be removed\n  lifeboat clean \
            --cache       prepared clusters and images that Lifeboat built as well"
    )]
    Clean(Clean),
    /// Show which runtimes, versions and tools are installed, and how to get what is missing
    #[command(
        after_help = "Examples:\n  lifeboat doctor\n  lifeboat doctor --runtime docker   ends with 6 where \
            the engine is missing"
    )]
    Doctor(Doctor),
    /// Print a completion script for a shell
    #[command(after_help = "Example:\n  lifeboat completions bash > /etc/bash_completion.d/lifeboat")]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page, of Lifeboat or of one of its commands
    #[command(after_help = "Examples:\n  lifeboat man | man -l -\n  lifeboat man run | man -l -")]
    Man {
        /// The command; Lifeboat as a whole where none is given
        command: Option<String>,
    },
    /// Clean up after a run when its runner dies (started by `run` itself)
    #[command(hide = true)]
    Reap {
        #[arg(long)]
        run: String,
        #[arg(long)]
        runtime: Runtime,
        #[command(flatten)]
        work: Work,
    },
}

/// Which drills.
#[derive(Debug, Args)]
pub(super) struct Select {
    /// Drill files, folders of them, or names of shipped drills and their folders, or of those in ./drills;
    /// all of both where none is given
    #[arg(value_name = "PATH or NAME")]
    pub(super) drills: Vec<String>,
    /// Only drills with this tag; with several, any of them
    #[arg(short, long = "tag", value_name = "TAG")]
    pub(super) tags: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    pub(super) select: Select,
    #[command(flatten)]
    pub(super) how: How,
}

/// How drills are run.
#[derive(Debug, Args)]
pub(super) struct How {
    /// Where servers run
    #[arg(long, value_name = "RUNTIME", default_value = "auto", env = "LIFEBOAT_RUNTIME")]
    pub(super) runtime: Runtime,
    /// Versions of PostgreSQL: the selection runs once on each [default: the newest installed]
    #[arg(long, value_name = "VERSION,…", value_delimiter = ',', value_parser = version)]
    pub(super) postgres: Vec<Major>,
    /// The image of the servers; `{version}` stands for the version
    #[arg(long, value_name = "REFERENCE", env = "LIFEBOAT_IMAGE")]
    pub(super) image: Option<String>,
    /// How many drills run at the same time; an RTO measured beside other drills is marked contended
    #[arg(short, long, value_name = "N", default_value = "1")]
    #[arg(value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(super) jobs: u16,
    /// The folder in which each run makes its own
    #[arg(long, value_name = "DIR", default_value = "reports", env = "LIFEBOAT_REPORTS")]
    pub(super) reports: PathBuf,
    #[command(flatten)]
    pub(super) work: Work,
    /// Keep the cluster of a drill that did not pass, for inspection; `lifeboat clean` removes it
    #[arg(long)]
    pub(super) keep_on_failure: bool,
    /// What to print at the end
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Format,
}

/// Where things are kept while they are needed.
#[derive(Debug, Args)]
pub(super) struct Work {
    /// The directory of local servers and of prepared clusters; its path holds letters, digits and / _ - . @
    /// + only [default: lifeboat-UID in the system's temporary directory]
    #[arg(long, value_name = "DIR", env = "LIFEBOAT_WORK_DIR")]
    work_dir: Option<PathBuf>,
}

impl Work {
    /// The directory.
    ///
    /// # Errors
    /// Returns an error if it can't serve ([`LabError::Refused`]).
    pub(super) fn directory(&self) -> Result<WorkDir, LabError> {
        let own = || std::env::temp_dir().join(format!("lifeboat-{}", nix::unistd::geteuid()));
        WorkDir::at(&self.work_dir.clone().unwrap_or_else(own))
    }
}

#[derive(Debug, Args)]
pub(super) struct List {
    #[command(flatten)]
    pub(super) select: Select,
    /// Only print the names of all drills, right or wrong, one a line
    #[arg(long, conflicts_with_all = ["drills", "tags", "format"])]
    pub(super) names: bool,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct New {
    /// The name of the drill; folders are separated by slashes
    pub(super) name: String,
    /// The folder in which it is written
    #[arg(long, value_name = "DIR", default_value = "drills")]
    pub(super) drills: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Report {
    /// The run: its folder, its name in the reports' folder, or `latest`
    pub(super) run: String,
    /// The folder of all reports
    #[arg(long, value_name = "DIR", default_value = "reports", env = "LIFEBOAT_REPORTS")]
    pub(super) reports: PathBuf,
    /// What to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) format: Format,
}

#[derive(Debug, Args)]
pub(super) struct Clean {
    /// Only print what would be removed
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Also remove prepared clusters, and images that Lifeboat built
    #[arg(long)]
    pub(super) cache: bool,
    #[command(flatten)]
    pub(super) work: Work,
}

#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// The runtime that must be usable; without it, one of them
    #[arg(long, value_name = "RUNTIME", default_value = "auto", env = "LIFEBOAT_RUNTIME")]
    pub(super) runtime: Runtime,
    #[command(flatten)]
    pub(super) work: Work,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Runtime {
    /// Docker where an engine answers, else local
    Auto,
    /// Containers
    Docker,
    /// Processes of installed binaries
    Local,
}

impl Runtime {
    /// What it asks for.
    pub(super) const fn wanted(self) -> Wanted {
        match self {
            Self::Auto => Wanted::Auto,
            Self::Docker => Wanted::Only(RuntimeKind::Docker),
            Self::Local => Wanted::Only(RuntimeKind::Local),
        }
    }

    /// The runtime itself; `auto` is none, and counts as local, which every run uses.
    pub(super) const fn kind(self) -> RuntimeKind {
        match self {
            Self::Docker => RuntimeKind::Docker,
            Self::Auto | Self::Local => RuntimeKind::Local,
        }
    }
}

/// When colour is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal that has colours, unless NO_COLOR is set
    Auto,
    /// Always, for a log that shows colours
    Always,
    /// Never
    Never,
}

/// What has a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Document {
    /// A drill file
    Drill,
    /// The report.json of a run
    Report,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// For programs
    Json,
}

fn version(text: &str) -> Result<Major, String> {
    let major = text.parse().map(Major).map_err(|_| "a major version is a number, such as 17".to_owned())?;
    if (Major::OLDEST..=Major::NEWEST).contains(&major) {
        Ok(major)
    } else {
        Err(format!("lifeboat drives versions {} to {}", Major::OLDEST, Major::NEWEST))
    }
}
