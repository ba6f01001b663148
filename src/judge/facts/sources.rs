//! Which lines of the journal a finding rests on.

use crate::{
    drill::{Check, Drill, ObjectiveKind},
    journal::{CheckFacts, Entry, Event, Exercise},
    judge::{BackupQuestion, Subject},
};

/// The lines of an exercise that bear on each subject, as pairs in the order of the journal; lines are
/// counted from 1.
pub(in crate::judge) fn sources(
    exercise: &Exercise,
    entries: &[Entry],
    drill: &Drill,
) -> Vec<(Subject, u64)> {
    let rto = Subject::Objective { promise: ObjectiveKind::Rto };
    let rpo = Subject::Objective { promise: ObjectiveKind::Rpo };
    let mut sources = Vec::new();
    // The checks of the step, those that were made taken out.
    let mut planned: Vec<Option<&Check>> = Vec::new();
    for (line, entry) in (1..).zip(entries).filter(|(_, entry)| entry.exercise.as_ref() == Some(exercise)) {
        let mut put =
            |subjects: &[Subject]| sources.extend(subjects.iter().map(|subject| (subject.clone(), line)));
        match &entry.event {
            Event::DrillStarted { .. } | Event::SetUpFailed { .. } => put(&[Subject::Baseline]),
            Event::BaselineRecorded { .. } => {
                put(&[Subject::Baseline, Subject::Guarantee, Subject::WorstCase]);
            }
            Event::StepStarted { step, .. } => {
                put(&[Subject::Step { step: *step }]);
                let checks = drill.steps.get(*step).and_then(|step| step.verb.checks());
                planned = checks.unwrap_or_default().iter().map(Some).collect();
            }
            Event::StepEnded { step, .. } => put(&[Subject::Step { step: *step }]),
            Event::BackupVerified { step, .. } => put(&[Subject::Step { step: *step }]),
            Event::TlsProbed { step: None, .. } => put(&[Subject::Baseline]),
            Event::TlsProbed { step: Some(step), .. } => put(&[Subject::Step { step: *step }]),
            Event::BackupTaken { .. } => put(&[Subject::WorstCase]),
            Event::FaultInjected { step, .. } => {
                put(&[Subject::Fault { step: *step }, rto.clone(), rpo.clone()]);
            }
            Event::FaultProbed { fault, .. } => put(&[Subject::Fault { step: *fault }]),
            Event::NotRecovered { step, .. } => put(&[Subject::EndOfRecovery { step: *step }]),
            Event::FaultHealed { fault, .. } => {
                put(&[Subject::Fault { step: *fault }, rto.clone()]);
            }
            Event::Recovered { step, .. } => {
                let step = *step;
                let end = Subject::EndOfRecovery { step };
                put(&[end, Subject::Identity { step }, Subject::Phases { step }, rto.clone()]);
                if drill.source().is_some() {
                    put(&BackupQuestion::ALL.map(|question| Subject::Backup { question }));
                    put(std::slice::from_ref(&rpo));
                }
            }
            Event::Checked { step, check, facts, .. } => {
                let index = planned.iter().position(|planned| *planned == Some(check));
                if let Some(index) = index {
                    put(&[Subject::Check { step: *step, index }]);
                    planned.get_mut(index).and_then(Option::take);
                }
                if matches!(facts, CheckFacts::WorkloadScan(_)) {
                    put(&[rpo.clone(), Subject::WorstCase]);
                }
            }
            Event::Evidence { .. } | Event::EvidenceMissing { .. } => put(&[Subject::Evidence]),
            Event::CleanedUp { .. } | Event::Kept { .. } => put(&[Subject::Cleanup]),
            Event::RunStarted { .. }
            | Event::Planned { .. }
            | Event::Skipped { .. }
            | Event::Progress { .. }
            | Event::ServerStarted { .. }
            | Event::RestorePointMade { .. }
            | Event::Worked { .. }
            | Event::ClientsEnded { .. }
            | Event::DrillEnded { .. }
            | Event::RunEnded { .. } => {}
        }
    }
    sources
}

#[cfg(test)]
mod tests {
    use crate::judge::testing::*;

    #[test]
    fn every_finding_names_the_lines_that_it_rests_on() {
        let story = Story::loss();
        let judgement = story.judge();
        for finding in &judgement.findings {
            assert!(!finding.lines.is_empty() || finding.name == "evidence", "{finding:#?}");
            assert!(finding.lines.iter().all(|line| (1..=story.entries.len() as u64).contains(line)));
        }
        let lines = |name: &str| {
            let finding = judgement.findings.iter().find(|finding| finding.name == name).expect("a finding");
            let at =
                |line: &u64| format!("{:?}", story.entries[usize::try_from(line - 1).expect("few")].event);
            finding.lines.iter().map(at).collect::<Vec<_>>()
        };
        let of_fault = lines("fault 05 lose the volume of primary");
        assert!(of_fault.iter().all(|event| event.starts_with("Fault")), "{of_fault:?}");
        assert!(of_fault.iter().any(|event| event.starts_with("FaultInjected")), "{of_fault:?}");
        let [of_check] = lines("check 07.1 ledger").try_into().expect("one line");
        assert!(of_check.starts_with("Checked") && of_check.contains("WorkloadScan"), "{of_check}");
        let of_step = lines("step 01 take backup nightly");
        assert!(of_step.len() == 2 && of_step[1].starts_with("StepEnded { step: 0"), "{of_step:?}");
    }
}
