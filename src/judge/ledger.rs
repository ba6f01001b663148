//! The check `ledger`: the rows of the clients against what the clients were told.

use std::collections::BTreeMap;

use super::{
    Survival,
    cut::Cut,
    finding::Ruling,
    place::Places,
    record::Record,
    recovery::Attempt,
    survival::{Account, Question, account},
    text::count,
};
use crate::journal::{CheckFacts, Ledger, Moment, Survey};

/// What the check says, how many commits it examined, and what became of them where that could be told.
pub(super) struct Surveyed {
    pub(super) ruling: Ruling,
    pub(super) facts: u64,
    pub(super) survival: Option<Survival>,
}

/// Judges a survey about a recovery, or about the service before anything was recovered.
pub(super) fn survey(
    record: &Record<'_>,
    attempts: &[Attempt<'_>],
    ledger: Option<&Ledger>,
    about: Option<usize>,
    survey: &Survey,
) -> Surveyed {
    let untold = |message: &str| Surveyed { ruling: Ruling::inconclusive(message), facts: 0, survival: None };
    let Some(ledger) = ledger else { return untold("the ledger is missing") };
    if let Some(writer) = gap(ledger) {
        return untold(&format!("the ledger is not whole: lines of writer {writer} are missing or doubled"));
    }
    let attempt = match about {
        Some(step) => match attempts.iter().find(|attempt| attempt.step == step) {
            Some(attempt) => Some(attempt),
            None => return untold("the recovery that it asks about did not reach its end"),
        },
        None => None,
    };
    let cut = match attempt.map_or(Ok(Cut::end(survey.begun)), |attempt| Cut::of(record, attempt, ledger)) {
        Ok(cut) => cut,
        Err(why) => return untold(&why),
    };
    let account = account(ledger, &question(record, attempts, attempt, ledger, survey, cut));
    let facts = account.survival.due;
    Surveyed { ruling: ruling(&account, &cut), facts, survival: Some(account.survival) }
}

/// A writer whose numbers don't go from 1 on without a gap: each attempt is written down once, under the next number.
fn gap(ledger: &Ledger) -> Option<u16> {
    let mut writers: BTreeMap<u16, (u32, u32)> = BTreeMap::new();
    for commit in &ledger.commits {
        let (lines, last) = writers.entry(commit.writer).or_default();
        (*lines, *last) = (lines.saturating_add(1), commit.seq.max(*last));
    }
    writers.into_iter().find(|(_, (lines, last))| lines != last).map(|(writer, _)| writer)
}

fn question<'a>(
    record: &Record<'a>,
    attempts: &[Attempt<'a>],
    attempt: Option<&Attempt<'a>>,
    ledger: &Ledger,
    survey: &'a Survey,
    cut: Cut,
) -> Question<'a> {
    Question {
        survey,
        cut,
        places: attempt.map_or_else(Places::undivided, |attempt| Places::of(attempt, &ledger.sessions)),
        recovery_began: attempt.map_or(Moment(u64::MAX), |attempt| attempt.began),
        epoch: record.started.as_ref().map_or(Moment(0), |started| started.at),
        backup_began: attempt.and_then(|attempt| attempt.backup).map(|backup| backup.begun),
        earlier: attempt.and_then(|attempt| earlier(record, attempts, attempt)),
        serves: attempt.is_none_or(|attempt| attempt.recovered.serves),
    }
}

/// The latest survey of a recovery that served before this one.
fn earlier<'a>(record: &Record<'a>, attempts: &[Attempt<'a>], attempt: &Attempt<'a>) -> Option<&'a Survey> {
    let served = |step: usize| {
        attempts.iter().any(|other| other.step == step && other.recovered.serves && other.step < attempt.step)
    };
    let mut surveys =
        record.steps.iter().flat_map(|facts| &facts.checked).filter_map(|checked| match checked.facts {
            CheckFacts::Survey(survey)
                if checked.about.is_some_and(served) && survey.ended <= attempt.began =>
            {
                Some(survey)
            }
            _ => None,
        });
    surveys.next_back()
}

fn ruling(account: &Account, cut: &Cut) -> Ruling {
    let survival = &account.survival;
    let mut complaints = Vec::new();
    let mut fail = |number: u64, what: &str| {
        if number > 0 {
            complaints.push(Ruling::fail(what.replace("{}", &count(number, "commit"))));
        }
    };
    if survival.unexpected > 0 {
        let rows = count(survival.unexpected, "row");
        fail(1, &format!("{rows} that nobody committed like that: invented, refused, doubled or damaged"));
    }
    fail(survival.holes, "{} lost although a later one of the same writer is there");
    fail(survival.overshot, "{} there that had to be absent, made after the point of recovery");
    fail(account.lost_after, "{} acknowledged by the recovered server and gone");
    fail(account.lost_from_backup, "{} lost that were acknowledged before the backup began");
    if cut.is_target() {
        fail(survival.lost - account.lost_beyond, "{} lost from before the recovery target");
    }
    if survival.due == account.lost_beyond {
        complaints.push(Ruling::inconclusive(
            "nothing was committed that had to be kept, so keeping it proves nothing",
        ));
    }
    if cut.is_target() && account.beyond == 0 {
        complaints.push(Ruling::inconclusive(
            "nothing was committed after the target, so stopping there proves nothing",
        ));
    }
    Ruling::of(complaints, good(account, cut))
        .with(survival.examples.iter().map(|example| format!("lost: {example}")).collect())
}

fn good(account: &Account, cut: &Cut) -> String {
    let Survival { due, kept, lost, discarded, .. } = account.survival;
    let mut message = match lost {
        0 => format!("{} of {} there, none lost", kept, count(due, "acknowledged commit")),
        _ => format!(
            "{} of {} there, {lost} lost from the end, no hole",
            kept,
            count(due, "acknowledged commit")
        ),
    };
    if cut.is_target() {
        message += &format!("; none of the {} made after the target", account.beyond);
    }
    if account.lost_beyond > 0 {
        message += &format!(", of which {} were made before the fault and are lost", account.lost_beyond);
    }
    if discarded > 0 {
        message += &format!("; {discarded} good ones given up");
    }
    message
}

#[cfg(test)]
mod tests;
