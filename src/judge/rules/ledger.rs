//! The check `ledger`: the rows of the clients against what the clients were told.

use std::time::Duration;

use crate::human;
use crate::journal::{CheckFacts, Ledger, Moment, WorkloadScan};
use crate::judge::{
    CommitAccounting,
    commit_accounting::{Account, Question, account},
    commit_sides::CommitSides,
    finding::Ruling,
    record::Record,
    recovery::CompletedRecovery,
    recovery_point::RecoveryPoint,
};

/// The size of a WAL segment where initdb was not told another.
const SEGMENT_SIZE: u64 = 16 << 20;

/// What the check says, how many commits it examined, and what became of them where that could be told.
pub(in crate::judge) struct Surveyed {
    pub(in crate::judge) ruling: Ruling,
    pub(in crate::judge) facts: u64,
    pub(in crate::judge) accounting: Option<CommitAccounting>,
}

/// Judges a survey about a recovery, or about the service before anything was recovered.
pub(in crate::judge) fn survey(
    record: &Record<'_>,
    attempts: &[CompletedRecovery<'_>],
    ledger: Option<&dyn Ledger>,
    about: Option<usize>,
    survey: &WorkloadScan,
) -> Surveyed {
    let untold =
        |message: &str| Surveyed { ruling: Ruling::inconclusive(message), facts: 0, accounting: None };
    let Some(ledger) = ledger else { return untold("the ledger is missing") };
    let attempt = match about {
        Some(step) => match attempts.iter().find(|attempt| attempt.step == step) {
            Some(attempt) => Some(attempt),
            None => return untold("the recovery under check did not complete"),
        },
        None => None,
    };
    let cut = match attempt
        .map_or(Ok(RecoveryPoint::end(survey.begun)), |attempt| RecoveryPoint::of(record, attempt, ledger))
    {
        Ok(cut) => cut,
        Err(why) => return untold(&why),
    };
    let mut account = account(ledger, &question(record, attempts, attempt, ledger, survey, cut));
    let switched = attempt.and_then(|attempt| attempt.recovered.switched);
    account.accounting.discarded_time = Some(account.discarded.map_or(Duration::ZERO, |(oldest, last)| {
        switched.map_or(last, |switched| switched.max(last)).since(oldest)
    }));
    if let Some(writer) = account.gap {
        return untold(&format!(
            "the ledger is incomplete: entries of writer {writer} are missing or duplicated"
        ));
    }
    let facts = account.accounting.due;
    Surveyed { ruling: ruling(&account, &cut), facts, accounting: Some(account.accounting) }
}

fn question<'a>(
    record: &Record<'a>,
    attempts: &[CompletedRecovery<'a>],
    attempt: Option<&CompletedRecovery<'a>>,
    ledger: &dyn Ledger,
    survey: &'a WorkloadScan,
    cut: RecoveryPoint,
) -> Question<'a> {
    Question {
        survey,
        cut,
        paths: CommitSides::of(record, attempt, ledger.sessions()),
        recovery_began: attempt.map_or(Moment(u64::MAX), |attempt| attempt.began),
        epoch: record.started.as_ref().map_or(Moment(0), |started| started.at),
        backup_began: attempt.and_then(|attempt| attempt.backup).map(|backup| backup.begun),
        earlier: attempt.and_then(|attempt| earlier(record, attempts, attempt)),
        segment_size: record.baseline.as_ref().map_or(SEGMENT_SIZE, |baseline| baseline.segment_size),
        serves: attempt.is_none_or(|attempt| attempt.recovered.serves),
    }
}

/// The latest survey of a recovery that served before this one.
fn earlier<'a>(
    record: &Record<'a>,
    attempts: &[CompletedRecovery<'a>],
    attempt: &CompletedRecovery<'a>,
) -> Option<&'a WorkloadScan> {
    let served = |step: usize| {
        attempts.iter().any(|other| other.step == step && other.recovered.serves && other.step < attempt.step)
    };
    let mut surveys =
        record.steps.iter().flat_map(|facts| &facts.checked).filter_map(|checked| match checked.facts {
            CheckFacts::WorkloadScan(survey)
                if checked.about.is_some_and(served) && survey.ended <= attempt.began =>
            {
                Some(survey)
            }
            _ => None,
        });
    surveys.next_back()
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
