//! What was promised against what was measured.

use std::time::Duration;

use crate::judge::{
    CommitAccounting, Finding, RecoveryJudgement, Subject,
    finding::{Ruling, number},
    outage::{self, Outage},
    record::Record,
    source,
};
use crate::{
    drill::{ObjectiveKind, Period, Property, Recovery},
    human,
    journal::{Outcome, SourceFacts},
};

/// The findings on the objectives that the drill has.
pub(in crate::judge) fn findings(
    record: &Record<'_>,
    judged: &[RecoveryJudgement],
    outages: &[Outage],
) -> Vec<Finding> {
    let objectives = record.drill.objectives;
    let rto = objectives.rto.map(|limit| {
        finding(ObjectiveKind::Rto, rto(record, judged, outages, limit), outage::worst_rto(judged, outages))
    });
    let of_source = judged.iter().find_map(|judged| judged.recovered.source.as_deref());
    let rpo = objectives.rpo.map(|limit| {
        if record.drill.source().is_some() {
            return finding(ObjectiveKind::Rpo, age(of_source, limit), of_source.and_then(source::loss));
        }
        let worst = judged.iter().filter_map(|recovery| recovery.accounting.as_ref()?.rpo).max();
        let measured = |accounting: &CommitAccounting| accounting.rpo;
        finding(ObjectiveKind::Rpo, commits(record, judged, limit, ObjectiveKind::Rpo, measured), worst)
    });
    let discarded = objectives.discarded.map(|limit| {
        let worst = judged.iter().filter_map(|recovery| recovery.accounting.as_ref()?.discarded_time).max();
        let measured = |accounting: &CommitAccounting| accounting.discarded_time;
        finding(
            ObjectiveKind::Discarded,
            commits(record, judged, limit, ObjectiveKind::Discarded, measured),
            worst,
        )
    });
    rto.into_iter().chain(rpo).chain(discarded).collect()
}

/// The age of the newest commit in a backup of the user's: what would be lost with the source now.
fn age(facts: Option<&SourceFacts>, limit: Period) -> Ruling {
    let Some(facts) = facts else { return Ruling::follows("the backup was not restored") };
    match (&facts.newest, source::loss(facts)) {
        (Some(newest), Some(loss)) => {
            let said = format!(
                "{} (estimated by {})",
                measured_against(ObjectiveKind::Rpo, loss, limit),
                newest.basis
            );
            if loss > limit.duration() {
                Ruling::fail(format!("{said}: missed"))
            } else {
                Ruling::pass(format!("{said}: met"))
            }
        }
        _ => Ruling::inconclusive("nothing tells how old the newest commit in the backup is"),
    }
}

fn finding(promise: ObjectiveKind, ruling: Ruling, worst: Option<Duration>) -> Finding {
    ruling.about(Subject::Objective { promise }, format!("objective {promise}"), worst)
}

fn rto(record: &Record<'_>, judged: &[RecoveryJudgement], outages: &[Outage], limit: Period) -> Ruling {
    let parts = record.recoveries().map(|(step, recovery, facts)| {
        let measured = judged.iter().find(|judged| judged.step == step).and_then(|judged| judged.rto);
        match measured {
            Some(measured) => Part::measured(step, measured, limit),
            None => match stuck_for(record, step, recovery, facts) {
                Some(elapsed) if elapsed > limit.duration() => Part::Complaint(Ruling::fail(format!(
                    "recovery {}: no acknowledged write after {}, objective {}: missed",
                    number(step),
                    human::against(elapsed, Some(limit.duration())),
                    human::duration(limit.duration()),
                ))),
                _ => Part::Complaint(Ruling::follows(format!(
                    "recovery {}: RTO was not measured",
                    number(step)
                ))),
            },
        }
    });
    let others = outages.iter().filter(|outage| !outage.is_recovery()).map(|outage| match outage.rto() {
        Some(measured) => Part::measured(outage.step(), measured, limit),
        None => Part::Complaint(never_over(record, outage, limit)),
    });
    together(parts.chain(others).collect(), limit, ObjectiveKind::Rto)
}

/// An outage after which no client was told of a commit.
fn never_over(record: &Record<'_>, outage: &Outage, limit: Period) -> Ruling {
    let step = number(outage.step());
    let last = record.steps.iter().filter_map(|facts| facts.ended).max();
    match last.map(|last| last.since(outage.from)).filter(|elapsed| *elapsed > limit.duration()) {
        Some(elapsed) => Ruling::fail(format!(
            "outage of step {step}: no acknowledged write after {}, objective {}: missed",
            human::against(elapsed, Some(limit.duration())),
            human::duration(limit.duration()),
        )),
        None => Ruling::inconclusive(format!("outage of step {step}: no commit was acknowledged after it")),
    }
}

/// How long a recovery had been going on when its step gave up.
fn stuck_for(
    record: &Record<'_>,
    step: usize,
    recovery: &Recovery,
    facts: &crate::judge::record::StepFacts<'_>,
) -> Option<Duration> {
    if !matches!(facts.outcome(), Outcome::Failed | Outcome::TimedOut) || facts.recovered.is_some() {
        return None;
    }
    let fault = record.cause(step).filter(|_| recovery.serves()).map(|fault| fault.at);
    let declared = crate::judge::rto::declared(record, recovery).map_or(Duration::ZERO, Period::duration);
    Some(facts.ended?.since(fault.or(facts.began)?).saturating_add(declared))
}

/// What became of the commits, in time, against an objective.
fn commits(
    record: &Record<'_>,
    judged: &[RecoveryJudgement],
    limit: Period,
    kind: ObjectiveKind,
    measured: impl Fn(&CommitAccounting) -> Option<Duration>,
) -> Ruling {
    if !record.asked(|check| check.proves(Property::Commits)) {
        return Ruling::inconclusive("not measured: the drill has no ledger check");
    }
    let has_service = record.recoveries().any(|(_, recovery, _)| recovery.serves());
    let parts = record.recoveries().filter_map(|(step, recovery, _)| {
        let accounting =
            judged.iter().find(|judged| judged.step == step).and_then(|judged| judged.accounting.as_ref());
        // A copy that nobody was sent to and that nobody asked says nothing about the service's commits.
        if has_service && !recovery.serves() && accounting.is_none() {
            return None;
        }
        Some(match accounting.and_then(&measured) {
            Some(measured) => Part::measured(step, measured, limit),
            None => Part::Complaint(Ruling::follows(format!(
                "recovery {}: {kind} was not measured",
                number(step)
            ))),
        })
    });
    together(parts.collect(), limit, kind)
}

/// What an objective says of one recovery.
enum Part {
    Good(Duration),
    Broken(usize, Duration),
    Complaint(Ruling),
}

impl Part {
    fn measured(step: usize, measured: Duration, limit: Period) -> Self {
        if measured > limit.duration() { Self::Broken(step, measured) } else { Self::Good(measured) }
    }
}

fn together(parts: Vec<Part>, limit: Period, promise: ObjectiveKind) -> Ruling {
    if parts.is_empty() {
        return Ruling::inconclusive("the drill has no recovery");
    }
    let mut worst = Duration::ZERO;
    let mut complaints = Vec::new();
    for part in parts {
        match part {
            Part::Good(measured) => worst = worst.max(measured),
            Part::Broken(step, measured) => {
                let said = measured_against(promise, measured, limit);
                complaints.push(Ruling::fail(format!("recovery {}: {said}: missed", number(step))));
            }
            Part::Complaint(ruling) => complaints.push(ruling),
        }
    }
    Ruling::of(complaints, format!("{}: met", measured_against(promise, worst, limit)))
}

/// `RTO 1.108 s, objective 1 h`.
fn measured_against(promise: ObjectiveKind, measured: Duration, limit: Period) -> String {
    let limit = limit.duration();
    format!("{promise} {}, objective {}", human::against(measured, Some(limit)), human::duration(limit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Event, Moment};
    use crate::judge::{Verdict, testing::*};

    fn promised(rto: Option<u64>, rpo: Option<u64>) -> impl Fn(&mut crate::drill::Drill) {
        move |drill| {
            drill.objectives.rto = rto.map(|millis| Period(Duration::from_millis(millis)));
            drill.objectives.rpo = rpo.map(|millis| Period(Duration::from_millis(millis)));
        }
    }

    #[test]
    fn a_time_up_to_the_promise_passes_and_a_longer_one_fails() {
        let story = Story::loss();
        assert_eq!(
            story.clone().drill(promised(Some(2_000), None)).verdict_of("objective RTO"),
            Verdict::Pass
        );
        let broken = story.drill(promised(Some(1_999), None)).finding("objective RTO");
        assert_eq!(broken, (Verdict::Fail, "recovery 06: RTO 2 s, objective 1.999 s: missed".into()));
    }

    #[test]
    fn declared_time_counts_against_the_promise() {
        let story = Story::loss().drill(|drill| drill.manual_time = Some(Period::from_secs(300)));
        assert_eq!(story.verdict_of("objective RTO"), Verdict::Fail);
    }

    #[test]
    fn a_loss_up_to_the_promise_passes_and_a_greater_one_fails() {
        let story = Story::promoted(false).losing(ms(6_500), ms(7_000));
        assert_eq!(story.judge().rpo, Some(Duration::from_millis(505)));
        assert_eq!(story.clone().drill(promised(None, Some(505))).verdict_of("objective RPO"), Verdict::Pass);
        assert_eq!(story.drill(promised(None, Some(504))).verdict_of("objective RPO"), Verdict::Fail);
    }

    #[test]
    fn discarded_work_is_as_old_as_its_first_commit_when_the_service_moves_and_may_be_bounded() {
        // The mistake is proven at 7.05 s, the clients move at 8.6 s or commit until later.
        let story = Story::mistake();
        let judgement = story.judge();
        let oldest = story
            .ledger
            .commits
            .iter()
            .filter(|commit| commit.begun >= ms(7_050) && commit.session < 10)
            .map(|commit| commit.ended);
        let (first, last) = (oldest.clone().min().expect("one"), oldest.max().expect("one"));
        assert_eq!(judgement.discarded, Some(ms(8_600).max(last).since(first)));
        assert!(judgement.discarded_commits > Some(0) && judgement.lost_commits == Some(0));
        let bounded = |millis: u64| {
            move |drill: &mut crate::drill::Drill| {
                drill.objectives.discarded = Some(Period(Duration::from_millis(millis)));
            }
        };
        let exact = u64::try_from(judgement.discarded.expect("a time").as_millis()).expect("a number");
        assert_eq!(story.clone().drill(bounded(exact)).verdict_of("objective discarded"), Verdict::Pass);
        let (verdict, message) = story.drill(bounded(exact - 1)).finding("objective discarded");
        assert_eq!(verdict, Verdict::Fail);
        assert!(message.starts_with("recovery 06: discarded 1."), "{message}");
        assert_eq!(Story::loss().drill(bounded(0)).verdict_of("objective discarded"), Verdict::Pass);
    }

    #[test]
    fn a_promise_of_no_loss_is_broken_by_one_commit() {
        let story = Story::promoted(false).drill(promised(None, Some(0)));
        assert_eq!(story.verdict_of("objective RPO"), Verdict::Pass);
        assert_eq!(story.losing(ms(6_945), ms(7_000)).verdict_of("objective RPO"), Verdict::Fail);
    }

    #[test]
    fn without_an_objective_there_is_no_finding_and_still_a_number() {
        let judgement = Story::loss().drill(promised(None, None)).judge();
        assert!(
            judgement.findings.iter().all(|finding| !matches!(finding.subject, Subject::Objective { .. }))
        );
        assert_eq!((judgement.rto, judgement.rpo), (Some(Duration::from_secs(2)), Some(Duration::ZERO)));
    }

    #[test]
    fn a_promise_of_no_loss_without_a_ledger_check_is_inconclusive() {
        let story = Story::loss().drill(|drill| drill.steps.truncate(CHECKS)).without(|event| {
            matches!(
                event,
                Event::Checked { .. }
                    | Event::StepStarted { step: CHECKS, .. }
                    | Event::StepEnded { step: CHECKS, .. }
            )
        });
        assert_eq!(story.finding("objective RPO").1, "not measured: the drill has no ledger check");
        assert_eq!(story.verdict_of("objective RPO"), Verdict::Inconclusive);
    }

    #[test]
    fn what_was_not_measured_is_inconclusive() {
        let mut story = Story::loss();
        story.ledger.commits.clear();
        assert_eq!(story.verdict_of("objective RTO"), Verdict::Inconclusive);
        assert_eq!(story.verdict_of("objective RPO"), Verdict::Inconclusive);
    }

    fn stuck_until(end: Moment, outcome: Outcome) -> Story {
        let mut story = Story::loss()
            .without(|event| matches!(event, Event::Recovered { .. }))
            .step_ended(RECOVERY, outcome);
        for entry in &mut story.entries {
            if matches!(entry.event, Event::StepEnded { step: RECOVERY, .. }) {
                entry.at = end;
            }
        }
        story
    }

    #[test]
    fn a_recovery_that_gave_up_after_the_promise_has_broken_it() {
        for outcome in [Outcome::Failed, Outcome::TimedOut] {
            let story = stuck_until(ms(67_001), outcome);
            assert_eq!(
                story.finding("objective RTO"),
                (
                    Verdict::Fail,
                    "recovery 06: no acknowledged write after 60.001 s, objective 1 min: missed".into()
                )
            );
            assert_eq!(story.verdict_of("recovery 06 end of recovery"), Verdict::Inconclusive);
        }
    }

    #[test]
    fn a_recovery_that_gave_up_before_the_promise_or_was_interrupted_is_inconclusive() {
        assert_eq!(
            stuck_until(ms(67_000), Outcome::Failed).verdict_of("objective RTO"),
            Verdict::Inconclusive
        );
        assert_eq!(
            stuck_until(ms(99_000), Outcome::Cancelled).verdict_of("objective RTO"),
            Verdict::Inconclusive
        );
    }
}
