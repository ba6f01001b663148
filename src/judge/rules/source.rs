//! Whether the backup that a restore test restored is the one that its owner counts on: its cluster, its age,
//! its size, and what its tool said.

use std::time::Duration;

use crate::judge::{
    BackupQuestion, Finding, Subject, examined, finding::Ruling, record::Record, recovery::CompletedRecovery,
};
use crate::{
    drill::{Period, Source},
    human,
    journal::{DatedBy, Examined, SourceFacts},
};

/// The findings on the backup of a restore test; none for another drill.
pub(in crate::judge) fn findings(record: &Record<'_>, attempts: &[CompletedRecovery<'_>]) -> Vec<Finding> {
    let Some(declared) = record.drill.source() else { return Vec::new() };
    let facts = attempts.iter().find_map(|attempt| attempt.recovered.source.as_deref());
    let mut rulings: Vec<(BackupQuestion, Ruling)> = Vec::new();
    let known = |rule: &dyn Fn(&SourceFacts) -> Ruling| match facts {
        Some(facts) => rule(facts),
        None => Ruling::follows("the backup was not restored"),
    };
    if let Some(limit) = declared.max_age {
        rulings.push((BackupQuestion::Age, known(&|facts| age(facts, limit))));
    }
    if let Some(least) = declared.min_size {
        rulings.push((BackupQuestion::Size, known(&|facts| size(facts, least))));
    }
    rulings.push((BackupQuestion::Messages, known(&messages)));
    rulings.push((BackupQuestion::Rows, known(&rows)));
    let about = |(question, ruling): (BackupQuestion, Ruling)| {
        ruling.about(Subject::Backup { question }, question.name(), None)
    };
    rulings.into_iter().map(about).collect()
}

/// Whether the restored server is that of the backup.
pub(in crate::judge) fn identity(attempt: &CompletedRecovery<'_>, declared: Option<&Source>) -> Ruling {
    let recovered = attempt.recovered;
    let (Some(facts), Some(declared)) = (&recovered.source, declared) else {
        return Ruling::inconclusive("the journal does not tell which backup was restored");
    };
    let mut complaints = Vec::new();
    if declared.kind.is_some_and(|kind| kind != facts.kind) {
        complaints.push(Ruling::fail(format!("restored {}, which is {}", facts.name, facts.kind.describe())));
    }
    let mut verified = vec![facts.form.clone(), format!("`{}`", facts.name)];
    verified.extend(facts.hash.iter().map(|hash| {
        let digits: String = hash.chars().take(12).collect();
        format!("BLAKE3 {digits}…")
    }));
    Ruling::of(complaints, format!("restored {}", verified.join(", ")))
}

fn age(facts: &SourceFacts, limit: Period) -> Ruling {
    let Some(taken) = &facts.taken else {
        return Ruling::inconclusive("nothing tells when the backup was taken");
    };
    let (age, limit) = (facts.age(taken), limit.duration());
    let said = format!("{}, at most {}", told(facts, taken), human::duration(limit));
    if age > limit { Ruling::fail(format!("the backup is too old: {said}")) } else { Ruling::pass(said) }
}

/// `taken 3 h before the restore, by the modification time of its file`.
fn told(facts: &SourceFacts, taken: &DatedBy) -> String {
    format!("taken {} before the restore, by {}", human::duration(facts.age(taken)), taken.basis)
}

fn size(facts: &SourceFacts, least: u64) -> Ruling {
    let said = format!("{}, at least {}", human::bytes(facts.bytes), human::bytes(least));
    if facts.bytes < least {
        Ruling::fail(format!("the backup is too small: {said}"))
    } else {
        Ruling::pass(said)
    }
}

/// A backup of nothing restores without an error, and proves nothing.
fn rows(facts: &SourceFacts) -> Ruling {
    if facts.tables_with_rows == 0 {
        Ruling::fail("no table of a user holds a row: this is a backup of nothing")
    } else {
        Ruling::pass(human::counted(facts.tables_with_rows, "table holds rows", "tables hold rows"))
    }
}

/// What a tool says counts, whatever its exit code was.
fn messages(facts: &SourceFacts) -> Ruling {
    let examined = Examined { examined: 1, complaints: facts.messages.clone() };
    let (mut ruling, _) = examined::ruling(&examined);
    if facts.messages.is_empty() {
        ruling.message = "its tool reported no error".into();
    } else if ruling.verdict == crate::judge::Verdict::Pass {
        ruling.message = "its tool reported nothing that is a loss".into();
    }
    ruling
}

/// How much is lost with the source where only this backup is left: the age of its newest commit.
pub(in crate::judge) fn loss(facts: &SourceFacts) -> Option<Duration> {
    facts.newest.as_ref().map(|newest| facts.age(newest))
}
