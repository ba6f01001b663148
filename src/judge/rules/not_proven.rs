//! What an exercise does not prove, in sentences, so that nobody reads more into it than is there.

use std::collections::{BTreeMap, BTreeSet};

use crate::judge::record::Record;
use crate::{
    drill::{BackupMethod, Check, DatabaseName, Drill, Recovery, TableName, Verb},
    human,
    journal::{CheckFacts, LeftOut},
};

/// The sentences that apply, in a stable order.
pub(in crate::judge) fn not_proven(record: &Record<'_>, contended_with: &[String]) -> Vec<String> {
    let drill = record.drill;
    let asks = |check: Check| record.asked(|asked| *asked == check);
    let mut sentences = Vec::new();
    sentences.push("All nodes ran on one machine: they shared its disk and cache, without a physical network between them.".into());
    if !contended_with.is_empty() {
        sentences.push(format!(
            "Recovery times were measured while {} ran on the same machine.",
            contended_with.join(", ")
        ));
    }
    if let Some(time) = drill.manual_time {
        sentences.push(format!(
            "The {} of manual work are declared, not measured.",
            human::duration(time.duration())
        ));
    }
    if !asks(Check::Ledger) {
        sentences.push("Client commits were not verified: the drill has no ledger check.".into());
    }
    if asks(Check::Content) {
        content(record, asks(Check::Ledger), &mut sentences);
        if recovers_by_wal(drill) {
            sentences.push("Sequences were not compared: they may be ahead by up to 32 values after a recovery, which is expected.".into());
        }
    } else {
        sentences.push("Table content was not compared: the drill has no content check.".into());
    }
    sentences.push("Indexes were not verified against their tables.".into());
    if !asks(Check::Reprotect) {
        sentences.push("Whether the recovered server can be backed up again was not tested: the drill has no reprotect check.".into());
    }
    for (file, error) in &record.evidence_missing {
        sentences.push(format!("Evidence {file} could not be kept: {error}."));
    }
    sentences
}

fn recovers_by_wal(drill: &Drill) -> bool {
    drill.steps.iter().any(|step| match &step.verb {
        Verb::Recover(Recovery::Restore { from, .. }) => {
            drill.backup(from).is_some_and(|backup| backup.method == BackupMethod::Basebackup)
        }
        Verb::Recover(Recovery::Restart { .. } | Recovery::Promote { .. }) => true,
        Verb::Recover(Recovery::Table { .. })
        | Verb::Backup(_)
        | Verb::Work(_)
        | Verb::RestorePoint(_)
        | Verb::Fault(_)
        | Verb::Heal(_)
        | Verb::Check(_) => false,
    })
}

fn content(record: &Record<'_>, surveyed: bool, sentences: &mut Vec<String>) {
    let mut left_out: BTreeMap<(&DatabaseName, &TableName), &LeftOut> = BTreeMap::new();
    let mut live = BTreeSet::new();
    let mut not_covered = BTreeMap::new();
    for checked in record.steps.iter().flat_map(|facts| &facts.checked) {
        let CheckFacts::Content { exact, before, after, .. } = checked.facts else { continue };
        for print in [before, after] {
            not_covered.extend(&print.not_covered);
            for (name, database) in &print.databases {
                left_out.extend(database.left_out.iter().map(|(table, why)| ((name, table), why)));
                let is_live = database.tables.iter().filter(|(_, table)| !exact && table.live);
                live.extend(is_live.map(|(table, _)| table));
            }
        }
    }
    for table in live {
        sentences.push(if surveyed && *table == record.drill.workload.table {
            format!("{table} was written to concurrently: it was verified by the ledger only.")
        } else {
            format!("{table} was written to concurrently: it was not compared.")
        });
    }
    let several = left_out.keys().map(|(database, _)| database).collect::<BTreeSet<_>>().len() > 1;
    for ((database, table), reason) in left_out {
        let place = if several { format!(" of database {}", database.as_str()) } else { String::new() };
        let reason = reason.describe();
        sentences.push(format!("{table}{place} was not compared: {}.", reason.trim_end_matches('.')));
    }
    for (database, reason) in not_covered {
        sentences.push(format!("Database {} was not compared: {reason}.", database.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        drill::{Check, Period, Verb},
        journal::{Entry, ErrorChain, Event},
        judge::testing::*,
    };

    #[test]
    fn what_was_left_out_is_told() {
        let sentences = [
            "All nodes ran on one machine: they shared its disk and cache, without a physical network between them.",
            "shop.ticket was written to concurrently: it was verified by the ledger only.",
            "shop.cart was not compared: it is unlogged, and a recovery empties it by design.",
            "Sequences were not compared: they may be ahead by up to 32 values after a recovery, which is expected.",
            "Indexes were not verified against their tables.",
        ];
        assert_eq!(Story::loss().judge().not_proven, sentences);
    }

    #[test]
    fn what_was_not_asked_is_told() {
        let mut story = Story::table().drill(|drill| {
            drill.manual_time = Some(Period::from_secs(300));
            drill.steps[CHECKS].verb = Verb::Check(vec![Check::Reprotect]);
        });
        let event = Event::EvidenceMissing {
            file: "primary/server.log".into(),
            error: ErrorChain::message("the node is gone"),
        };
        story.entries.push(Entry { at: ms(9_999), exercise: Some(story.exercise.clone()), event });
        let sentences = [
            "All nodes ran on one machine: they shared its disk and cache, without a physical network between them.",
            "The 5 min of manual work are declared, not measured.",
            "Client commits were not verified: the drill has no ledger check.",
            "Table content was not compared: the drill has no content check.",
            "Indexes were not verified against their tables.",
            "Evidence primary/server.log could not be kept: the node is gone.",
        ];
        assert_eq!(story.judge().not_proven, sentences);
    }
}
