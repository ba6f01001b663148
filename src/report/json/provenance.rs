//! What a drill ran on, in `report.json`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::judge::{Judgement, RunJudgement};

/// What started a run, and where.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct RunProvenance {
    /// The commit that Lifeboat was built from, where the build knew it.
    pub commit: Option<String>,
    /// The name of the machine.
    pub host: Option<String>,
    /// The time zone of the machine.
    pub zone: Option<String>,
    /// What the CI system said of the job, by the names of its variables.
    pub ci: BTreeMap<String, String>,
}

/// What a drill ran on.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct DrillProvenance {
    /// The drill's file.
    pub file: String,
    /// The BLAKE3 hash of its text, in hexadecimal digits.
    pub file_hash: String,
    /// The image of the servers.
    pub image: Option<String>,
    /// The digest or the identifier of that image.
    pub image_digest: Option<String>,
    /// The directory of the server's programs, where they are the machine's own.
    pub programs: Option<String>,
    /// What the database held before the drill.
    pub dataset: String,
    /// Bytes of all databases when the drill began.
    pub database_bytes: Option<u64>,
    /// How many clients committed.
    pub writers: u16,
    /// Commits a second that they were to make together; `null` for as many as the server takes.
    pub rate: Option<f64>,
    /// The table into which they committed.
    pub table: String,
    /// Settings in force that bear on what can be lost.
    pub settings: BTreeMap<String, String>,
    /// When the drill began, by the wall clock.
    pub began: Option<Timestamp>,
    /// When the fault was injected, by the wall clock: just before the call that caused it.
    pub fault: Option<Timestamp>,
    /// When the first write of each recovery was acknowledged, by the wall clock.
    pub first_writes: Vec<Timestamp>,
}

impl RunProvenance {
    pub(super) fn of(run: &RunJudgement) -> Self {
        let crate::journal::Provenance { commit, host, zone, ci } = run.provenance.clone();
        Self { commit, host, zone, ci }
    }
}

impl DrillProvenance {
    pub(super) fn of(run: &RunJudgement, judgement: &Judgement) -> Self {
        let provenance = &judgement.provenance;
        let workload = judgement.drill.workload();
        let wall_clock = |moment| run.wall_clock(moment);
        Self {
            file: provenance.file.clone(),
            file_hash: provenance.file_hash.clone(),
            image: provenance.software.image.clone(),
            image_digest: provenance.software.digest.clone(),
            programs: provenance.software.programs.clone(),
            dataset: judgement.drill.describe_content(),
            database_bytes: provenance.database_bytes,
            writers: workload.writers,
            rate: workload.rate,
            table: workload.table.to_string(),
            settings: provenance.settings.clone(),
            began: judgement.began.map(wall_clock),
            fault: judgement.fault.as_ref().map(|fault| wall_clock(fault.at)),
            first_writes: judgement
                .recoveries
                .iter()
                .filter_map(|recovery| recovery.first_write)
                .map(wall_clock)
                .collect(),
        }
    }
}
