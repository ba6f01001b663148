//! A drill as a value: validated, closed, and free of where it came from.
//!
//! **Invariant:** what is here can't be wrong by itself: a label that is used was given by an earlier step, a
//! node that is named is declared, a target is one that its backup can reach. `syntax` proves it before it
//! builds one of these.

mod archive;
mod armed;
mod backup;
mod capability;
mod check;
mod cluster;
mod dataset;
mod deadlines;
mod dropped_table;
mod fault;
mod fixture;
mod name;
mod node;
mod objective;
mod origin;
mod outage;
mod own_step;
mod period;
mod programs;
mod property;
mod recovery;
mod server;
mod source;
mod step;
mod transaction;
pub(crate) mod versions;
mod workload;
mod worst_case;

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use archive::{Archive, ArchiveInfo, ArchiveMethod};
pub use armed::{Armed, RecoveryPhase};
pub use backup::{Backup, BackupKind, BackupMethod, Compression, MethodInfo};
pub use capability::Capability;
pub use check::{Check, CheckInfo, CheckWord, Needs, SqlCheck};
pub use cluster::{ClusterState, OpenFault, Refusal, ServiceState};
pub use dataset::{Dataset, DatasetContent};
pub use deadlines::Deadlines;
pub use dropped_table::DroppedTable;
pub(crate) use fault::fault_table;
pub use fault::{DataEffect, EndedBy, Fault, FaultInfo, ServiceEffect};
pub use fixture::{Fixture, LARGEST_SCALE, OWN_TABLES};
pub use name::{
    DatabaseName, DrillName, ExtensionName, Label, NodeName, NotAName, REPOSITORY, RestorePointName,
    RoleName, TableName,
};
pub use node::{Node, Role};
pub use objective::{AtWorst, ObjectiveKind, Objectives, UNBOUNDED};
pub use origin::{Cluster, Origin};
pub use outage::Timeline;
pub use own_step::{Exec, Statements};
pub use period::{NotAPeriod, Period};
pub use programs::NeededProgram;
pub use property::Property;
pub use recovery::{Recovery, RecoveryTarget, TargetLsn, TargetTime};
pub use server::{Initdb, ServerOptions};
pub use source::{
    Decrypt, KeyDerivation, Location, LocationKind, NotALocation, NotAPick, NotASecret, Pick, SecretRef,
    Source, SourceKind,
};
pub use step::{Step, Verb};
pub use transaction::{SqlText, Transaction};
pub use workload::{Service, Workload};
pub use worst_case::{Bound, Configuration, Guarantee, Interruption, WorstCase};

use crate::pg::{Major, setting::Settings};

/// One declared exercise, from cluster to verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drill {
    /// Where it stands below `drills/`, without the ending: `loss/pitr-latest`.
    pub name: DrillName,
    /// One line for people.
    pub title: String,
    /// What it is for, in a paragraph; may be empty.
    pub description: String,
    /// Words to select it by.
    pub tags: Vec<String>,
    /// What was promised.
    pub objectives: Objectives,
    /// Time that people need (paging, deciding), declared and not measured.
    pub manual_time: Option<Period>,
    /// The interval of the backup schedule that this drill stands for; the worst case of a dump follows from
    /// it.
    pub backup_interval: Option<Period>,
    /// The version that it needs, if it needs one.
    pub version: Option<Major>,
    /// Settings of every node.
    pub settings: Settings,
    /// What its servers are made of.
    #[serde(default)]
    pub server: ServerOptions,
    /// What its steps begin with.
    #[serde(flatten)]
    pub origin: Origin,
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// The folder to which its paths are relative: that of its file. A shipped drill has none.
    #[serde(skip)]
    pub folder: Option<PathBuf>,
}

impl Drill {
    /// The backup with this label.
    #[must_use]
    pub fn backup(&self, label: &Label) -> Option<&Backup> {
        self.backups().find(|backup| backup.label == *label)
    }

    /// The backups that it takes, in order.
    pub fn backups(&self) -> impl Iterator<Item = &Backup> {
        self.steps.iter().filter_map(|step| step.verb.backup())
    }

    /// The recoveries that it does, with their steps.
    pub fn recoveries(&self) -> impl Iterator<Item = (usize, &Recovery)> {
        self.steps.iter().enumerate().filter_map(|(number, step)| Some((number, step.verb.recovery()?)))
    }

    /// The checks that it makes, in order.
    pub fn checks(&self) -> impl Iterator<Item = &Check> {
        self.steps.iter().filter_map(|step| step.verb.checks()).flatten()
    }

    /// The value of a server setting that the drill sets for all nodes.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(String::as_str)
    }
}

/// Where nodes run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RuntimeKind {
    /// Containers.
    Docker,
    /// Processes of installed binaries.
    Local,
    /// A script, in tests.
    Fake,
}

impl std::fmt::Display for RuntimeKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Docker => "docker",
            Self::Local => "local",
            Self::Fake => "fake",
        })
    }
}
