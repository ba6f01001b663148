//! Events, as they are told and judged; `format` says how they are kept in a file.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    BackupFacts, CheckFacts, DrillFile, ErrorChain, FaultFacts, FaultProbe, Moment, Provenance, Recovered,
    Refusals, RestorePointFacts, Server, Software, TlsFacts,
};
use crate::{
    drill::{Check, Drill, DrillName, Label, NodeName, RuntimeKind},
    pg::{ControlData, Major, Version},
};

/// A drill on a version of PostgreSQL; it names suites and folders, and is the same from run to run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Exercise {
    /// The drill.
    pub drill: DrillName,
    /// The version.
    pub postgres: Major,
}

impl fmt::Display for Exercise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.drill, self.postgres)
    }
}

impl Exercise {
    /// The folder of its ledger and evidence within the run's: `loss-pitr-latest@17`.
    #[must_use]
    pub fn folder(&self) -> String {
        self.to_string().replace('/', "-")
    }
}

/// A line of the journal; its number is its place, counted from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// When.
    pub at: Moment,
    /// What it is about; `None` for the run as a whole.
    pub exercise: Option<Exercise>,
    /// What happened.
    pub event: Event,
}

/// Whether a step ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It did what it says.
    Completed,
    /// It could not.
    Failed,
    /// Its deadline passed.
    TimedOut,
    /// The run was interrupted.
    Cancelled,
    /// A fault of the drill came while it ran, and ended it.
    Interrupted,
    /// An earlier step did not complete.
    Skipped,
}

/// What happened. The steps of an exercise are numbered from 0.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The first line of a journal.
    RunStarted {
        /// The name of the run, and of its folder.
        run: String,
        /// The version of Lifeboat.
        lifeboat: String,
        /// The wall clock.
        started: Timestamp,
        /// The runtime that was chosen.
        runtime: RuntimeKind,
        /// How many drills may run side by side.
        jobs: usize,
        /// What the machine is: cores, memory, system.
        machine: BTreeMap<String, String>,
        /// What started it, and where.
        provenance: Provenance,
    },
    /// An exercise was selected; in this order they are reported.
    Planned {
        /// The drill as it was understood.
        drill: Box<Drill>,
        /// The file that it was read from.
        file: DrillFile,
    },
    /// An exercise can't be done here; nothing of it was started.
    Skipped {
        /// Why.
        reason: String,
    },
    /// An exercise begins.
    DrillStarted {
        /// The release that runs.
        postgres: Version,
        /// A random text that this exercise alone writes into its database.
        nonce: String,
        /// How soon a client tries again when the service is away, in microseconds: the resolution of
        /// outages.
        resolution_us: u64,
        /// Where the server's programs come from.
        software: Software,
    },
    /// The cluster stands and the clients commit.
    BaselineRecorded {
        /// The server in service.
        primary: Server,
        /// Its control file.
        control: ControlData,
        /// Commits that were acknowledged by then.
        acknowledged: u64,
        /// Settings that bear on what can be lost, as the server shows them.
        settings: BTreeMap<String, String>,
        /// Bytes of all its databases.
        database_bytes: Option<u64>,
    },
    /// The cluster could not be built.
    SetUpFailed {
        /// Why.
        error: ErrorChain,
    },
    /// A step begins.
    StepStarted {
        /// Its number.
        step: usize,
        /// Its title.
        title: String,
    },
    /// A step is over.
    StepEnded {
        /// Its number.
        step: usize,
        /// How.
        outcome: Outcome,
        /// Why it did not complete.
        error: Option<ErrorChain>,
    },
    /// Something is being waited for, or a part of a step was done: for the terminal and for people who read
    /// the journal.
    Progress {
        /// What.
        text: String,
    },
    /// A server has started.
    ServerStarted {
        /// It.
        server: Server,
    },
    /// A server was asked how its connections are encrypted, where the drill demands that: before anything
    /// breaks, and again before it is examined.
    TlsProbed {
        /// The step before whose work it was asked; `None` before the first.
        step: Option<usize>,
        /// What it said.
        facts: TlsFacts,
    },
    /// A backup was taken.
    BackupTaken {
        /// The step.
        step: usize,
        /// It.
        facts: BackupFacts,
    },
    /// The tool of a backup has looked at it where it lies: after it was taken, and again beside the service
    /// once it was restored for the last time, so that no recovery is measured with it.
    BackupVerified {
        /// The step in which it did.
        step: usize,
        /// The backup.
        label: Label,
        /// What it found; never anything but [`CheckFacts::Examined`] and [`CheckFacts::Broken`].
        facts: CheckFacts,
    },
    /// A restore point was made.
    RestorePointMade {
        /// The step.
        step: usize,
        /// It.
        facts: RestorePointFacts,
    },
    /// Clients committed for a while.
    Worked {
        /// The step.
        step: usize,
        /// Commits that were acknowledged meanwhile.
        acknowledged: u64,
    },
    /// The clients were told to end: what they did that is not in the ledger.
    ClientsEnded {
        /// Transactions that only read and came to their end.
        reads: u64,
        /// What was refused to them.
        refusals: Vec<Refusals>,
    },
    /// A fault was injected.
    FaultInjected {
        /// The step.
        step: usize,
        /// It.
        facts: FaultFacts,
    },
    /// Somebody looked whether the effect of a fault is there.
    FaultProbed {
        /// The step of the fault.
        fault: usize,
        /// The recovery or the heal that is to have ended it; `None` where it was looked for just after it
        /// was injected.
        after: Option<usize>,
        /// What was seen.
        probe: FaultProbe,
    },
    /// A fault was lifted.
    FaultHealed {
        /// The step of the fault.
        fault: usize,
        /// The step that lifted it; `None` where it was lifted only to clean up.
        step: Option<usize>,
    },
    /// A recovery is over.
    Recovered {
        /// The step.
        step: usize,
        /// What is proven of it.
        recovered: Box<Recovered>,
    },
    /// A recovery was refused by its tool or its server, while the lab itself was healthy.
    NotRecovered {
        /// The step.
        step: usize,
        /// In the words of the tool or the server.
        error: ErrorChain,
    },
    /// A check was made.
    Checked {
        /// The step.
        step: usize,
        /// The check.
        check: Check,
        /// The recovery step that it asks about: the latest before it.
        about: Option<usize>,
        /// What was found.
        facts: CheckFacts,
    },
    /// A file was kept as evidence.
    Evidence {
        /// Its path within the exercise's folder.
        file: String,
        /// Its size.
        bytes: u64,
        /// The BLAKE3 hash of its content, in hexadecimal digits.
        hash: String,
    },
    /// Evidence that was to be kept and could not be.
    EvidenceMissing {
        /// Its path.
        file: String,
        /// Why.
        error: ErrorChain,
    },
    /// A server was left where it is, on purpose.
    Kept {
        /// The node.
        node: NodeName,
        /// How to reach it.
        reach: String,
    },
    /// Everything that the exercise had provisioned was removed, but for what is listed.
    CleanedUp {
        /// What could not be removed, and why.
        left: Vec<String>,
        /// Whether it was kept on request (`--keep-on-failure`).
        kept: bool,
    },
    /// The exercise is over.
    DrillEnded {
        /// Whether it was interrupted.
        interrupted: bool,
    },
    /// The last line of a journal.
    RunEnded {
        /// Whether it was interrupted.
        interrupted: bool,
    },
}
