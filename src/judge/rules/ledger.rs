//! The check `ledger`: the rows of the clients against what the clients were told.

use std::time::Duration;

use crate::human;
use crate::journal::WorkloadScan;
use crate::judge::{
    CommitAccounting, commit_accounting::Account, finding::Ruling, ledger_facts::LedgerFacts,
    recovery::CompletedRecovery, recovery_point::RecoveryPoint,
};

/// What the check says, how many commits it examined, and what became of them where that could be told.
pub(in crate::judge) struct Surveyed {
    pub(in crate::judge) ruling: Ruling,
    pub(in crate::judge) facts: u64,
    pub(in crate::judge) accounting: Option<CommitAccounting>,
}

/// Judges a survey about a recovery, or about the service before anything was recovered.
pub(in crate::judge) fn survey(
    recoveries: &[CompletedRecovery<'_>],
    ledger: Option<&LedgerFacts<'_>>,
    about: Option<usize>,
    survey: &WorkloadScan,
) -> Surveyed {
    let untold =
        |message: &str| Surveyed { ruling: Ruling::inconclusive(message), facts: 0, accounting: None };
    let (cut, account) = match ledger.and_then(|ledger| ledger.surveyed(survey)) {
        Some(Ok(surveyed)) => (&surveyed.cut, &surveyed.account),
        Some(Err(why)) => return untold(why),
        None => return untold("the ledger is missing"),
    };
    if let Some(writer) = account.gap {
        return untold(&format!(
            "the ledger is incomplete: entries of writer {writer} are missing or duplicated"
        ));
    }
    let recovery = recoveries.iter().find(|recovery| Some(recovery.step) == about);
    let switched = recovery.and_then(|recovery| recovery.recovered.switched);
    let discarded_time = account.discarded.map_or(Duration::ZERO, |(oldest, last)| {
        switched.map_or(last, |switched| switched.max(last)).since(oldest)
    });
    let accounting = CommitAccounting { discarded_time: Some(discarded_time), ..account.accounting.clone() };
    Surveyed { ruling: ruling(account, cut), facts: accounting.due, accounting: Some(accounting) }
}

fn ruling(account: &Account, cut: &RecoveryPoint) -> Ruling {
    let accounting = &account.accounting;
    let mut complaints = Vec::new();
    let mut fail = |number: u64, what: &str| {
        if number > 0 {
            complaints.push(Ruling::fail(what.replace("{}", &human::count_of(number, "commit"))));
        }
    };
    if accounting.unexpected > 0 {
        let rows = human::count_of(accounting.unexpected, "row");
        fail(1, &format!("{rows} unexpected: phantom, rolled back, duplicate or corrupt"));
    }
    fail(accounting.holes, "{} lost although a later commit of the same writer is present (hole)");
    fail(accounting.overshot, "{} present that were made after the recovery target");
    fail(account.lost_after, "{} acknowledged by the recovered server and missing");
    fail(account.lost_from_backup, "{} lost that were acknowledged before the backup began");
    if cut.is_target() {
        fail(
            accounting.lost - account.lost_beyond,
            "{} lost that were acknowledged before the recovery target",
        );
    }
    if accounting.due == account.lost_beyond {
        complaints.push(Ruling::inconclusive("no commit had to survive, so the check proves nothing"));
    }
    if cut.is_target() && account.beyond == 0 {
        complaints.push(Ruling::inconclusive(
            "no commit was made after the recovery target, so stopping there proves nothing",
        ));
    }
    Ruling::of(complaints, good(account, cut))
        .with(accounting.examples.iter().map(|example| format!("lost: {example}")).collect())
}

fn good(account: &Account, cut: &RecoveryPoint) -> String {
    let CommitAccounting { due, kept, lost, discarded, .. } = account.accounting;
    let mut message = match lost {
        0 => format!(
            "{} of {} present, none lost",
            human::count(kept),
            human::count_of(due, "acknowledged commit")
        ),
        _ => format!(
            "{} of {} present, {} lost at the end, no hole",
            human::count(kept),
            human::count_of(due, "acknowledged commit"),
            human::count(lost),
        ),
    };
    if cut.is_target() {
        message += &format!("; none of the {} made after the recovery target", human::count(account.beyond));
    }
    if account.lost_beyond > 0 {
        message += &format!(", {} of them made before the fault and lost", human::count(account.lost_beyond));
    }
    if discarded > 0 {
        message += &format!(
            "; {} after the recovery target discarded",
            human::count_of(discarded, "acknowledged commit")
        );
    }
    message
}

#[cfg(test)]
mod tests;
