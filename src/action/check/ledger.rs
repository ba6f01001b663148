//! Which of the clients' rows are there.

use super::{Recovery, Stage};
use crate::{
    action::workload::MARKER_TABLE,
    journal::{CheckFacts, Ranges, Survey},
    lab::LabError,
    pg::quote::literal,
};

pub(super) async fn survey(stage: &Stage, recovery: &Recovery) -> Result<CheckFacts, LabError> {
    let node = &recovery.node;
    // What is found is held against the ledger: one with a gap would make lost rows look fine, or good ones look strange.
    stage.workload()?.flush()?;
    let session = node.session(stage.database()).await?;
    // The rows themselves are read, not an index, which might tell another story.
    let pins = "set enable_indexscan = off; set enable_indexonlyscan = off; set enable_bitmapscan = off; set row_security = off";
    node.ask(session.run(pins).await, "prepare the survey")?;
    let live = stage.workload()?.table();
    let mut survey = Survey { begun: stage.now(), ..Survey::default() };
    for table in [live.quoted(), MARKER_TABLE.to_owned()] {
        let there = format!("select to_regclass({}) is not null", literal(&table));
        if node.ask(session.value(&there).await, "look for the clients' table")?.as_deref() != Some("t") {
            // Nothing of it was recovered: every row that was due in it is lost.
            continue;
        }
        let islands = format!(
            "with numbered as (select writer, seq, note, seq - dense_rank() over (partition by writer order by seq) as island from {table}) \
             select writer, min(seq), max(seq), count(*) - count(distinct seq), \
                    count(*) filter (where note is distinct from {nonce} || '-' || writer || '-' || seq) \
             from numbered group by writer, island order by 1, 2",
            nonce = literal(&stage.nonce),
        );
        for row in node.ask(session.rows(&islands).await, "survey the clients' rows")? {
            let numbers: Option<Vec<u64>> = row.iter().map(|field| field.as_deref()?.parse().ok()).collect();
            let Some(&[writer, first, last, duplicates, damaged]) = numbers.as_deref() else {
                // A row that no client could have written (a negative number, say).
                survey.damaged += 1;
                continue;
            };
            let Ok(writer) = u16::try_from(writer) else {
                survey.damaged += last - first + 1;
                continue;
            };
            let found = survey.writers.entry(writer).or_default();
            let mut ranges: Vec<(u64, u64)> = std::mem::replace(&mut found.present, Ranges::new()).into();
            ranges.push((first, last));
            found.present = ranges.into();
            found.duplicates += duplicates;
            survey.damaged += damaged;
        }
    }
    survey.ended = stage.now();
    Ok(CheckFacts::Survey(survey))
}
