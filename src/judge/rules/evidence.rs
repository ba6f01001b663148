//! The journal and the files of evidence are what was written.

use crate::{
    journal::Damage,
    judge::{finding::Ruling, record::Record},
};

/// Inconclusive where a line or a file is not what was written: what it told can't be relied on, for better
/// or worse.
pub(in crate::judge) fn ruling(record: &Record<'_>, damage: &[Damage]) -> Ruling {
    let complaints = damage.iter().map(|damage| Ruling::inconclusive(damage.to_string())).collect();
    let files = match record.evidence.len() {
        0 => "no file of evidence was kept".to_owned(),
        1 => "1 file of evidence".to_owned(),
        files => format!("{files} files of evidence"),
    };
    let agrees = if record.evidence.values().all(|file| file.hash.is_some()) {
        "content"
    } else {
        "size alone, by the first format of the journal,"
    };
    Ruling::of(complaints, format!("the journal and {files}: the {agrees} is what was written"))
}

#[cfg(test)]
mod tests {
    use crate::{
        journal::{Damage, JOURNAL, LEDGER_FILE},
        judge::{Verdict, judge, testing::*},
    };

    fn judged(damage: &[Damage]) -> (Option<Verdict>, String, Option<std::time::Duration>) {
        let story = Story::loss();
        let judged = judge(&story.exercise, &story.entries, damage, Some(&story.ledger)).expect("a journal");
        let finding = judged.findings.iter().find(|finding| finding.name == "evidence").expect("a finding");
        (judged.verdict, finding.message.clone(), judged.rpo)
    }

    #[test]
    fn a_file_that_is_not_what_was_written_makes_its_exercise_inconclusive() {
        assert_eq!(judged(&[]).0, Some(Verdict::Pass));
        let file = "evidence/recovered.log".to_owned();
        let (verdict, message, rpo) = judged(&[Damage { file, line: 38, what: "it is empty".into() }]);
        assert_eq!(verdict, Some(Verdict::Inconclusive));
        assert_eq!(message, "evidence/recovered.log: it is empty (recorded in line 38 of journal.jsonl)");
        assert!(rpo.is_some(), "the ledger is whole");
    }

    #[test]
    fn a_ledger_that_was_changed_is_not_judged() {
        let what = "its content was changed".to_owned();
        let (verdict, _, rpo) = judged(&[Damage { file: LEDGER_FILE.into(), line: 37, what }]);
        assert_eq!((verdict, rpo), (Some(Verdict::Inconclusive), None));
    }

    #[test]
    fn a_journal_that_was_changed_makes_its_exercises_inconclusive() {
        let what = "line 17 is missing".to_owned();
        let (verdict, message, _) = judged(&[Damage { file: JOURNAL.into(), line: 17, what }]);
        assert_eq!(verdict, Some(Verdict::Inconclusive));
        assert_eq!(message, "journal.jsonl, line 17: line 17 is missing");
    }
}
