//! The judgement of one exercise: every rule in its place.

use crate::judge::{
    CommitAccounting, DrillProvenance, Finding, Judgement, RecoveryJudgement, Subject, Verdict, Work,
    baseline,
    checks::{self, Answer},
    cleanup, contention, end_of_recovery, evidence, fault,
    finding::{Ruling, number},
    guarantee, identity,
    ledger_facts::LedgerFacts,
    not_proven, objective,
    outage::{self, Outage},
    phases, provenance,
    record::{JudgeError, Record, StepFacts},
    recovery::CompletedRecovery,
    rto, source, sources, step, work, worst_case,
};
use crate::{
    drill::{Step, Verb},
    journal::{Damage, Entry, Exercise, LEDGER_FILE, Ledger},
};

/// Judges an exercise by the journal of its run and the ledger of its clients.
///
/// `damage` is what of the journal and of its evidence is not what was written. `ledger` is `None` where
/// there is none; then nothing that needs one can pass.
///
/// # Errors
/// Returns an error if the journal does not plan the exercise, or tells of steps that it does not have.
pub fn judge(
    exercise: &Exercise,
    entries: &[Entry],
    damage: &[Damage],
    ledger: Option<&dyn Ledger>,
) -> Result<Judgement, JudgeError> {
    let record = Record::of(exercise, entries)?;
    // A ledger with a gap would tell of rows that nobody wrote, or miss some that were lost: it is none.
    let is_whole = record.evidence_missing.iter().all(|(file, _)| *file != LEDGER_FILE)
        && damage.iter().all(|damage| damage.file != LEDGER_FILE);
    let ledger = ledger.filter(|_| is_whole);
    let mut judgement = blank(exercise, &record);
    if record.skipped.is_some() {
        return Ok(judgement);
    }
    let attempts = CompletedRecovery::all(&record);
    let told = ledger.map(|ledger| LedgerFacts::of(&record, &attempts, ledger));
    let told = told.as_ref();
    let answers: Vec<Answer> = record
        .numbered()
        .filter_map(|(number, step, facts)| {
            Some(checks::answers(&attempts, told, number, step.verb.checks()?, facts))
        })
        .flatten()
        .collect();
    let recoveries: Vec<_> =
        attempts.iter().map(|attempt| recovery(&record, attempt, told, &answers)).collect();
    let outages = outage::all(&record, told, &recoveries);

    judgement.provenance = provenance::provenance(exercise, entries);
    judgement.contended_with =
        contention::contended_with(&contention::neighbours(exercise, entries), &recoveries);
    judgement.not_proven = not_proven::not_proven(&record, &judgement.contended_with);
    judgement.work = told.map_or_else(Work::default, |told| told.work(work::back(&recoveries, &outages)));
    if let Some((reads, refusals)) = record.clients {
        judgement.work.reads = reads;
        judgement.work.refusals = refusals.to_vec();
    }
    judgement.rto = outage::worst_rto(&recoveries, &outages);
    let accountings = || recoveries.iter().filter_map(|recovery| recovery.accounting.as_ref());
    let of_source = attempts.iter().filter_map(|attempt| source::loss(attempt.recovered.source.as_deref()?));
    judgement.rpo = accountings().filter_map(|accounting| accounting.rpo).chain(of_source).max();
    judgement.lost_commits = accountings().map(|accounting| accounting.lost).max();
    judgement.discarded_commits = accountings().map(|accounting| accounting.discarded).max();
    judgement.discarded = accountings().filter_map(|accounting| accounting.discarded_time).max();
    judgement.findings = findings(&record, told, &attempts, (&recoveries, &outages), &answers);
    // A walk that did not come to its end has shown too few commits.
    let failure = ledger.and_then(|ledger| ledger.failure());
    let failure = failure.map(|what| Damage { file: LEDGER_FILE.to_owned(), line: 1, what });
    let damage: Vec<_> = damage.iter().cloned().chain(failure).collect();
    let evidence = evidence::ruling(&record, &damage);
    judgement.findings.push(evidence.about(Subject::Evidence, "evidence", None));
    let sources = sources::sources(exercise, entries, record.drill);
    for finding in &mut judgement.findings {
        let own = sources.iter().filter(|(subject, _)| *subject == finding.subject);
        finding.lines = own.map(|(_, line)| *line).collect();
    }
    judgement.verdict = Some(Verdict::of_all(judgement.findings.iter().map(|finding| finding.verdict)));
    judgement.checks = answers.into_iter().map(|answer| answer.check).collect();
    judgement.recoveries = recoveries;
    Ok(judgement)
}

/// What the record alone tells.
fn blank(exercise: &Exercise, record: &Record<'_>) -> Judgement {
    Judgement {
        exercise: exercise.clone(),
        drill: record.drill.clone(),
        postgres: record.started.as_ref().map(|started| started.postgres),
        skipped: record.skipped.map(str::to_owned),
        verdict: None,
        findings: Vec::new(),
        steps: if record.skipped.is_some() { Vec::new() } else { record.step_records() },
        fault: record.fault_before(usize::MAX, |_| true).map(|fault| fault.judged()),
        recoveries: Vec::new(),
        checks: Vec::new(),
        rto: None,
        rpo: None,
        lost_commits: None,
        discarded_commits: None,
        discarded: None,
        worst_case: worst_case::of_drill(record),
        at_risk: record.skipped.is_none() && guarantee::is_at_risk(record),
        contended_with: Vec::new(),
        work: Work::default(),
        resolution: record.started.as_ref().map(|started| started.resolution),
        evidence: record.evidence.clone(),
        provenance: DrillProvenance::default(),
        left: record.cleaned_up.map(|(left, _)| left.to_vec()).unwrap_or_default(),
        kept: record.cleaned_up.is_some_and(|(_, kept)| kept),
        not_proven: Vec::new(),
        began: record.started.as_ref().map(|started| started.at),
        ended: record.ended,
    }
}

fn recovery(
    record: &Record<'_>,
    attempt: &CompletedRecovery<'_>,
    ledger: Option<&LedgerFacts<'_>>,
    answers: &[Answer],
) -> RecoveryJudgement {
    let first_write = rto::first_write(attempt, ledger);
    let declared = rto::declared(record, attempt.recovery);
    RecoveryJudgement {
        step: attempt.step,
        recovered: attempt.recovered.clone(),
        from: attempt.from(),
        first_write,
        rto: rto::rto(attempt, first_write, declared),
        phases: phases::phases(attempt, first_write, declared).spans,
        declared,
        verified: rto::verified(record, attempt, declared),
        accounting: worst_accounting(attempt.step, answers),
    }
}

/// The worst of the surveys about a recovery; the first of equals.
fn worst_accounting(step: usize, answers: &[Answer]) -> Option<CommitAccounting> {
    let about = answers
        .iter()
        .filter_map(|answer| answer.accounting.as_ref())
        .filter(|(about, _)| *about == step)
        .map(|(_, accounting)| accounting);
    about
        .rev()
        .max_by_key(|accounting| {
            (accounting.rpo, accounting.lost, accounting.unexpected, accounting.overshot)
        })
        .cloned()
}

fn findings(
    record: &Record<'_>,
    ledger: Option<&LedgerFacts<'_>>,
    attempts: &[CompletedRecovery<'_>],
    (recoveries, outages): (&[RecoveryJudgement], &[Outage]),
    answers: &[Answer],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    if record.drill.source().is_none() || record.set_up_failed.is_some() {
        findings.push(baseline::ruling(record).about(Subject::Baseline, "baseline", None));
    }
    for (step, declared, facts) in record.numbered() {
        let name = format!("step {} {}", number(step), declared.title);
        findings.push(step::ruling(record, step, declared, facts).about(
            Subject::Step { step },
            name,
            facts.took(),
        ));
        match &declared.verb {
            Verb::Fault(_) | Verb::Arm(_) => findings.push(on_fault(record, step, declared, facts, ledger)),
            // What interrupted it is a case of its own, and so is the recovery after it.
            Verb::Recover(_) if record.is_interrupted(step, facts) => {}
            Verb::Recover(_) => {
                let attempt = attempts.iter().zip(recoveries).find(|(attempt, _)| attempt.step == step);
                findings.extend(on_recovery(record, step, attempt));
            }
            Verb::Check(_) => findings.extend(
                answers
                    .iter()
                    .filter(|answer| answer.check.step == step)
                    .map(|answer| answer.finding.clone()),
            ),
            Verb::Backup(_)
            | Verb::Work(_)
            | Verb::RestorePoint(_)
            | Verb::Heal(_)
            | Verb::Sql(_)
            | Verb::Exec(_) => {}
        }
    }
    findings.extend(source::findings(record, attempts));
    findings.extend(objective::findings(record, recoveries, outages));
    findings.extend(
        guarantee::ruling(record)
            .map(|ruling| ruling.about(Subject::Guarantee, "objective RPO guarantee", None)),
    );
    findings.extend(
        worst_case::ruling(record, attempts, recoveries)
            .map(|ruling| ruling.about(Subject::WorstCase, "worst case", None)),
    );
    findings.push(cleanup::ruling(record).about(Subject::Cleanup, "cleanup", None));
    findings
}

fn on_fault(
    record: &Record<'_>,
    step: usize,
    declared: &Step,
    facts: &StepFacts<'_>,
    ledger: Option<&LedgerFacts<'_>>,
) -> Finding {
    let name = format!("fault {} {}", number(step), declared.verb.describe());
    let took = facts.fault.and_then(|fault| Some(fault.proven()?.since(fault.at)));
    fault::ruling(record, step, facts, ledger).about(Subject::Fault { step }, name, took)
}

/// The same cases whether or not the recovery reached its end, so that reports can be compared from run to
/// run.
fn on_recovery(
    record: &Record<'_>,
    step: usize,
    attempt: Option<(&CompletedRecovery<'_>, &RecoveryJudgement)>,
) -> [Finding; 3] {
    let not_reached = || Ruling::follows("the recovery did not complete");
    let (end, identity, phases, rto) = match attempt {
        None => (not_reached(), not_reached(), not_reached(), None),
        Some((attempt, judged)) => (
            end_of_recovery::ruling(record, attempt),
            identity::ruling(record, attempt),
            phases::ruling(attempt, judged.first_write, judged.declared),
            judged.rto,
        ),
    };
    let number = number(step);
    [
        end.about(Subject::EndOfRecovery { step }, format!("recovery {number} end of recovery"), None),
        identity.about(Subject::Identity { step }, format!("recovery {number} identity"), None),
        phases.about(Subject::Phases { step }, format!("recovery {number} phases"), rto),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        drill::*,
        journal::{ErrorChain, Event},
        judge::testing::*,
    };

    #[test]
    fn a_ledger_with_a_gap_is_no_ledger() {
        let mut story = Story::loss();
        assert_eq!(story.judge().verdict, Some(Verdict::Pass));
        let event = Event::EvidenceMissing {
            file: LEDGER_FILE.into(),
            error: ErrorChain::message("no space left on device"),
        };
        story.entries.push(Entry { at: ms(9_950), exercise: Some(story.exercise.clone()), event });
        let judgement = story.judge();
        assert_eq!(
            (judgement.verdict, judgement.rto, judgement.rpo),
            (Some(Verdict::Inconclusive), None, None)
        );
    }

    fn stories() -> Vec<(String, Story)> {
        let mut stories: Vec<(String, Story)> = Vec::new();
        for target in [RecoveryTarget::Latest].into_iter().chain(targets()) {
            stories.push((format!("serve {target:?}"), Story::restored(target.clone(), true)));
            // A human error that a rehearsal alone goes back to before is not undone.
            if target != RecoveryTarget::BeforeFault {
                stories.push((format!("rehearse {target:?}"), Story::restored(target, false)));
            }
        }
        for (name, story) in [
            ("dump", Story::dump()),
            ("restart", Story::restart()),
            ("async", Story::promoted(false)),
            ("sync", Story::promoted(true)),
            ("table", Story::table()),
        ] {
            stories.push((name.to_owned(), story));
        }
        stories
    }

    #[test]
    fn a_drill_that_kept_every_promise_passes() {
        for (name, story) in stories() {
            let judgement = story.judge();
            let bad: Vec<_> =
                judgement.findings.iter().filter(|finding| finding.verdict != Verdict::Pass).collect();
            assert!(bad.is_empty(), "{name}: {bad:#?}");
            assert_eq!(judgement.verdict, Some(Verdict::Pass), "{name}");
        }
    }
}
