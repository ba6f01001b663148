//! Whether a recovery reached its end, by what the server itself says.
//!
//! A server that is up has not recovered: it may have forgotten its recovery signal, or stopped where nobody
//! asked it to.

use crate::judge::{finding::Ruling, record::Record, recovery::CompletedRecovery, tls};
use crate::{
    drill::{Fault, Recovery, RecoveryTarget},
    journal::{self, Recovered},
    pg::{
        ResolvedTarget,
        server_log::{LogFact, LogFactKind},
    },
};

/// The ruling on one recovery.
pub(in crate::judge) fn ruling(record: &Record<'_>, attempt: &CompletedRecovery<'_>) -> Ruling {
    let recovered = attempt.recovered;
    let mut complaints = Vec::new();
    if recovered.after.in_recovery {
        complaints.push(Ruling::fail("the server is still in recovery and accepts no writes"));
    }
    let missing = |what: &str| Ruling::inconclusive(format!("the server's log does not show {what}"));
    match attempt.recovery {
        Recovery::Restore { target, .. } if attempt.is_physical() => {
            let log = since(&recovered.log, |what| matches!(what, LogFactKind::ArchiveRecovery { .. }));
            let resolved_target = aimed(record, attempt, target);
            complaints.extend(
                resolved_target
                    .and_then(|resolved_target| {
                        begun(log, resolved_target.as_ref()).and_then(|()| {
                            resolved_target.map_or(Ok(()), |resolved_target| met(log, &resolved_target))
                        })
                    })
                    .err(),
            );
            complaints.extend(new_timeline(log, recovered).err());
            complaints.extend(ready(log).err());
            complaints.extend(whole_archive(recovered, target).err());
        }
        Recovery::Restore { .. } | Recovery::Source { .. } => complaints.extend(ready(&recovered.log).err()),
        Recovery::Restart { .. } => {
            let log = since(&recovered.log, |what| matches!(what, LogFactKind::CrashRecovery));
            if log.is_empty() {
                complaints.push(missing("that crash recovery ran"));
            }
            complaints.extend(ready(log).err());
        }
        Recovery::Promote { .. } => {
            let log = since(&recovered.log, |what| matches!(what, LogFactKind::NewTimeline { .. }));
            complaints.extend(new_timeline(log, recovered).err());
            complaints.extend(ready(log).err());
        }
        // The server in service never stopped: the log is that of the standby from which the table came.
        Recovery::Table { .. } => complaints.extend(match &recovered.resolved_target {
            Some(resolved_target) => met(&recovered.log, resolved_target).err(),
            None => Some(Ruling::inconclusive(
                "the journal does not say where the standby had to stop before the human error",
            )),
        }),
    }
    complaints.extend(tls::complaints(record, attempt));
    let good = match recovered.log.iter().rev().find_map(stopping) {
        Some(words) => {
            format!("read-write on timeline {}, recovery stopping {words}", recovered.after.timeline)
        }
        None => format!("read-write on timeline {}", recovered.after.timeline),
    };
    Ruling::of(complaints, good).with(fatal(&recovered.log))
}

/// The facts from the last of these on; none where there is none.
fn since(log: &[LogFact], is_start: impl Fn(&LogFactKind) -> bool) -> &[LogFact] {
    let start = log.iter().rposition(|fact| is_start(&fact.what)).unwrap_or(log.len());
    log.get(start..).unwrap_or_default()
}

/// The target that the server had to be given, by what the journal tells of restore points and mistakes.
fn aimed(
    record: &Record<'_>,
    attempt: &CompletedRecovery<'_>,
    target: &RecoveryTarget,
) -> Result<Option<ResolvedTarget>, Ruling> {
    let made = target.point().and_then(|point| record.restore_point(point));
    let mistake = record.fault_before(attempt.step, Fault::is_human_error);
    journal::resolve_target(target, made, mistake.as_deref())
        .map_err(|why| Ruling::inconclusive(format!("the recovery target could not be determined: {why}")))
}

/// Whether the server set out for this target and no other.
fn begun(log: &[LogFact], resolved_target: Option<&ResolvedTarget>) -> Result<(), Ruling> {
    let Some(LogFactKind::ArchiveRecovery { target: said }) = log.first().map(|fact| &fact.what) else {
        return Err(Ruling::inconclusive("the server's log does not show that archive recovery started"));
    };
    match (resolved_target, said) {
        (None, None) => Ok(()),
        (None, Some(said)) => Err(Ruling::inconclusive(format!(
            "no recovery target was requested, but the server recovered to {said}"
        ))),
        (Some(resolved_target), None) => Err(Ruling::inconclusive(format!(
            "the recovery target was {resolved_target}, but the server recovered without one"
        ))),
        (Some(resolved_target), Some(said)) if resolved_target.is_begun_by(said) => Ok(()),
        (Some(resolved_target), Some(said)) => Err(Ruling::inconclusive(format!(
            "the recovery target was {resolved_target}, but the server recovered to another: {said}"
        ))),
    }
}

/// Whether recovery stopped at this target.
fn met(log: &[LogFact], resolved_target: &ResolvedTarget) -> Result<(), Ruling> {
    match log.iter().rev().find_map(stopping) {
        Some(words) if resolved_target.is_met_by(words) => Ok(()),
        Some(words) => Err(Ruling::inconclusive(format!(
            "the recovery target was {resolved_target}, but recovery stopped elsewhere: {words}"
        ))),
        None => {
            Err(Ruling::inconclusive("the server's log does not show that recovery stopped at its target"))
        }
    }
}

fn new_timeline(log: &[LogFact], recovered: &Recovered) -> Result<(), Ruling> {
    let begun = log.iter().rev().find_map(|fact| {
        if let LogFactKind::NewTimeline { timeline } = fact.what { Some(timeline) } else { None }
    });
    match begun {
        Some(timeline) if timeline == recovered.after.timeline => Ok(()),
        Some(timeline) => Err(Ruling::inconclusive(format!(
            "the server's log reports timeline {timeline}, the server timeline {}",
            recovered.after.timeline
        ))),
        None => Err(Ruling::inconclusive("the server's log does not show that a new timeline was selected")),
    }
}

fn ready(log: &[LogFact]) -> Result<(), Ruling> {
    let ready = log.iter().any(|fact| fact.what == LogFactKind::Ready);
    ready.then_some(()).ok_or_else(|| {
        Ruling::inconclusive("the server's log does not show that it is ready to accept connections")
    })
}

/// Replay to the end of the archive opens without an error at a segment that is missing or damaged: then
/// there is more behind it.
fn whole_archive(recovered: &Recovered, target: &RecoveryTarget) -> Result<(), Ruling> {
    match (recovered.end_of_recovery, recovered.archive_end) {
        (Some(end), Some(last)) if *target == RecoveryTarget::Latest && last >= end => {
            Err(Ruling::fail(format!(
                "recovery ended at LSN {end}, but the archive continues: its last segment begins at {last}, \
                 so an earlier segment is missing or damaged"
            )))
        }
        _ => Ok(()),
    }
}

fn stopping(fact: &LogFact) -> Option<&str> {
    if let LogFactKind::Stopping { words } = &fact.what { Some(words) } else { None }
}

/// Fatal messages since the last start, but those to clients that came too early. They are shown, and decide
/// nothing.
fn fatal(log: &[LogFact]) -> Vec<String> {
    let start = log.iter().rposition(|fact| {
        matches!(fact.what, LogFactKind::ArchiveRecovery { .. } | LogFactKind::CrashRecovery)
    });
    let since = log.get(start.unwrap_or(0)..).unwrap_or_default();
    let message = |fact: &LogFact| {
        if let LogFactKind::Fatal { message } = &fact.what { Some(message.clone()) } else { None }
    };
    let fatal = since.iter().filter_map(message);
    let fatal = fatal.filter(|message| !message.starts_with("the database system is "));
    fatal.map(|message| format!("fatal: {message}")).take(5).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        journal::Event,
        judge::{Verdict, testing::*},
        pg::{Lsn, Timeline},
    };

    const NAME: &str = "recovery 06 end of recovery";

    fn unsaid(story: Story, is_unsaid: fn(&LogFactKind) -> bool) -> Verdict {
        story.recovered(|recovered| recovered.log.retain(|fact| !is_unsaid(&fact.what))).verdict_of(NAME)
    }

    #[test]
    fn a_server_in_recovery_has_not_recovered() {
        assert_eq!(
            Story::loss().recovered(|recovered| recovered.after.in_recovery = true).verdict_of(NAME),
            Verdict::Fail
        );
    }

    #[test]
    fn what_the_log_does_not_say_is_inconclusive() {
        use LogFactKind as Kind;
        let restores = || [Story::loss(), Story::rehearsal(), Story::mistake()];
        for story in restores() {
            assert_eq!(
                unsaid(story, |what| matches!(what, Kind::ArchiveRecovery { .. })),
                Verdict::Inconclusive
            );
        }
        for story in restores().into_iter().chain([Story::promoted(true)]) {
            assert_eq!(unsaid(story, |what| matches!(what, Kind::NewTimeline { .. })), Verdict::Inconclusive);
        }
        assert_eq!(
            unsaid(Story::rehearsal(), |what| matches!(what, Kind::Stopping { .. })),
            Verdict::Inconclusive
        );
        assert_eq!(
            unsaid(Story::restart(), |what| matches!(what, Kind::CrashRecovery)),
            Verdict::Inconclusive
        );
        for story in restores().into_iter().chain([Story::promoted(true), Story::dump(), Story::restart()]) {
            assert_eq!(unsaid(story, |what| *what == Kind::Ready), Verdict::Inconclusive);
        }
        assert_eq!(unsaid(Story::table(), |_| true), Verdict::Inconclusive);
    }

    #[test]
    fn an_archive_that_goes_on_behind_the_end_of_recovery_has_a_hole() {
        let ended = |story: Story, end: u64, last: Option<u64>| {
            let set = |recovered: &mut Recovered| {
                (recovered.end_of_recovery, recovered.archive_end) = (Some(Lsn(end)), last.map(Lsn));
            };
            story.recovered(set).verdict_of(NAME)
        };
        assert_eq!(ended(Story::loss(), 0x801_0000, Some(0x800_0000)), Verdict::Pass);
        assert_eq!(ended(Story::loss(), 0x900_0000, Some(0x800_0000)), Verdict::Pass);
        assert_eq!(ended(Story::loss(), 0x800_0000, Some(0x800_0000)), Verdict::Fail);
        assert_eq!(ended(Story::loss(), 0x701_0000, Some(0x900_0000)), Verdict::Fail);
        assert_eq!(ended(Story::loss(), 0x701_0000, None), Verdict::Pass);
        assert_eq!(ended(Story::mistake(), 0x701_0000, Some(0x900_0000)), Verdict::Pass);
    }

    fn target(story: &Story, said: Option<&str>) -> (Verdict, String) {
        let change = |recovered: &mut Recovered| {
            recovered.log[0].what = LogFactKind::ArchiveRecovery { target: said.map(str::to_owned) }
        };
        story.clone().recovered(change).finding(NAME)
    }

    #[test]
    fn a_target_that_was_ignored_invented_or_another_is_inconclusive() {
        let mistake = "the recovery target was transaction 900, exclusive, but the server recovered";
        for (story, said, message) in [
            (
                Story::loss(),
                Some("XID 7"),
                "no recovery target was requested, but the server recovered to XID 7".to_owned(),
            ),
            (Story::mistake(), None, format!("{mistake} without one")),
            (Story::mistake(), Some("XID 901"), format!("{mistake} to another: XID 901")),
        ] {
            assert_eq!(target(&story, said), (Verdict::Inconclusive, message));
        }
        for asked in targets() {
            let story = Story::restored(asked.clone(), true);
            assert_eq!(story.verdict_of(NAME), Verdict::Pass, "{asked:?}");
            assert_eq!(target(&story, Some("\"others\"")).0, Verdict::Inconclusive, "{asked:?}");
        }
    }

    #[test]
    fn a_recovery_that_stopped_elsewhere_is_inconclusive() {
        for asked in targets() {
            let story = Story::restored(asked.clone(), true).recovered(|recovered| {
                recovered.log.iter_mut().for_each(|fact| {
                    if let LogFactKind::Stopping { words } = &mut fact.what {
                        *words = "before commit of transaction 3, time 1969-12-31 23:00:00+00".into();
                    }
                });
            });
            let (verdict, message) = story.finding(NAME);
            assert_eq!(verdict, Verdict::Inconclusive, "{asked:?}");
            assert!(
                message.contains("recovery stopped elsewhere: before commit of transaction 3"),
                "{message}"
            );
        }
    }

    #[test]
    fn a_table_comes_from_a_standby_that_stopped_before_the_mistake() {
        let stopped = |at: Option<&str>| {
            let story = Story::table().recovered(|recovered| {
                recovered.resolved_target =
                    Some(ResolvedTarget::Position { at: Lsn(0x300_0148), inclusive: false });
                let words = at.map(|at| format!("before WAL location (LSN) \"{at}\""));
                recovered.log = words
                    .into_iter()
                    .map(|words| LogFact {
                        at: jiff::Timestamp::UNIX_EPOCH,
                        what: LogFactKind::Stopping { words },
                    })
                    .collect();
            });
            story.verdict_of(NAME)
        };
        assert_eq!(stopped(Some("0/3000148")), Verdict::Pass);
        assert_eq!(stopped(Some("0/3000100")), Verdict::Inconclusive);
        assert_eq!(stopped(None), Verdict::Inconclusive);
        let unknown = Story::table().recovered(|recovered| recovered.resolved_target = None);
        assert_eq!(
            unknown.verdict_of(NAME),
            Verdict::Inconclusive,
            "a journal that does not say where it had to stop"
        );
    }

    #[test]
    fn a_target_that_the_journal_does_not_place_is_inconclusive() {
        let story = Story::mistake().fault(|fault| fault.xid = None);
        let message =
            "the recovery target could not be determined: no human error was injected before this step";
        assert_eq!(story.finding(NAME), (Verdict::Inconclusive, message.into()));
        let story = Story::rehearsal().without(|event| matches!(event, Event::RestorePointMade { .. }));
        assert_eq!(story.verdict_of(NAME), Verdict::Inconclusive);
    }

    #[test]
    fn a_timeline_on_which_log_and_server_differ_is_inconclusive() {
        let change = |recovered: &mut Recovered| recovered.after.timeline = Timeline(3);
        assert_eq!(Story::loss().recovered(change).verdict_of(NAME), Verdict::Inconclusive);
    }

    #[test]
    fn what_was_said_before_the_last_start_proves_nothing() {
        let change = |recovered: &mut Recovered| recovered.log.rotate_right(1);
        assert_eq!(Story::restart().recovered(change).verdict_of(NAME), Verdict::Inconclusive);
    }

    #[test]
    fn fatal_messages_are_shown_and_decide_nothing() {
        let story = Story::loss().recovered(|recovered| {
            for message in ["the database system is starting up", "out of luck"] {
                let what = LogFactKind::Fatal { message: message.into() };
                recovered.log.push(LogFact { at: jiff::Timestamp::UNIX_EPOCH, what });
            }
        });
        let judgement = story.judge();
        let finding = judgement.findings.iter().find(|finding| finding.name == NAME).expect("a finding");
        assert_eq!(
            (finding.verdict, &finding.details),
            (Verdict::Pass, &vec!["fatal: out of luck".to_owned()])
        );
    }
}
