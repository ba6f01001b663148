//! What the tools of backups say of them where they lie.

use crate::judge::{Verdict, examined, finding::Ruling, record::StepFacts};
use crate::{drill::Label, journal::CheckFacts};

/// What is wrong with the backups that were verified in a step.
pub(in crate::judge) fn complaints(facts: &StepFacts<'_>) -> Vec<Ruling> {
    let rulings = facts.verified.iter().map(|(label, found)| ruling(label, found));
    rulings.filter(|ruling| ruling.verdict != Verdict::Pass).collect()
}

fn ruling(label: &Label, found: &CheckFacts) -> Ruling {
    match found {
        CheckFacts::Examined(facts) => examined::ruling(facts).0,
        CheckFacts::Broken { error, state: _ } => {
            Ruling::inconclusive(format!("backup {label} could not be verified: {error}"))
        }
        CheckFacts::WorkloadScan(_)
        | CheckFacts::Content { .. }
        | CheckFacts::Compared { .. }
        | CheckFacts::Rows { .. }
        | CheckFacts::Sql { .. }
        | CheckFacts::Reprotect(_) => {
            Ruling::inconclusive(format!("the recorded facts of backup {label} are those of a check"))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        journal::{CheckFacts, Complaint, Entry, ErrorChain, Event, Examined, Severity},
        judge::{Subject, Verdict, testing::*},
    };

    fn found(facts: CheckFacts) -> (Verdict, String) {
        let mut story = Story::loss();
        let recovered = story.entries.iter().position(|entry| matches!(entry.event, Event::Recovered { .. }));
        let step = CHECKS - 1;
        let label = "nightly".parse().expect("a label");
        let event = Event::BackupVerified { step, label, facts };
        let at = recovered.expect("a recovery") + 1;
        story.entries.insert(at, Entry { at: ms(9_000), exercise: Some(story.exercise.clone()), event });
        let judgement = story.judge();
        let subject = Subject::Step { step };
        let finding = judgement.findings.into_iter().find(|finding| finding.subject == subject);
        finding.map(|finding| (finding.verdict, finding.message)).expect("a finding")
    }

    #[test]
    fn a_damaged_backup_fails_in_the_words_of_its_tool_and_one_that_nobody_looked_at_is_inconclusive() {
        let examined = |examined, texts: &[&str]| {
            let complaint = |text: &&str| Complaint {
                severity: Severity::Damage,
                about: "backup nightly".into(),
                text: (*text).to_owned(),
            };
            found(CheckFacts::Examined(Examined {
                examined,
                complaints: texts.iter().map(complaint).collect(),
            }))
        };
        assert_eq!(examined(900, &[]).0, Verdict::Pass);
        assert_eq!(
            examined(900, &["checksum mismatch for file \"base/5/2\""]),
            (Verdict::Fail, "backup nightly: checksum mismatch for file \"base/5/2\"".into())
        );
        assert_eq!(examined(0, &[]).0, Verdict::Inconclusive);
        let broken = CheckFacts::Broken { error: ErrorChain::message("no disk"), state: None };
        let said = "backup nightly could not be verified: no disk";
        assert_eq!(found(broken), (Verdict::Inconclusive, said.into()));
    }
}
