//! What may be lost at worst, by configuration, and whether the measurement agrees.

use std::time::Duration;

use crate::judge::{
    RecoveryJudgement, WorstCase, finding::Ruling, record::Record, recovery::CompletedRecovery,
};
use crate::{
    drill::{BackupMethod, NodeName, Recovery, RecoveryTarget, Role, TargetTime},
    human,
    pg::setting,
};

/// The checkpointer's clock counts whole seconds.
const WHOLE_SECONDS: Duration = Duration::from_secs(1);
/// For the checkpointer to wake up, and the archiver to copy a segment.
const ARCHIVING: Duration = Duration::from_secs(1);

fn bound(bound: Duration, because: impl Into<String>) -> WorstCase {
    WorstCase { bound: Some(bound), because: because.into() }
}

fn none(because: impl Into<String>) -> WorstCase {
    WorstCase { bound: None, because: because.into() }
}

/// The worst over all recoveries that the drill asks for; one without a bound leaves the whole without one.
pub(in crate::judge) fn of_drill(record: &Record<'_>) -> WorstCase {
    let all = record.recoveries().map(|(_, recovery, _)| of_recovery(record, recovery));
    all.reduce(|one, other| match (one.bound, other.bound) {
        (None, _) => one,
        (_, None) => other,
        (Some(first), Some(second)) => {
            if second > first {
                other
            } else {
                one
            }
        }
    })
    .unwrap_or_else(|| none("the drill has no recovery"))
}

/// The bound of one recovery.
pub(in crate::judge) fn of_recovery(record: &Record<'_>, recovery: &Recovery) -> WorstCase {
    match recovery {
        Recovery::Restart { .. } => restart(record),
        Recovery::Promote { node } => promote(record, node),
        Recovery::Table { .. } => {
            bound(Duration::ZERO, "the delayed standby holds every commit from before the human error")
        }
        Recovery::Restore { from, target, serve, onto: _ } => {
            let backup = record.drill.backup(from);
            match backup.map(|backup| backup.method) {
                None => none("the drill does not take this backup"),
                Some(BackupMethod::Dump) => {
                    dump(record, backup.and_then(|backup| record.backup_taken(backup)))
                }
                Some(BackupMethod::Basebackup) => physical(record, target, *serve),
            }
        }
    }
}

fn value<'a>(record: &Record<'a>, name: &str) -> Option<&'a str> {
    record.baseline.as_ref()?.settings.get(name).map(String::as_str)
}

fn restart(record: &Record<'_>) -> WorstCase {
    let commit = value(record, "synchronous_commit");
    for name in ["fsync", "full_page_writes"] {
        match value(record, name) {
            Some("on") => {}
            Some(value) => return none(format!("{name} is {value}")),
            None => return none(format!("{name} is unknown")),
        }
    }
    match commit {
        Some("off") => none("synchronous_commit is off"),
        Some(_) => bound(Duration::ZERO, "fsync and synchronous_commit are on"),
        None => none("synchronous_commit is unknown"),
    }
}

fn promote(record: &Record<'_>, node: &NodeName) -> WorstCase {
    let synchronous = record
        .drill
        .node(node)
        .is_some_and(|node| matches!(node.role, Role::Standby { synchronous: true, .. }));
    match value(record, "synchronous_commit") {
        _ if !synchronous => none("asynchronous replication sets no bound"),
        Some(value @ ("on" | "remote_write" | "remote_apply")) => {
            bound(Duration::ZERO, format!("the standby is synchronous and synchronous_commit is {value}"))
        }
        Some(value) => none(format!("synchronous_commit is {value}, so commits do not wait for the standby")),
        None => none("synchronous_commit is unknown"),
    }
}

fn physical(record: &Record<'_>, target: &RecoveryTarget, serve: bool) -> WorstCase {
    match target {
        RecoveryTarget::Latest => {}
        RecoveryTarget::BeforeFault => return bound(Duration::ZERO, "WAL is archived up to the target"),
        RecoveryTarget::Immediate
        | RecoveryTarget::Time { at: TargetTime::Point(_) }
        | RecoveryTarget::Xid { .. }
        | RecoveryTarget::Lsn { .. }
        | RecoveryTarget::Name { .. } => {
            return if serve {
                none("no setting bounds the time from the recovery target to the fault")
            } else {
                bound(Duration::ZERO, "every commit before the recovery target is kept")
            };
        }
    }
    if record.drill.archive.is_none() {
        return none("no archive is declared");
    }
    match value(record, "archive_timeout").map(|value| setting::duration(value, Duration::from_secs(1))) {
        Some(Some(Duration::ZERO)) => {
            none("archive_timeout is 0: a segment is archived only when it is full")
        }
        Some(Some(timeout)) => bound(
            timeout.saturating_add(WHOLE_SECONDS).saturating_add(ARCHIVING),
            format!(
                "archive_timeout {} + {} allowance for archiver latency",
                human::duration(timeout),
                human::duration(WHOLE_SECONDS.saturating_add(ARCHIVING))
            ),
        ),
        Some(None) | None => none("archive_timeout is unknown"),
    }
}

fn dump(record: &Record<'_>, taken: Option<&crate::journal::BackupFacts>) -> WorstCase {
    match (record.drill.backup_interval, taken) {
        (None, _) => none("no backup schedule is declared"),
        (Some(_), None) => none("the dump was not taken, so its duration is unknown"),
        (Some(every), Some(taken)) => {
            let lasted = taken.ended.since(taken.begun);
            bound(
                every.duration().saturating_add(lasted),
                format!(
                    "backup interval {} + dump duration {}",
                    human::duration(every.duration()),
                    human::duration(lasted)
                ),
            )
        }
    }
}

/// Whether what was measured stays below the bounds; `None` where there is nothing to compare.
pub(in crate::judge) fn ruling(
    record: &Record<'_>,
    attempts: &[CompletedRecovery<'_>],
    judged: &[RecoveryJudgement],
) -> Option<Ruling> {
    let mut compared = Vec::new();
    for (attempt, judged) in attempts.iter().zip(judged) {
        let worst = of_recovery(record, attempt.recovery);
        let measured = judged.accounting.as_ref().and_then(|accounting| accounting.rpo);
        let (Some(bound), Some(measured)) = (worst.bound, measured) else { continue };
        compared.push(if measured > bound {
            let (measured, bound) = (human::duration(measured), human::duration(bound));
            Ruling::fail(format!(
                "RPO {measured} exceeds the worst case by configuration, {bound} ({}): a setting does not hold",
                worst.because
            ))
        } else {
            Ruling::pass(format!("RPO {}, worst case by configuration {}: {}", human::duration(measured), human::duration(bound), worst.because))
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
        assert_eq!(bound_of(&Story::loss().drill(|drill| drill.archive = None)), None);
    }

    #[test]
    fn a_dump_loses_its_interval_and_its_duration() {
        assert_eq!(bound_of(&Story::dump()), Some(Duration::from_millis(3_601_002)));
        assert_eq!(bound_of(&Story::dump().drill(|drill| drill.backup_interval = None)), None);
    }

    #[test]
    fn nothing_from_before_a_target_may_go() {
        for target in [RecoveryTarget::Immediate, RecoveryTarget::Name { point: point() }] {
            assert_eq!(bound_of(&Story::restored(target.clone(), false)), Some(Duration::ZERO));
            assert_eq!(bound_of(&Story::restored(target, true)), None, "clients lose what came after it");
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
