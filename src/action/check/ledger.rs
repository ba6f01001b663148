//! Which of the clients' rows are there.

use super::{DrillContext, Recovery};
use crate::{
    action::workload::MARKER_TABLE,
    journal::{CheckFacts, WorkloadScan},
    lab::LabError,
    pg::quote::literal,
};

pub(super) async fn survey(context: &DrillContext, recovery: &Recovery) -> Result<CheckFacts, LabError> {
    let node = &recovery.node;
    // What is found is held against the ledger: one with a gap would make lost rows look fine, or good ones
    // look strange.
    context.workload()?.flush()?;
    let session = node.session(context.database().as_str()).await?;
    // The rows themselves are read, not an index, which might tell another story.
    let pins = "set enable_indexscan = off; set enable_indexonlyscan = off; set enable_bitmapscan = off; set \
        row_security = off";
    node.ask(session.run(pins).await, "prepare the survey")?;
    let live = context.workload()?.table();
    let mut survey = WorkloadScan { begun: context.now(), ..WorkloadScan::default() };
    for table in [live.quoted(), MARKER_TABLE.to_owned()] {
        let there = format!("select to_regclass({}) is not null", literal(&table));
        if node.ask(session.value(&there).await, "look for the clients' table")?.as_deref() != Some("t") {
            // Nothing of it was recovered: every row that was due in it is lost.
            continue;
        }
        let islands = format!(
            "with marked as (select writer, seq, note is distinct from {nonce} || '-' || writer || '-' || \
             seq as damaged from {table}), \
                  numbered as (select *, seq - dense_rank() over (partition by writer, damaged order by seq) \
                  as island from marked) \
             select writer, min(seq), max(seq), count(*), count(distinct seq), damaged::int \
             from numbered group by writer, damaged, island order by 1, 2",
            nonce = literal(&context.nonce),
        );
        for row in node.ask(session.rows(&islands).await, "survey the clients' rows")? {
            note_island(&mut survey, &row);
        }
    }
    survey.ended = context.now();
    Ok(CheckFacts::WorkloadScan(survey))
}

/// Puts an island into the survey: a writer, its first and last number, rows, numbers, and whether the rows
/// are damaged.
fn note_island(survey: &mut WorkloadScan, row: &[Option<String>]) {
    let field = |at: usize| row.get(at)?.as_deref()?.parse::<i64>().ok();
    let number = |at: usize| u64::try_from(field(at)?).ok();
    let rows = number(3).unwrap_or(1);
    let writer = field(0).and_then(|writer| u16::try_from(writer).ok());
    let (Some(writer), Some(first), Some(last), Some(numbers), Some(damaged)) =
        (writer, number(1), number(2), number(4), field(5))
    else {
        // Rows that no client could have written (of a negative number, say).
        survey.damaged += rows;
        return;
    };
    let found = survey.writers.entry(writer).or_default();
    found.present.extend(first, last);
    if damaged != 0 {
        found.damaged.extend(first, last);
    }
    found.duplicates += rows.saturating_sub(numbers);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn surveyed(islands: &[[&str; 6]]) -> WorkloadScan {
        let mut survey = WorkloadScan::default();
        islands.iter().for_each(|island| {
            note_island(&mut survey, &island.map(|field| (field != "NULL").then(|| field.to_owned())));
        });
        survey
    }

    #[test]
    fn islands_are_put_together_and_each_bad_row_is_noted_once() {
        let survey = surveyed(&[
            ["1", "1", "4", "4", "4", "0"],
            ["1", "5", "5", "1", "1", "1"],
            ["1", "6", "9", "5", "4", "0"],
            ["2", "3", "3", "1", "1", "1"],
        ]);
        let (one, two) = (&survey.writers[&1], &survey.writers[&2]);
        assert_eq!(
            (one.present.as_slice(), one.damaged.as_slice(), one.duplicates),
            ([(1, 9)].as_slice(), [(5, 5)].as_slice(), 1)
        );
        assert_eq!(
            (two.present.as_slice(), two.damaged.as_slice(), survey.damaged),
            ([(3, 3)].as_slice(), [(3, 3)].as_slice(), 0)
        );
    }

    #[test]
    fn rows_that_no_client_can_have_written_are_counted() {
        let survey = surveyed(&[
            ["-1", "1", "3", "3", "3", "1"],
            ["1", "-7", "-6", "2", "2", "1"],
            ["NULL", "1", "1", "1", "1", "1"],
        ]);
        assert_eq!((survey.damaged, survey.writers.len()), (6, 0));
    }
}
