//! Judgements made by hand, for the tests of the renderers.

pub(super) mod parts;

use std::{collections::BTreeMap, time::Duration};

use super::samples::parts::{at, check, exercise, finding, kept, ms, recovery, run, span, step};
use crate::{
    drill::{Check, Fault, ObjectiveKind, Objectives, Period, RecoveryTarget, SqlCheck, TableName},
    journal::{Outcome, Phase},
    judge::{CommitAccounting, FaultJudgement, Judgement, RunJudgement, Subject, Verdict, Work, WorstCase},
};

/// Everything that a name may hold to break a renderer.
pub(super) const HOSTILE: &str = "<script>alert(1)</script> ]]> \u{1b}[31m ../../etc \n::error::pwned\n| a | \
    `b` \0 # [x](javascript:y) @octocat \u{202e}gpj";

/// `loss/pitr-latest@17`, all promises kept.
pub(super) fn passing() -> RunJudgement {
    run(Verdict::Pass, vec![pitr_latest()])
}

#[allow(clippy::too_many_lines, reason = "one value, field by field")]
pub(super) fn pitr_latest() -> Judgement {
    let table: TableName = "shop.customer".parse().expect("a table");
    let mut drill = exercise(
        "loss/pitr-latest",
        "Complete loss of the primary, recovered from a base backup and archived WAL",
        17,
    );
    drill.drill.description =
        "The primary and its data directory vanish under load.\nA new server is made from last night's base \
         backup.\n"
            .into();
    drill.verdict = Some(Verdict::Pass);
    drill.steps = vec![
        step("work for 2 s", 2_100, 4_100),
        step("take backup nightly", 4_100, 5_300),
        step("work for 10 s", 5_300, 15_300),
        step("lose the volume of primary", 15_300, 15_480),
        step("recover from nightly to latest on restored", 15_480, 18_030),
        step("check ledger, content, rows shop.customer, reprotect", 18_030, 20_400),
    ];
    drill.fault = Some(FaultJudgement {
        fault: Fault::LoseVolume { node: "primary".parse().expect("a node") },
        at: at(15_302),
        proven: Some(at(15_434)),
        effect: "the volume is gone and the server refuses connections".into(),
    });
    let mut latest = recovery(4, RecoveryTarget::Latest, 15_302, 18_021);
    latest.phases = vec![
        span(Phase::Detect, 15_302, 15_482),
        span(Phase::Provision, 15_482, 15_790),
        span(Phase::Fetch, 15_790, 15_912),
        span(Phase::Restore, 15_912, 16_655),
        span(Phase::Start, 16_655, 16_840),
        span(Phase::Replay, 16_840, 17_960),
        span(Phase::Promote, 17_960, 18_004),
        span(Phase::FirstWrite, 18_004, 18_021),
    ];
    latest.verified = Some(ms(5_098));
    latest.accounting = Some(CommitAccounting {
        due: 2_412,
        kept: 2_405,
        lost: 7,
        in_doubt_present: 1,
        in_doubt_absent: 3,
        rpo: Some(ms(34)),
        wal_bytes: 1_234,
        examples: vec![
            "writer 3, seq 601, acknowledged +15.271004s".into(),
            "writer 1, seq 604, acknowledged +15.290112s".into(),
        ],
        ..CommitAccounting::default()
    });
    drill.recoveries = vec![latest];
    drill.checks = vec![
        check(
            5,
            0,
            Check::Ledger,
            Verdict::Pass,
            2_416,
            "7 of 2,412 acknowledged commits lost, nothing unexpected",
        ),
        check(5, 1, Check::Content, Verdict::Pass, 14, "14 tables equal to the baseline `nightly`"),
        check(5, 2, Check::Rows { table, at_least: 1 }, Verdict::Pass, 1, "5000 rows, at least 1 promised"),
        check(5, 3, Check::Reprotect, Verdict::Pass, 2, "a segment was archived and a new backup verified"),
    ];
    drill.rto = Some(ms(2_719));
    drill.rpo = Some(ms(34));
    drill.lost_commits = Some(7);
    drill.findings = vec![
        finding(
            Subject::Baseline,
            "baseline",
            Verdict::Pass,
            "4 writers committed before the fault",
            Some(2_100),
        ),
        finding(Subject::Step { step: 0 }, "step 1: work for 2 s", Verdict::Pass, "completed", Some(2_000)),
        finding(
            Subject::Step { step: 1 },
            "step 2: take backup nightly",
            Verdict::Pass,
            "completed",
            Some(1_200),
        ),
        finding(Subject::Step { step: 2 }, "step 3: work for 10 s", Verdict::Pass, "completed", Some(10_000)),
        finding(Subject::Fault { step: 3 }, "fault (step 4)", Verdict::Pass, "the volume is gone", Some(132)),
        finding(
            Subject::EndOfRecovery { step: 4 },
            "recovered (step 5)",
            Verdict::Pass,
            "archive recovery complete, timeline 2",
            None,
        ),
        finding(
            Subject::Identity { step: 4 },
            "identity (step 5)",
            Verdict::Pass,
            "system identifier, nonce and backup label agree",
            None,
        ),
        finding(Subject::Phases { step: 4 }, "phases (step 5)", Verdict::Pass, "phases add up to RTO", None),
        finding(
            Subject::Check { step: 5, index: 0 },
            "check ledger (step 6)",
            Verdict::Pass,
            "7 of 2,412 lost",
            None,
        ),
        finding(
            Subject::Check { step: 5, index: 1 },
            "check content (step 6)",
            Verdict::Pass,
            "14 tables equal",
            None,
        ),
        finding(
            Subject::Objective { promise: ObjectiveKind::Rto },
            "objective RTO",
            Verdict::Pass,
            "2.7 s, promised 1 h",
            Some(2_719),
        ),
        finding(
            Subject::Objective { promise: ObjectiveKind::Rpo },
            "objective RPO",
            Verdict::Pass,
            "34 ms, promised 5 min",
            Some(34),
        ),
        finding(Subject::WorstCase, "worst case", Verdict::Pass, "34 ms, at most 2 s by configuration", None),
        finding(Subject::Cleanup, "cleanup", Verdict::Pass, "everything was removed", Some(310)),
    ];
    drill
}

/// Drills of every kind: broken, inconclusive, passed, skipped; one with declared time and contention.
pub(super) fn mixed() -> RunJudgement {
    let mut run = run(Verdict::Fail, vec![pitr_latest(), inconclusive(), declared(), failing(), skipped()]);
    run.jobs = 2;
    run
}

/// An RTO and a ledger that broke their promises.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others stay as they are")]
pub(super) fn failing() -> Judgement {
    let mut drill = pitr_latest();
    drill.exercise.drill = "crash/sync-failover".parse().expect("a name");
    drill.drill.name = drill.exercise.drill.clone();
    drill.drill.title = "Primary lost, synchronous standby promoted, nothing lost".into();
    drill.drill.objectives =
        Objectives { rto: Some(Period(ms(2_700))), rpo: Some(Period::from_secs(0)), ..Objectives::default() };
    drill.verdict = Some(Verdict::Fail);
    drill.worst_case =
        WorstCase { bound: Some(Duration::ZERO), because: "synchronous_commit waits for the standby".into() };
    drill.recoveries[0].phases[0] = span(Phase::Detect, 15_302, 15_312);
    if let Some(accounting) = drill.recoveries[0].accounting.as_mut() {
        accounting.holes = 2;
        accounting.unexpected = 1;
    }
    let ledger = "7 of 2,412 acknowledged commits lost, 2 holes, 1 unexpected row";
    (drill.checks[0].verdict, drill.checks[0].message) = (Verdict::Fail, ledger.into());
    for finding in &mut drill.findings {
        match finding.subject {
            Subject::Check { index: 0, .. } => {
                finding.verdict = Verdict::Fail;
                finding.message = ledger.into();
                finding.details = vec![
                    "writer 3, seq 601, acknowledged +15.271004s".into(),
                    "writer 2, seq 17 was never tried".into(),
                ];
            }
            Subject::Objective { promise: ObjectiveKind::Rto } => {
                finding.verdict = Verdict::Fail;
                finding.message = "2.719 s, promised 2.7 s".into();
            }
            Subject::Objective { promise: ObjectiveKind::Rpo } => {
                finding.verdict = Verdict::Fail;
                finding.message = "34 ms, promised 0 s".into();
            }
            Subject::WorstCase => {
                finding.verdict = Verdict::Fail;
                finding.message = "34 ms lost, at most 0 s by configuration".into();
            }
            Subject::Phases { .. } => {
                finding.verdict = Verdict::Inconclusive;
                finding.message = "phases add up to 93.7 % of RTO".into();
            }
            _ => {}
        }
    }
    drill
}

/// A recovery that never wrote.
pub(super) fn inconclusive() -> Judgement {
    let mut drill = pitr_latest();
    drill.exercise.drill = "crash/postmaster".parse().expect("a name");
    drill.drill.name = drill.exercise.drill.clone();
    drill.drill.title = "SIGKILL of the postmaster under load, crash recovery".into();
    drill.verdict = Some(Verdict::Inconclusive);
    (drill.rto, drill.rpo, drill.lost_commits) = (None, None, None);
    drill.worst_case = WorstCase { bound: None, because: "no archive and no synchronous standby".into() };
    drill.checks.clear();
    let recovery = &mut drill.recoveries[0];
    (recovery.rto, recovery.first_write, recovery.verified, recovery.accounting) = (None, None, None, None);
    recovery.phases.truncate(3);
    drill.steps[4].outcome = Outcome::TimedOut;
    drill.steps[4].error = Some(
        "wait for the server to accept connections: FATAL: could not locate required checkpoint record"
            .into(),
    );
    drill.steps[5] = crate::judge::StepRecord {
        began: None,
        ended: None,
        outcome: Outcome::Skipped,
        ..drill.steps[5].clone()
    };
    drill.findings.truncate(5);
    drill.findings.push(finding(
        Subject::Step { step: 4 },
        "step 5: restart primary",
        Verdict::Inconclusive,
        "timed out after 30 min",
        Some(1_800_000),
    ));
    drill.findings.push(finding(
        Subject::Cleanup,
        "cleanup",
        Verdict::Inconclusive,
        "1 volume was left",
        None,
    ));
    drill.left = vec!["volume lifeboat-x-primary: in use".into()];
    drill
}

/// Minutes that are declared beside seconds that were measured, on a busy machine.
pub(super) fn declared() -> Judgement {
    let mut drill = pitr_latest();
    drill.exercise.drill = "human-error/table-from-standby".parse().expect("a name");
    drill.drill.name = drill.exercise.drill.clone();
    drill.drill.title = "One table brought back from a delayed standby, the rest untouched".into();
    drill.contended_with = vec!["loss/dump@17".into()];
    let recovery = &mut drill.recoveries[0];
    recovery.declared = Some(Period::from_secs(300));
    recovery.rto = Some(ms(302_719));
    recovery.phases.insert(1, span(Phase::Manual, 0, 300_000));
    drill.rto = Some(ms(302_719));
    if let Some(accounting) = recovery.accounting.as_mut() {
        *accounting = CommitAccounting {
            due: 2_412,
            kept: 2_412,
            discarded: 1,
            rpo: Some(Duration::ZERO),
            ..CommitAccounting::default()
        };
    }
    (drill.rpo, drill.lost_commits) = (Some(Duration::ZERO), Some(0));
    drill
}

/// Not possible here.
pub(super) fn skipped() -> Judgement {
    let mut drill = exercise("crash/host-loss", "A host is lost", 17);
    drill.skipped = Some("runtime local can't lose a host: use --runtime docker".into());
    drill.postgres = None;
    (drill.began, drill.ended, drill.resolution) = (None, None, None);
    drill.evidence.clear();
    drill.not_proven.clear();
    drill.work = Work::default();
    drill
}

/// Six rehearsals of one backup, one of which went too far.
pub(super) fn rehearsals() -> RunJudgement {
    let point = || "release".parse().expect("a restore point");
    let targets = [
        RecoveryTarget::Time { at: crate::drill::TargetTime::Point(point()) },
        RecoveryTarget::Xid { point: point(), inclusive: true },
        RecoveryTarget::Xid { point: point(), inclusive: false },
        RecoveryTarget::Lsn { at: crate::drill::TargetLsn::Point(point()) },
        RecoveryTarget::Name { point: point() },
        RecoveryTarget::Immediate,
    ];
    let mut drill = exercise("loss/pitr-targets", "One cluster recovered to each kind of target", 15);
    drill.verdict = Some(Verdict::Fail);
    for (index, target) in (0_u64..).zip(targets) {
        let begin = 8_000 + index * 3_000;
        let number = drill.steps.len();
        drill.steps.push(step(
            &format!("rehearse nightly to {} on copy-{index}", target.describe()),
            begin,
            begin + 2_000,
        ));
        drill.steps.push(step("check ledger", begin + 2_000, begin + 2_200));
        let mut rehearsed = recovery(number, target, begin, begin + 1_900);
        rehearsed.recovered.serves = false;
        rehearsed.phases =
            vec![span(Phase::Restore, begin, begin + 900), span(Phase::Replay, begin + 900, begin + 1_900)];
        let overshot = u64::from(index == 2);
        rehearsed.accounting = Some(CommitAccounting {
            due: 400,
            kept: 400,
            overshot,
            discarded: 410,
            rpo: Some(Duration::ZERO),
            ..CommitAccounting::default()
        });
        drill.recoveries.push(rehearsed);
        let verdict = if overshot > 0 { Verdict::Fail } else { Verdict::Pass };
        let message = format!("400 of 400 commits there, {overshot} after the target");
        drill.checks.push(check(number + 1, 0, Check::Ledger, verdict, 810, &message));
        let name = format!("check ledger (step {})", number + 2);
        drill.findings.push(finding(
            Subject::Check { step: number + 1, index: 0 },
            &name,
            verdict,
            &message,
            None,
        ));
    }
    drill.rto = Some(ms(1_900));
    drill.rpo = Some(Duration::ZERO);
    drill.lost_commits = Some(0);
    run(Verdict::Fail, vec![drill])
}

/// The runner died while the first drill ran, before anything was judged.
pub(super) fn interrupted() -> RunJudgement {
    let mut drill = exercise("loss/pitr-latest", "Complete loss of the primary", 17);
    drill.verdict = Some(Verdict::Inconclusive);
    drill.ended = None;
    let mut run = run(Verdict::Inconclusive, vec![drill]);
    run.interrupted = true;
    run
}

/// Text that others chose, everywhere.
pub(super) fn hostile(text: &str) -> RunJudgement {
    let mut drill = failing();
    drill.drill.title = text.into();
    drill.drill.description = format!("{text}\nx");
    drill.drill.cluster_mut().workload.table = TableName { schema: text.into(), name: text.into() };
    drill.worst_case.because = text.into();
    drill.contended_with = vec![text.into()];
    drill.not_proven = vec![text.into()];
    drill.left = vec![text.into()];
    drill.evidence = BTreeMap::from([(format!("evidence/{text}"), kept(12))]);
    for finding in &mut drill.findings {
        finding.name = text.into();
        finding.message = text.into();
        finding.details = vec![text.into()];
    }
    for step in &mut drill.steps {
        step.title = text.into();
        step.error = Some(text.into());
    }
    if let Some(fault) = drill.fault.as_mut() {
        fault.effect = text.into();
        fault.fault = Fault::DropTable { table: TableName { schema: text.into(), name: text.into() }.into() };
    }
    for check in &mut drill.checks {
        check.message = text.into();
        check.check = Check::Sql(SqlCheck { title: text.into(), query: text.into(), expect: Vec::new() });
    }
    for accounting in drill.recoveries.iter_mut().filter_map(|recovery| recovery.accounting.as_mut()) {
        accounting.examples = vec![text.into()];
    }
    let mut skipped = skipped();
    skipped.skipped = Some(text.into());
    let mut run = run(Verdict::Fail, vec![drill, skipped]);
    run.run = text.into();
    run.lifeboat = text.into();
    run.machine = BTreeMap::from([(text.into(), text.into())]);
    run
}
