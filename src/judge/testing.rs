//! Hand-built runs, in the product's words: each is a drill that passes, until a test sabotages it.
//!
//! Over 400 lines: the builder of made-up journals, whose steps belong together.
//!
//! All of them have the same steps on the same clock, so that a test can name a moment: the clients commit
//! every 25 ms from 1.6 s on, a backup from 2 s to 3 s, a restore point at 5 s, the fault at 7 s, the
//! recovery from 7.1 s to 8.95 s, the first write on the recovered server at 9 s, the checks from 9.5 s on
//! with the survey at 9.6 s.

mod facts;

use std::collections::BTreeMap;

use jiff::Timestamp;

use facts::{Plot, backup, checks, control, drill, found, ledger, recovered, settings, survey, words};

pub(super) use facts::server;

use super::{Finding, Judgement, Verdict, judge};
use crate::{
    drill::*,
    journal::*,
    pg::{Lsn, Major, Timeline, Version, server_log::LogFactKind},
};

/// The number of the fault's step, of the recovery's and of the checks'.
pub(super) const FAULT: usize = 4;
pub(super) const RECOVERY: usize = 5;
pub(super) const CHECKS: usize = 6;

pub(super) fn ms(millis: u64) -> Moment {
    Moment(millis * 1000)
}

pub(super) fn point() -> RestorePointName {
    "release".parse().expect("a name")
}

pub(super) fn node(name: &str) -> NodeName {
    name.parse().expect("a name")
}

pub(super) fn label() -> Label {
    "nightly".parse().expect("a label")
}

/// Each kind of target but the end of the archive.
pub(super) fn targets() -> [RecoveryTarget; 8] {
    [
        RecoveryTarget::Immediate,
        RecoveryTarget::BeforeFault,
        RecoveryTarget::Time { at: TargetTime::Point(point()) },
        RecoveryTarget::Xid { point: point(), inclusive: true },
        RecoveryTarget::Xid { point: point(), inclusive: false },
        RecoveryTarget::Lsn { at: TargetLsn::Point(point()) },
        RecoveryTarget::Lsn { at: TargetLsn::Absolute(Lsn(5_005 << 8)) },
        RecoveryTarget::Name { point: point() },
    ]
}

pub(super) fn workload_table() -> TableName {
    "shop.ticket".parse().expect("a table")
}

/// A run of one exercise, with its ledger.
#[derive(Clone)]
pub(super) struct Story {
    pub(super) exercise: Exercise,
    pub(super) entries: Vec<Entry>,
    pub(super) ledger: LedgerEntries,
}

impl Story {
    /// The primary is lost, and restored to a target; or, where it does not serve, a copy is rehearsed beside
    /// it.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a test names the variants that it is about")]
    pub(super) fn restored(target: RecoveryTarget, serve: bool) -> Self {
        let kept_until = match &target {
            RecoveryTarget::Latest if serve => ms(7_000),
            RecoveryTarget::Latest => ms(7_100),
            RecoveryTarget::Immediate => ms(2_500),
            RecoveryTarget::BeforeFault => ms(7_010),
            RecoveryTarget::Xid { inclusive: false, .. } => ms(5_000),
            _ => ms(5_010),
        };
        let fault = match target {
            RecoveryTarget::BeforeFault => {
                Some(Fault::DropTable { table: "shop.receipt".parse().expect("a table") })
            }
            _ if serve => Some(Fault::LoseVolume { node: node("primary") }),
            _ => None,
        };
        let (to, at) = words(&target).unzip();
        let log = vec![
            Some(LogFactKind::ArchiveRecovery { target: to }),
            at.map(|words| LogFactKind::Stopping { words }),
            Some(LogFactKind::NewTimeline { timeline: Timeline(2) }),
            Some(LogFactKind::Ready),
        ];
        Self::of(Plot {
            recovery: Recovery::Restore { from: label(), target, onto: node("restored"), serve },
            method: BackupMethod::Basebackup,
            fault,
            before: server("primary", 7, 1, 0),
            after: server("restored", 7, 2, 100),
            log: log.into_iter().flatten().collect(),
            serves: serve,
            kept_until,
            synchronous: false,
        })
    }

    /// The primary is lost, and a base backup is rolled forward to the end of the archive.
    pub(super) fn loss() -> Self {
        Self::restored(RecoveryTarget::Latest, true)
    }

    /// A rehearsal up to the restore point.
    pub(super) fn rehearsal() -> Self {
        Self::restored(RecoveryTarget::Name { point: point() }, false)
    }

    /// A table is dropped, and the whole cluster goes back to before it.
    pub(super) fn mistake() -> Self {
        Self::restored(RecoveryTarget::BeforeFault, true)
    }

    /// The primary is lost, and a dump is all that is left.
    pub(super) fn dump() -> Self {
        Self::of(Plot {
            recovery: Recovery::Restore {
                from: label(),
                target: RecoveryTarget::Latest,
                onto: node("restored"),
                serve: true,
            },
            method: BackupMethod::Dump,
            fault: Some(Fault::LoseVolume { node: node("primary") }),
            before: server("primary", 7, 1, 0),
            after: server("restored", 8, 1, 100),
            log: vec![LogFactKind::Ready],
            serves: true,
            kept_until: ms(1_998),
            synchronous: false,
        })
    }

    /// The postmaster is killed, and started again.
    pub(super) fn restart() -> Self {
        Self::of(Plot {
            recovery: Recovery::Restart { node: node("primary") },
            method: BackupMethod::Basebackup,
            fault: Some(Fault::KillPostmaster { node: node("primary") }),
            before: server("primary", 7, 1, 0),
            after: server("primary", 7, 1, 100),
            log: vec![
                LogFactKind::CrashRecovery,
                LogFactKind::RedoStarts,
                LogFactKind::RedoDone,
                LogFactKind::Ready,
            ],
            serves: true,
            kept_until: ms(7_000),
            synchronous: false,
        })
    }

    /// The primary is killed, and its standby promoted.
    pub(super) fn promoted(synchronous: bool) -> Self {
        Self::of(Plot {
            recovery: Recovery::Promote { node: node("standby") },
            method: BackupMethod::Basebackup,
            fault: Some(Fault::KillNode { node: node("primary") }),
            before: server("primary", 7, 1, 0),
            after: server("standby", 7, 2, 50),
            log: vec![
                LogFactKind::Consistent,
                LogFactKind::RedoDone,
                LogFactKind::NewTimeline { timeline: Timeline(2) },
                LogFactKind::Ready,
            ],
            serves: true,
            kept_until: ms(7_000),
            synchronous,
        })
    }

    /// The clients' own table is dropped, and brought back from a delayed standby.
    pub(super) fn table() -> Self {
        Self::of(Plot {
            recovery: Recovery::Table { table: workload_table(), standby: node("standby") },
            method: BackupMethod::Basebackup,
            fault: Some(Fault::DropTable { table: workload_table().into() }),
            before: server("primary", 7, 1, 0),
            after: server("primary", 7, 1, 0),
            log: vec![LogFactKind::Stopping { words: "before WAL location (LSN) \"0/3000148\"".into() }],
            serves: true,
            kept_until: ms(7_010),
            synchronous: false,
        })
    }

    fn of(plot: Plot) -> Self {
        let exercise = Exercise { drill: "loss/story".parse().expect("a name"), postgres: Major(17) };
        let ledger = ledger(&plot);
        let mut story = Self { exercise, entries: Vec::new(), ledger };
        story.write(plot);
        story
    }

    #[allow(clippy::too_many_lines, reason = "a story is told from its beginning to its end")]
    fn write(&mut self, plot: Plot) {
        let drill = drill(&plot);
        let titles: Vec<String> = drill.steps.iter().map(|step| step.title.clone()).collect();
        let mut at = |millis: u64, event: Event| {
            let exercise = (!matches!(event, Event::RunStarted { .. } | Event::RunEnded { .. }))
                .then(|| self.exercise.clone());
            self.entries.push(Entry { at: ms(millis), exercise, event });
        };
        let step = |step: usize| Event::StepStarted { step, title: titles[step].clone() };
        let done = |step: usize| Event::StepEnded { step, outcome: Outcome::Completed, error: None };
        at(
            0,
            Event::RunStarted {
                run: "r1".into(),
                lifeboat: "0.1.0".into(),
                started: Timestamp::UNIX_EPOCH,
                runtime: RuntimeKind::Fake,
                jobs: 1,
                machine: BTreeMap::new(),
                provenance: Provenance::default(),
            },
        );
        at(1, Event::Planned { drill: Box::new(drill), file: DrillFile::default() });
        at(
            1_000,
            Event::DrillStarted {
                postgres: Version { major: Major(17), minor: 6 },
                nonce: "nonce".into(),
                resolution_us: 20_000,
                software: Software::default(),
            },
        );
        at(
            1_900,
            Event::BaselineRecorded {
                primary: plot.before.clone(),
                control: control(),
                acknowledged: 12,
                settings: settings(),
                database_bytes: Some(84_307_968),
            },
        );
        at(1_950, step(0));
        at(3_000, Event::BackupTaken { step: 0, facts: backup(plot.method) });
        at(3_000, done(0));
        at(3_000, step(1));
        at(4_970, Event::Worked { step: 1, acknowledged: 79 });
        at(4_970, done(1));
        at(4_980, step(2));
        at(
            5_020,
            Event::RestorePointMade {
                step: 2,
                facts: RestorePointFacts {
                    name: point(),
                    before_marker: ms(5_000),
                    after_marker: ms(5_010),
                    xid: 742,
                    lsn: Lsn(1),
                    time: Timestamp::UNIX_EPOCH,
                },
            },
        );
        at(5_020, done(2));
        at(5_020, step(3));
        at(6_980, Event::Worked { step: 3, acknowledged: 78 });
        at(6_980, done(3));
        at(6_980, step(FAULT));
        match &plot.fault {
            Some(fault) => {
                let facts = FaultFacts {
                    fault: fault.clone(),
                    alive: Some(ms(6_990)),
                    at: ms(7_000),
                    done: ms(7_050),
                    proof: None,
                    has_rows: None,
                    inventory: Vec::new(),
                    xid: fault.is_human_error().then_some(900),
                    lsn: None,
                    server_time: None,
                };
                at(7_040, Event::FaultInjected { step: FAULT, facts });
                at(7_050, probed(FAULT, None, FaultEffect::Present));
            }
            None => at(7_050, Event::Worked { step: FAULT, acknowledged: 3 }),
        }
        at(7_060, done(FAULT));
        at(7_100, step(RECOVERY));
        let present = survey(&self.ledger, &plot);
        if plot.fault.is_some() {
            at(8_945, probed(FAULT, Some(RECOVERY), FaultEffect::Gone));
        }
        at(8_950, Event::Recovered { step: RECOVERY, recovered: Box::new(recovered(plot)) });
        at(8_950, done(RECOVERY));
        at(9_500, step(CHECKS));
        for (check, facts) in checks().into_iter().zip(found(present)) {
            at(9_700, Event::Checked { step: CHECKS, check, about: Some(RECOVERY), facts });
        }
        at(9_800, done(CHECKS));
        at(9_900, Event::CleanedUp { left: vec![], kept: false });
        at(10_000, Event::DrillEnded { interrupted: false });
        at(10_001, Event::RunEnded { interrupted: false });
    }

    /// Changes every event.
    pub(super) fn edit(mut self, mut change: impl FnMut(&mut Event)) -> Self {
        self.entries.iter_mut().for_each(|entry| change(&mut entry.event));
        self
    }

    /// Takes events away.
    pub(super) fn without(mut self, is_gone: impl Fn(&Event) -> bool) -> Self {
        self.entries.retain(|entry| !is_gone(&entry.event));
        self
    }

    /// Changes the drill.
    pub(super) fn drill(self, change: impl Fn(&mut Drill)) -> Self {
        self.edit(|event| {
            if let Event::Planned { drill, .. } = event {
                change(drill);
            }
        })
    }

    /// Changes what was recovered.
    pub(super) fn recovered(self, change: impl Fn(&mut Recovered)) -> Self {
        self.edit(|event| {
            if let Event::Recovered { recovered, .. } = event {
                change(recovered);
            }
        })
    }

    /// Changes the facts of the fault.
    pub(super) fn fault(self, change: impl Fn(&mut FaultFacts)) -> Self {
        self.edit(|event| {
            if let Event::FaultInjected { facts, .. } = event {
                change(facts);
            }
        })
    }

    /// Changes what was seen of the fault: just after it was injected, or after the recovery.
    pub(super) fn probe(self, after: Option<usize>, change: impl Fn(&mut FaultProbe)) -> Self {
        self.edit(|event| {
            if let Event::FaultProbed { after: then, probe, .. } = event
                && *then == after
            {
                change(probe);
            }
        })
    }

    /// Changes what the checks found.
    pub(super) fn found(self, change: impl Fn(&mut CheckFacts)) -> Self {
        self.edit(|event| {
            if let Event::Checked { facts, .. } = event {
                change(facts);
            }
        })
    }

    /// Changes the rows that the survey found.
    pub(super) fn survey(self, change: impl Fn(&mut WorkloadScan)) -> Self {
        self.found(|facts| {
            if let CheckFacts::WorkloadScan(survey) = facts {
                change(survey);
            }
        })
    }

    /// Changes how a step ended.
    pub(super) fn step_ended(self, number: usize, how: Outcome) -> Self {
        self.edit(|event| {
            if let Event::StepEnded { step, outcome, error } = event
                && *step == number
            {
                (*outcome, *error) = (how, Some(ErrorChain(vec!["do it".into(), "no disk".into()])));
            }
        })
    }

    /// Takes away the rows of the commits of the old service that ended in this span.
    pub(super) fn losing(self, from: Moment, to: Moment) -> Self {
        let gone: Vec<Commit> = self
            .ledger
            .commits
            .iter()
            .filter(|commit| commit.ended >= from && commit.ended <= to)
            .copied()
            .collect();
        self.survey(|survey| gone.iter().for_each(|commit| set(survey, commit, false)))
    }

    pub(super) fn judge(&self) -> Judgement {
        judge(&self.exercise, &self.entries, &[], Some(&self.ledger)).expect("a journal of this exercise")
    }

    /// The finding of this name, as its verdict and message.
    pub(super) fn finding(&self, name: &str) -> (Verdict, String) {
        let judgement = self.judge();
        let Finding { verdict, message, .. } =
            judgement.findings.iter().find(|finding| finding.name == name).unwrap_or_else(|| {
                panic!(
                    "no {name} in {:#?}",
                    judgement.findings.iter().map(|finding| &finding.name).collect::<Vec<_>>()
                )
            });
        (*verdict, message.clone())
    }

    pub(super) fn verdict_of(&self, name: &str) -> Verdict {
        self.finding(name).0
    }
}

/// Somebody looked for the effect of a fault, just after it or after a step that was to end it.
pub(super) fn probed(fault: usize, after: Option<usize>, effect: FaultEffect) -> Event {
    let at = if after.is_some() { ms(8_940) } else { ms(7_050) };
    Event::FaultProbed {
        fault,
        after,
        probe: FaultProbe { at, effect, seen: "it was seen".into(), missing: Vec::new() },
    }
}

/// Puts the row of a commit in, or takes it away.
pub(super) fn set(survey: &mut WorkloadScan, commit: &Commit, present: bool) {
    let rows = survey.writers.entry(commit.writer).or_default();
    let row: Ranges = [u64::from(commit.seq)].into_iter().collect();
    rows.present = rows.present.difference(&row);
    if present {
        rows.present.insert(u64::from(commit.seq));
    }
}
