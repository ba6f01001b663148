//! What a drill ran on, as a short table.

use crate::{
    human,
    judge::{Judgement, RunJudgement},
};

/// Digits of a hash that people compare; the whole of it is in `report.json`.
const DIGITS: usize = 16;

/// Names and values; nothing for a drill that never began.
pub(super) fn provenance(run: &RunJudgement, judgement: &Judgement) -> Vec<(&'static str, String)> {
    let Some(began) = judgement.began else { return Vec::new() };
    let provenance = &judgement.provenance;
    let software = &provenance.software;
    let workload = judgement.drill.workload();
    let hash: String = provenance.file_hash.chars().take(DIGITS).collect();
    let size = provenance.database_bytes.map(|bytes| format!(", {} in all databases", human::bytes(bytes)));
    let rate =
        workload.rate.map_or_else(|| "as fast as the server commits".to_owned(), |rate| format!("{rate}/s"));
    let image = software.image.as_ref().map(|image| match &software.digest {
        Some(digest) => format!("{image}, {digest}"),
        None => image.clone(),
    });
    let settings: Vec<_> =
        provenance.settings.iter().map(|(name, value)| format!("{name} = '{value}'")).collect();
    let first_writes: Vec<_> = judgement
        .recoveries
        .iter()
        .filter_map(|recovery| Some(run.wall_clock(recovery.first_write?).to_string()))
        .collect();
    let mut rows = vec![("drill file", format!("{}, BLAKE3 {hash}…", provenance.file))];
    rows.extend(image.map(|image| ("image", image)));
    rows.extend(software.programs.clone().map(|programs| ("programs", programs)));
    rows.push(("dataset", format!("{}{}", judgement.drill.describe_content(), size.unwrap_or_default())));
    if workload.writers > 0 {
        let writers = human::counted(workload.writers.into(), "client", "clients");
        rows.push(("workload", format!("{writers}, {rate}, into {}", workload.table)));
    }
    rows.extend((!settings.is_empty()).then(|| ("settings", settings.join(", "))));
    rows.push(("began", run.wall_clock(began).to_string()));
    rows.extend(judgement.fault.as_ref().map(|fault| ("fault", run.wall_clock(fault.at).to_string())));
    rows.extend((!first_writes.is_empty()).then(|| ("first write", first_writes.join(", "))));
    rows
}
