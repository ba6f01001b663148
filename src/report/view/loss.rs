//! What became of the commits, in sentences.

use crate::{
    human,
    journal::{Refusals, SourceFacts},
    judge::{CommitAccounting, RecoveryJudgement, Work},
};

/// What became of the commits of one recovery.
pub(super) fn sentences(recovery: &RecoveryJudgement) -> Vec<String> {
    if let Some(source) = &recovery.recovered.source {
        return vec![of_source(source)];
    }
    let Some(accounting) = &recovery.accounting else {
        return vec!["Client commits were not verified after this recovery, so the loss is unknown.".into()];
    };
    let mut said = vec![kept(accounting)];
    if accounting.discarded > 0 {
        said.push(format!(
            "{} after the recovery target {} discarded (inherent in a recovery to an earlier point).",
            human::count_of(accounting.discarded, "acknowledged commit"),
            were(accounting.discarded),
        ));
    }
    match accounting.in_doubt_present.saturating_add(accounting.in_doubt_absent) {
        0 => {}
        all => said.push(format!(
            "{} (no acknowledgement received): {} present, {} absent; both are acceptable.",
            human::count_of(all, "in-doubt commit"),
            human::count(accounting.in_doubt_present),
            human::count(accounting.in_doubt_absent),
        )),
    }
    said
}

fn kept(accounting: &CommitAccounting) -> String {
    let due = human::counted(accounting.due, "acknowledged commit", "acknowledged commits");
    match (accounting.due, accounting.lost) {
        (0, 0) => "No acknowledged commit had to survive.".into(),
        (1, 0) => "The only acknowledged commit that had to survive is present.".into(),
        (_, 0) => format!("All {due} that had to survive are present."),
        (_, lost) => format!(
            "Of {due} that had to survive, {} {} lost: RPO {}, {} of WAL.",
            human::count(lost),
            are(lost),
            accounting.rpo.map_or_else(|| "an unknown time".into(), human::duration),
            human::bytes(accounting.wal_bytes),
        ),
    }
}

/// What no objective allows.
pub(super) fn alarms(recovery: &RecoveryJudgement) -> Vec<String> {
    let mut said = Vec::new();
    let Some(accounting) = &recovery.accounting else {
        return said;
    };
    if accounting.holes > 0 {
        let lost = human::counted(accounting.holes, "lost commit has", "lost commits have");
        said.push(format!("Corruption (hole): {lost} a later commit of the same writer present."));
    }
    if accounting.unexpected > 0 {
        let rows = human::counted(accounting.unexpected, "row is", "rows are");
        said.push(format!("Corruption: {rows} phantom, rolled back, duplicate or changed."));
    }
    if accounting.overshot > 0 {
        let commits = human::counted(accounting.overshot, "commit is", "commits are");
        said.push(format!("Replay passed the recovery target: {commits} present that came after it."));
    }
    said
}

/// What would be lost with the source, where only this backup is left.
fn of_source(source: &SourceFacts) -> String {
    match &source.newest {
        Some(newest) => format!(
            "The newest commit in the backup was at least {} old when the restore began (estimated by {}; it \
             holds what was committed when it was begun): what was committed since is lost with the source.",
            human::duration(source.age(newest)),
            newest.basis
        ),
        None => "Nothing tells how old the newest commit in the backup is.".into(),
    }
}

/// What the clients did, in sentences.
pub(super) fn work(work: &Work, reads: Option<u64>) -> Vec<String> {
    if *work == Work::default() {
        return Vec::new();
    }
    let mut said = vec![format!(
        "Workload: {}, {} in-doubt, {} refused.",
        human::count_of(work.acknowledged, "acknowledged commit"),
        human::count(work.in_doubt),
        human::count(work.failed),
    )];
    if let Some(reads) = reads {
        said.push(format!("Transactions that only read: {}.", human::count(reads)));
    }
    for Refusals { state, count, words } in &work.refusals {
        said.push(format!(
            "Refused by a server that went on: {} × {words} (SQLSTATE {state}).",
            human::count(*count)
        ));
    }
    if let Some(outage) = work.longest_outage {
        said.push(format!("Longest gap between acknowledged commits: {}.", human::duration(outage)));
    }
    said
}

const fn are(number: u64) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

const fn were(number: u64) -> &'static str {
    if number == 1 { "was" } else { "were" }
}
