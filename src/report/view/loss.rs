//! What became of the commits, in sentences.

use crate::{
    judge::{RecoveryJudgement, Survival, Work},
    report::human,
};

/// What became of the commits of one recovery.
pub(super) fn sentences(recovery: &RecoveryJudgement) -> Vec<String> {
    let Some(survival) = &recovery.survival else {
        return vec!["The workload's rows were not surveyed after this recovery, so nothing is known of what was lost.".into()];
    };
    let mut said = vec![kept(survival)];
    if survival.discarded > 0 {
        said.push(format!(
            "{} made after the point that was recovered {} given up, as a recovery to an earlier point must.",
            human::counted(survival.discarded, "good commit", "good commits"),
            were(survival.discarded),
        ));
    }
    match survival.indeterminate_present.saturating_add(survival.indeterminate_absent) {
        0 => {}
        all => said.push(format!(
            "Of {} that got no answer, {} {} there and {} {} not; either is right.",
            human::counted(all, "commit", "commits"),
            human::count(survival.indeterminate_present),
            are(survival.indeterminate_present),
            human::count(survival.indeterminate_absent),
            are(survival.indeterminate_absent),
        )),
    }
    said
}

fn kept(survival: &Survival) -> String {
    let due = human::counted(survival.due, "acknowledged commit", "acknowledged commits");
    match (survival.due, survival.lost) {
        (0, 0) => "No acknowledged commit had to survive.".into(),
        (1, 0) => "The only acknowledged commit that had to survive is there.".into(),
        (_, 0) => format!("All {due} that had to survive are there."),
        (_, lost) => format!(
            "Of {due} that had to survive, {} {} lost: {} of work, {} of WAL.",
            human::count(lost),
            are(lost),
            survival.rpo.map_or_else(|| "an unknown time".into(), human::duration),
            human::bytes(survival.wal_bytes),
        ),
    }
}

/// What no objective allows.
pub(super) fn alarms(recovery: &RecoveryJudgement) -> Vec<String> {
    let mut said = Vec::new();
    let Some(survival) = &recovery.survival else {
        return said;
    };
    if survival.holes > 0 {
        let lost = human::counted(survival.holes, "lost commit has", "lost commits have");
        said.push(format!("Corruption: {lost} a later commit of the same writer present."));
    }
    if survival.unexpected > 0 {
        let rows = human::counted(survival.unexpected, "row is", "rows are");
        said.push(format!(
            "Corruption: {rows} there that nobody committed, or twice, or with another content."
        ));
    }
    if survival.overshot > 0 {
        let commits = human::counted(survival.overshot, "commit is", "commits are");
        said.push(format!("Replay went too far: {commits} there that came after the target."));
    }
    said
}

/// What the clients did, in sentences.
pub(super) fn work(work: &Work) -> Vec<String> {
    let mut said = vec![format!(
        "The clients were told of {}; {} got no answer and {} {} refused.",
        human::counted(work.acknowledged, "durable commit", "durable commits"),
        human::count(work.indeterminate),
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
