//! The report for programs.
//!
//! The types of this module are its documentation, and [`schema`] is made of them: fields are written in
//! their order and under their names. They repeat much of what the judge has, on purpose: what programs read
//! stays when the judge changes. Lengths of time are numbers of seconds with at most six decimals; moments
//! are seconds since the run began; instants are RFC 3339 in UTC. What was not measured is `null`. Fields are
//! added without notice; where one is removed or changes its meaning, [`FORMAT`] grows.

mod drill;
mod provenance;
mod recovery;
mod seconds;

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Serialize;

pub use drill::{About, Check, Drill, Evidence, Fault, Finding, Objectives, Step, Work, WorstCase};
pub use provenance::{DrillProvenance, RunProvenance};
pub use recovery::{CommitAccounting, Phase, Recovery};
pub use seconds::Seconds;

use super::view::JOURNAL;
use crate::{
    drill::RuntimeKind,
    judge::{RunJudgement, Verdict},
};

/// The version of the format.
pub const FORMAT: u32 = 1;

/// `report.json`.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Report {
    /// The version of this format.
    pub format: u32,
    /// The run's name.
    pub run: String,
    /// Whether what was promised was kept.
    pub verdict: Verdict,
    /// Whether the run was interrupted, or the runner died.
    pub interrupted: bool,
    /// When it began.
    pub started: Timestamp,
    /// How long it took.
    pub took: Seconds,
    /// The version of Lifeboat.
    pub lifeboat: String,
    /// Where the servers ran.
    pub runtime: RuntimeKind,
    /// How many drills may run side by side.
    pub jobs: usize,
    /// What the machine was.
    pub machine: BTreeMap<String, String>,
    /// What started it, and where.
    pub provenance: RunProvenance,
    /// Where the journal is, from the folder of this report.
    pub journal: &'static str,
    /// The hash of the journal's last line, on which all lines before it bear.
    pub journal_hash: Option<String>,
    /// The drills, in the order in which they were planned.
    pub drills: Vec<Drill>,
}

impl Report {
    /// The report of a judgement.
    #[must_use]
    pub fn of(run: &RunJudgement) -> Self {
        Self {
            format: FORMAT,
            run: run.run.clone(),
            verdict: run.verdict,
            interrupted: run.interrupted,
            started: run.started,
            took: Seconds(run.took),
            lifeboat: run.lifeboat.clone(),
            runtime: run.runtime,
            jobs: run.jobs,
            machine: run.machine.clone(),
            provenance: RunProvenance::of(run),
            journal: JOURNAL,
            journal_hash: run.journal_hash.clone(),
            drills: run.exercises.iter().map(|judgement| Drill::of(run, judgement)).collect(),
        }
    }
}

/// The JSON Schema (2020-12) of `report.json`.
#[must_use]
pub fn schema() -> serde_json::Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<Report>();
    schema.insert("title".to_owned(), "Lifeboat report".into());
    schema.insert(
        "description".to_owned(),
        format!("What a run of Lifeboat found, in format {FORMAT}.").into(),
    );
    schema.to_value()
}

pub(super) fn render(run: &RunJudgement) -> Vec<u8> {
    // Nothing in it can fail to be written: no map has keys but texts, and memory takes everything.
    let mut bytes = serde_json::to_vec_pretty(&Report::of(run))
        .unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}").into());
    bytes.push(b'\n');
    bytes
}
