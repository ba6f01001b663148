//! What became of the commits, in sentences.

use crate::{
    judge::{CommitAccounting, RecoveryJudgement, Work},
    report::human,
};

/// What became of the commits of one recovery.
pub(super) fn sentences(recovery: &RecoveryJudgement) -> Vec<String> {
    let Some(accounting) = &recovery.accounting else {
        return vec!["The workload's rows were not surveyed after this recovery, so nothing is known of what was lost.".into()];
    };
    let mut said = vec![kept(accounting)];
    if accounting.discarded > 0 {
        said.push(format!(
            "{} made after the point that was recovered {} given up, as a recovery to an earlier point must.",
            human::counted(accounting.discarded, "good commit", "good commits"),
            were(accounting.discarded),
        ));
    }
    match accounting.in_doubt_present.saturating_add(accounting.in_doubt_absent) {
        0 => {}
        all => said.push(format!(
            "Of {} that got no answer, {} {} there and {} {} not; either is right.",
            human::counted(all, "commit", "commits"),
            human::count(accounting.in_doubt_present),
            are(accounting.in_doubt_present),
            human::count(accounting.in_doubt_absent),
            are(accounting.in_doubt_absent),
        )),
    }
    said
}

fn kept(accounting: &CommitAccounting) -> String {
    let due = human::counted(accounting.due, "acknowledged commit", "acknowledged commits");
    match (accounting.due, accounting.lost) {
        (0, 0) => "No acknowledged commit had to survive.".into(),
        (1, 0) => "The only acknowledged commit that had to survive is there.".into(),
        (_, 0) => format!("All {due} that had to survive are there."),
        (_, lost) => format!(
            "Of {due} that had to survive, {} {} lost: {} of work, {} of WAL.",
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
        said.push(format!("Corruption: {lost} a later commit of the same writer present."));
    }
    if accounting.unexpected > 0 {
        let rows = human::counted(accounting.unexpected, "row is", "rows are");
        said.push(format!(
            "Corruption: {rows} there that nobody committed, or twice, or with another content."
        ));
    }
    if accounting.overshot > 0 {
        let commits = human::counted(accounting.overshot, "commit is", "commits are");
        said.push(format!("Replay went too far: {commits} there that came after the target."));
    }
    said
}

/// What the clients did, in sentences.
pub(super) fn work(work: &Work) -> Vec<String> {
    let mut said = vec![format!(
        "The clients were told of {}; {} got no answer and {} {} refused.",
        human::counted(work.acknowledged, "durable commit", "durable commits"),
        human::count(work.in_doubt),
        human::count(work.failed),
        were(work.failed),
    )];
    if let Some(outage) = work.longest_outage {
        said.push(format!(
            "The longest time without an acknowledged commit was {}.",
            human::duration(outage)
        ));
    }
    said
}

const fn are(number: u64) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

const fn were(number: u64) -> &'static str {
    if number == 1 { "was" } else { "were" }
}
