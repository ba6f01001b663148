//! What may be lost at worst, by configuration, and whether the measurement agrees.

use std::time::Duration;

use crate::judge::{
    RecoveryJudgement, WorstCase, finding::Ruling, record::Record, recovery::CompletedRecovery,
};
use crate::{
    drill::{self, Bound, Configuration, Interruption, Label, Recovery, Verb},
    human,
    journal::Moment,
};

impl Configuration for Record<'_> {
    fn setting(&self, name: &str) -> Option<String> {
        self.baseline.as_ref()?.settings.get(name).cloned()
    }

    fn backup_took(&self, label: &Label) -> Option<Duration> {
        let taken = self.drill.backup(label).and_then(|backup| self.backup_taken(backup))?;
        Some(taken.ended.since(taken.begun))
    }

    /// Crashes from which the server in service was started again, and freezes that were lifted, since it
    /// came into service.
    fn interruptions(&self, step: usize) -> Vec<Interruption> {
        let Some(lost) = self.cause(step).map(|fault| fault.at) else { return Vec::new() };
        let mut found = Vec::new();
        for (number, declared, facts) in self.numbered().take(step) {
            let interruption = |until: Option<Moment>, is_restart| {
                let (until, fault) = until.zip(self.cause(number))?;
                let (lasted, before) = (until.since(fault.at), lost.since(until));
                Some(Interruption { lasted, before, is_restart })
            };
            match &declared.verb {
                Verb::Recover(Recovery::Restart { .. }) => {
                    found.extend(interruption(facts.recovered.map(|(at, _)| at), true));
                }
                Verb::Heal(_) if !self.timeline.is_service_up(number) => {
                    found.extend(interruption(facts.healed, false));
                }
                // Another server, with segments of its own.
                Verb::Recover(Recovery::Restore { serve: true, .. } | Recovery::Promote { .. }) => {
                    found.clear();
                }
                Verb::Recover(
                    Recovery::Restore { serve: false, .. } | Recovery::Source { .. } | Recovery::Table { .. },
                )
                | Verb::Heal(_)
                | Verb::Backup(_)
                | Verb::Work(_)
                | Verb::RestorePoint(_)
                | Verb::Fault(_)
                | Verb::Arm(_)
                | Verb::Check(_)
                | Verb::Sql(_)
                | Verb::Exec(_) => {}
            }
        }
        found.reverse();
        found
    }
}

/// The worst over all recoveries that the drill asks for; one without a bound leaves the whole without one.
pub(in crate::judge) fn of_drill(record: &Record<'_>) -> WorstCase {
    let all = record.recoveries().map(|(step, recovery, _)| of_recovery(record, step, recovery));
    let worst = all.reduce(|one, other| match (one.bound, other.bound) {
        (Bound::Known(first), Bound::Known(second)) if second > first => other,
        (Bound::Known(_), Bound::Known(_)) => one,
        (Bound::Known(_), Bound::Above(_) | Bound::Missing | Bound::Unknown) => other,
        (Bound::Above(_) | Bound::Missing | Bound::Unknown, _) => one,
    });
    worst.map_or_else(
        || WorstCase { bound: None, because: "the drill recovers nothing".into() },
        |worst| WorstCase { bound: worst.bound.known(), because: worst.because },
    )
}

/// The bound of one recovery.
pub(in crate::judge) fn of_recovery(
    record: &Record<'_>,
    step: usize,
    recovery: &Recovery,
) -> drill::WorstCase {
    record.drill.worst_case(step, recovery, record)
}

/// Whether what was measured stays below the bounds; `None` where there is nothing to compare.
pub(in crate::judge) fn ruling(
    record: &Record<'_>,
    attempts: &[CompletedRecovery<'_>],
    judged: &[RecoveryJudgement],
) -> Option<Ruling> {
    let mut compared = Vec::new();
    for (attempt, judged) in attempts.iter().zip(judged) {
        let worst = of_recovery(record, attempt.step, attempt.recovery);
        let measured = judged.accounting.as_ref().and_then(|accounting| accounting.rpo);
        let (Some(bound), Some(measured)) = (worst.bound.known(), measured) else { continue };
        compared.push(if measured > bound {
            let (measured, bound) =
                (human::against(measured, Some(bound)), human::bound(bound, Some(measured)));
            Ruling::fail(format!(
                "RPO {measured} exceeds the worst case by configuration, {bound} ({}): a setting does not \
                 hold",
                worst.because
            ))
        } else {
            Ruling::pass(format!(
                "RPO {}, worst case by configuration {}: {}",
                human::duration(measured),
                human::bound(bound, None),
                worst.because
            ))
        });
    }
    let mut messages = compared.iter().map(|ruling| ruling.message.clone());
    let first = messages.next()?;
    let rest: Vec<_> = messages.filter(|message| *message != first).collect();
    if compared.iter().all(|ruling| ruling.verdict == crate::judge::Verdict::Pass) {
        Some(Ruling::pass(first).with(rest))
    } else {
        compared.retain(|ruling| ruling.verdict != crate::judge::Verdict::Pass);
        Some(Ruling::of(compared, String::new()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        drill::RecoveryTarget,
        journal::Event,
        judge::{Verdict, testing::*},
    };

    fn set(story: Story, name: &str, value: &str) -> Story {
        story.edit(|event| {
            if let Event::BaselineRecorded { settings, .. } = event {
                settings.insert(name.to_owned(), value.to_owned());
            }
        })
    }

    fn bound_of(story: &Story) -> Option<Duration> {
        story.judge().worst_case.bound
    }

    #[test]
    fn a_crash_loses_nothing_while_commits_are_flushed() {
        assert_eq!(bound_of(&Story::restart()), Some(Duration::ZERO));
        for (name, value) in [("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off")] {
            let worst = set(Story::restart(), name, value).judge().worst_case;
            assert_eq!((worst.bound, worst.because), (None, format!("{name} is off")));
        }
    }

    #[test]
    fn a_failover_loses_nothing_only_where_commits_wait_for_the_standby() {
        assert_eq!(bound_of(&Story::promoted(true)), Some(Duration::ZERO));
        assert_eq!(bound_of(&set(Story::promoted(true), "synchronous_commit", "local")), None);
        let worst = Story::promoted(false).judge().worst_case;
        assert_eq!((worst.bound, worst.because.as_str()), (None, "asynchronous replication sets no bound"));
    }

    #[test]
    fn the_archive_timeout_and_two_seconds_bound_what_a_lost_volume_takes() {
        assert_eq!(bound_of(&Story::loss()), Some(Duration::from_secs(4)));
        assert_eq!(bound_of(&set(Story::loss(), "archive_timeout", "1min")), Some(Duration::from_secs(62)));
        assert_eq!(bound_of(&set(Story::loss(), "archive_timeout", "0")), None);
        let unarchived = |story: Story| story.drill(|drill| drill.cluster_mut().archive = None);
        let by_schedule = Some(Duration::from_millis(3_601_002));
        assert_eq!(
            bound_of(&unarchived(Story::loss())),
            by_schedule,
            "a base backup alone is as good as a dump"
        );
        assert_eq!(bound_of(&unarchived(Story::loss()).drill(|drill| drill.backup_interval = None)), None);
    }

    #[test]
    fn a_dump_loses_its_interval_and_its_duration() {
        assert_eq!(bound_of(&Story::dump()), Some(Duration::from_millis(3_601_002)));
        assert_eq!(bound_of(&Story::dump().drill(|drill| drill.backup_interval = None)), None);
    }

    #[test]
    fn nothing_from_before_a_target_may_go() {
        let by_schedule = Some(Duration::from_millis(3_601_002));
        for (target, serving) in
            [(RecoveryTarget::Immediate, by_schedule), (RecoveryTarget::Name { point: point() }, None)]
        {
            assert_eq!(bound_of(&Story::restored(target.clone(), false)), Some(Duration::ZERO));
            assert_eq!(bound_of(&Story::restored(target, true)), serving, "clients lose what came after it");
        }
        assert_eq!(bound_of(&Story::mistake()), Some(Duration::ZERO));
        assert_eq!(bound_of(&Story::table()), Some(Duration::ZERO));
    }

    #[test]
    fn a_loss_above_the_bound_breaks_the_model_whatever_was_promised() {
        let story = Story::restart().drill(|drill| drill.objectives.rpo = None).losing(ms(6_900), ms(7_000));
        let (verdict, message) = story.finding("worst case");
        assert_eq!(verdict, Verdict::Fail);
        assert!(message.starts_with("RPO 105 ms exceeds the worst case by configuration, 0 s"), "{message}");
        assert_eq!(story.verdict_of("check 07.1 ledger"), Verdict::Pass);
    }

    #[test]
    fn a_loss_below_the_bound_is_as_the_model_says() {
        assert_eq!(Story::loss().losing(ms(5_000), ms(7_000)).verdict_of("worst case"), Verdict::Pass);
        assert_eq!(Story::loss().losing(ms(2_900), ms(7_000)).verdict_of("worst case"), Verdict::Fail);
    }

    #[test]
    fn without_a_bound_or_a_measurement_there_is_no_finding() {
        let has = |story: Story| story.judge().findings.iter().any(|finding| finding.name == "worst case");
        assert!(!has(Story::promoted(false)));
        assert!(!has(Story::loss().without(|event| matches!(event, Event::Checked { .. }))));
        assert!(has(Story::loss()));
    }
}
