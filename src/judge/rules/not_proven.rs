//! What an exercise does not prove, in sentences, so that nobody reads more into it than is there.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::judge::record::Record;
use crate::{
    drill::{Check, DatabaseName, Property, Recovery, TableName, Verb},
    human,
    journal::{CheckFacts, LeftOut},
    pg::setting,
};

/// The sentences that apply, in a stable order.
pub(in crate::judge) fn not_proven(record: &Record<'_>, contended_with: &[String]) -> Vec<String> {
    let drill = record.drill;
    let mut sentences = Vec::new();
    sentences.push(
        "All nodes ran on one machine: they shared its disk and cache, without a physical network \
        between them."
            .into(),
    );
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
    match drill.source() {
        Some(_) => restored_from(record, &mut sentences),
        None => rehearsed_on(record, &mut sentences),
    }
    let asked = drill.steps.iter().flat_map(|step| checks(&step.verb));
    let proven: BTreeSet<Property> = asked.flat_map(|check| check.info().proves).copied().collect();
    if proven.contains(&Property::Content) {
        content(record, proven.contains(&Property::Commits), &mut sentences);
    }
    // A backup of the user's holds no commit of Lifeboat's clients, and its copy is thrown away.
    let applies = |property: &Property| {
        drill.source().is_none() || !matches!(property, Property::Commits | Property::Protection)
    };
    let unproven = Property::ALL.iter().filter(|property| !proven.contains(property) && applies(property));
    sentences.extend(unproven.map(|property| property.unproven()));
    for (file, error) in &record.evidence_missing {
        sentences.push(format!("Evidence {file} could not be kept: {error}."));
    }
    sentences
}

fn checks(verb: &Verb) -> &[Check] {
    match verb {
        Verb::Check(checks) => checks,
        Verb::Backup(_)
        | Verb::Work(_)
        | Verb::RestorePoint(_)
        | Verb::Fault(_)
        | Verb::Arm(_)
        | Verb::Heal(_)
        | Verb::Recover(_)
        | Verb::Sql(_)
        | Verb::Exec(_) => &[],
    }
}

/// An `archive_timeout` below this is hardly anybody's in production.
const SHORT_TIMEOUT: Duration = Duration::from_secs(30);

/// What a restore test leaves open.
fn restored_from(record: &Record<'_>, sentences: &mut Vec<String>) {
    let facts = record.recoveries().find_map(|(_, _, facts)| facts.recovered?.1.source.as_deref());
    if let Some(others) = facts.map(|facts| facts.candidates.saturating_sub(1)).filter(|others| *others > 0) {
        sentences.push(format!(
            "Only this backup was restored: of {}, nothing but the place is known.",
            human::counted(others, "other backup", "other backups")
        ));
    }
    if facts.and_then(|facts| facts.taken.as_ref()).is_some_and(|taken| taken.by_file) {
        sentences.push(
            "The age of the backup is that of its file, which a copy makes younger: a date in its name would \
             tell more."
                .into(),
        );
    }
    if record.drill.backup_interval.is_none() {
        sentences.push(
            "No backup schedule is declared (`backup-interval`): what may be lost at worst is not known."
                .into(),
        );
    }
    sentences.push(
        "The service itself was not touched: how it fails over, and how clients find the restored server, \
         is not shown."
            .into(),
    );
}

/// What was smaller, nearer or younger here than where it matters.
fn rehearsed_on(record: &Record<'_>, sentences: &mut Vec<String>) {
    let drill = record.drill;
    let size = record.baseline.as_ref().and_then(|baseline| baseline.database_bytes);
    let size = size.map(|size| format!(", {}", human::bytes(size))).unwrap_or_default();
    sentences.push(format!(
        "The data is that of a rehearsal (dataset {}{size}), not of production: its times do not carry over \
         to another size.",
        drill.describe_content()
    ));
    let timeout = record.baseline.as_ref().and_then(|baseline| baseline.settings.get("archive_timeout"));
    let timeout = timeout.and_then(|timeout| setting::duration(timeout, Duration::from_secs(1)));
    if let Some(timeout) =
        timeout.filter(|timeout| drill.archive().is_some() && !timeout.is_zero() && *timeout < SHORT_TIMEOUT)
    {
        sentences.push(format!(
            "archive_timeout is {} here: what is lost and replayed with a longer one is not shown.",
            human::duration(timeout)
        ));
    }
    if drill.archive().is_some() {
        sentences.push(
            "The archive is a folder on the same machine: transfer to and from remote storage is \
            not part of any time."
                .into(),
        );
    }
    let backups: Vec<_> = record.steps.iter().filter_map(|facts| facts.backup).collect();
    let restored = record.recoveries().filter_map(|(_, recovery, facts)| match recovery {
        Recovery::Restore { from, .. } => {
            let backup = backups.iter().find(|backup| backup.label == *from)?;
            Some(facts.began?.since(backup.ended))
        }
        Recovery::Source { .. }
        | Recovery::Restart { .. }
        | Recovery::Promote { .. }
        | Recovery::Table { .. } => None,
    });
    if let Some(age) = restored.min() {
        sentences.push(format!(
            "The backup was taken by the drill itself, {} before it was restored: no backup from production \
             was restored.",
            human::duration(age)
        ));
    }
    let programs: BTreeSet<&str> =
        backups.iter().flat_map(|backup| backup.method.info().programs).copied().collect();
    if !programs.is_empty() {
        let programs: Vec<_> = programs.into_iter().collect();
        sentences.push(format!(
            "Backups were made with {}: another backup tool is not tested by this drill.",
            programs.join(", ")
        ));
    }
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
        sentences.push(if surveyed && *table == record.drill.workload().table {
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
        drill::{Check, Period, Property, Verb},
        journal::{Entry, ErrorChain, Event},
        judge::testing::*,
    };

    fn unproven(but: &[Property]) -> Vec<String> {
        let all = Property::ALL.iter().filter(|property| !but.contains(property));
        all.map(|property| property.unproven()).collect()
    }

    const ONE_MACHINE: &str = "All nodes ran on one machine: they shared its disk and cache, without a \
        physical network between them.";
    const SYNTHETIC: &str = "The data is that of a rehearsal (dataset shop at scale 1, 80.4 MiB), not of \
        production: its times do not carry over to another size.";
    const SHORT: &str =
        "archive_timeout is 2 s here: what is lost and replayed with a longer one is not shown.";
    const LOCAL: &str = "The archive is a folder on the same machine: transfer to and from remote storage is \
        not part of any time.";
    const TOOL: &str = "Backups were made with pg_basebackup, pg_verifybackup: another backup tool is not \
        tested by this drill.";

    #[test]
    fn what_no_check_proves_is_told_after_what_was_left_out() {
        let mut sentences: Vec<String> = [
            ONE_MACHINE,
            SYNTHETIC,
            SHORT,
            LOCAL,
            "The backup was taken by the drill itself, 4.1 s before it was restored: no backup from \
             production was restored.",
            TOOL,
            "shop.ticket was written to concurrently: it was verified by the ledger only.",
            "shop.cart was not compared: it is unlogged, and a recovery empties it by design.",
        ]
        .map(str::to_owned)
        .into();
        sentences.extend(unproven(&[Property::Commits, Property::Content, Property::Protection]));
        assert_eq!(Story::loss().judge().not_proven, sentences);
    }

    #[test]
    fn a_drill_that_asks_little_names_everything_that_it_does_not_prove() {
        let mut story = Story::table().drill(|drill| {
            drill.manual_time = Some(Period::from_secs(300));
            drill.steps[CHECKS].verb = Verb::Check(vec![Check::Reprotect]);
        });
        let event = Event::EvidenceMissing {
            file: "primary/server.log".into(),
            error: ErrorChain::message("the node is gone"),
        };
        story.entries.push(Entry { at: ms(9_999), exercise: Some(story.exercise.clone()), event });
        let manual = "The 5 min of manual work are declared, not measured.";
        let mut sentences: Vec<String> =
            [ONE_MACHINE, manual, SYNTHETIC, SHORT, LOCAL, TOOL].map(str::to_owned).into();
        sentences.extend(unproven(&[Property::Protection]));
        sentences.push("Evidence primary/server.log could not be kept: the node is gone.".into());
        assert_eq!(story.judge().not_proven, sentences);
    }

    #[test]
    fn each_check_proves_something_of_its_own_or_nothing_of_the_whole() {
        let proven = [Check::Ledger, Check::Content, Check::Reprotect].map(|check| check.info().proves);
        assert_eq!(proven, [[Property::Commits].as_slice(), &[Property::Content], &[Property::Protection]]);
    }
}
