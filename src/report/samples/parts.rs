//! The parts of judgements.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    drill::{
        Check, Cluster, Dataset, Drill, Fixture, Node, Objectives, Origin, Period, RecoveryTarget, Role,
        RuntimeKind, Service, Workload,
    },
    journal::{Exercise, Moment, Outcome, Phase, PhaseSpan, Provenance, Recovered, Server, Software},
    judge::{
        CheckJudgement, DrillProvenance, Finding, Judgement, KeptFile, RecoveryJudgement, RunJudgement,
        StepRecord, Subject, Verdict, Work, WorstCase,
    },
    pg::{Lsn, Major, Timeline, Version},
};

pub(in crate::report) fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(super) fn at(millis: u64) -> Moment {
    Moment(millis * 1000)
}

pub(super) fn span(phase: Phase, from: u64, to: u64) -> PhaseSpan {
    PhaseSpan { phase, from: at(from), to: at(to) }
}

pub(super) fn run(verdict: Verdict, exercises: Vec<Judgement>) -> RunJudgement {
    RunJudgement {
        run: "20261120-160000-brave-otter".into(),
        started: "2026-11-20T16:00:00.25Z".parse().expect("an instant"),
        took: ms(23_456),
        lifeboat: "0.1.0".into(),
        runtime: RuntimeKind::Docker,
        jobs: 1,
        machine: BTreeMap::from([("cores".into(), "2".into()), ("memory".into(), "24684084 kB".into())]),
        provenance: Provenance {
            commit: Some("0da02b8".into()),
            host: Some("ci-runner-7".into()),
            zone: Some("Europe/Berlin".into()),
            ci: BTreeMap::from([("GITHUB_RUN_ID".into(), "1658821493".into())]),
        },
        epoch: "2026-11-20T16:00:00.248Z".parse().expect("an instant"),
        interrupted: false,
        journal_hash: Some("5d4e0c1f".repeat(8)),
        journal_damage: None,
        exercises,
        verdict,
    }
}

pub(super) fn exercise(name: &str, title: &str, major: u16) -> Judgement {
    let drill = Drill {
        name: name.parse().expect("a name"),
        title: title.into(),
        description: String::new(),
        tags: vec!["physical".into(), "monthly".into()],
        objectives: Objectives {
            rto: Some(Period::from_secs(3600)),
            rpo: Some(Period::from_secs(300)),
            ..Objectives::default()
        },
        manual_time: None,
        backup_interval: None,
        version: None,
        settings: BTreeMap::new(),
        server: Default::default(),
        origin: Origin::Cluster(Cluster {
            nodes: vec![Node {
                name: "primary".parse().expect("a node"),
                role: Role::Primary,
                settings: BTreeMap::new(),
            }],
            archive: None,
            dataset: Dataset::fixture(Fixture::Shop, 1),
            workload: Workload::of_rows(4, Some(200.0), "shop.receipt".parse().expect("a table")),
            service: Service::Switch,
        }),
        steps: Vec::new(),
        folder: None,
    };
    Judgement {
        exercise: Exercise { drill: drill.name.clone(), postgres: Major(major) },
        drill,
        postgres: Some(Version { major: Major(major), minor: 6 }),
        skipped: None,
        verdict: None,
        findings: Vec::new(),
        steps: Vec::new(),
        fault: None,
        recoveries: Vec::new(),
        checks: Vec::new(),
        rto: None,
        rpo: None,
        lost_commits: None,
        discarded_commits: None,
        discarded: None,
        at_risk: false,
        worst_case: WorstCase { bound: Some(ms(2_000)), because: "archive_timeout = 2s".into() },
        contended_with: Vec::new(),
        work: Work {
            acknowledged: 2_731,
            in_doubt: 4,
            failed: 0,
            longest_outage: Some(ms(2_725)),
            ..Work::default()
        },
        resolution: Some(ms(10)),
        evidence: BTreeMap::from([
            ("evidence/primary.log".into(), kept(18_432)),
            ("evidence/restored.log".into(), kept(9_120)),
        ]),
        provenance: provenance(),
        left: Vec::new(),
        kept: false,
        not_proven: vec!["The repository was on the same machine: its loss was not rehearsed.".into()],
        began: Some(at(12)),
        ended: Some(at(20_710)),
    }
}

pub(super) fn kept(bytes: u64) -> KeptFile {
    KeptFile { bytes, hash: Some("9f2b17c4".repeat(8)) }
}

fn provenance() -> DrillProvenance {
    DrillProvenance {
        file: "drills/loss/pitr-latest.toml (shipped)".into(),
        file_hash: "c4a80d61".repeat(8),
        software: Software {
            image: Some("lifeboat-postgres:17".into()),
            digest: Some("sha256:0c4f5f6d".into()),
            programs: None,
        },
        settings: BTreeMap::from([("archive_timeout".into(), "2s".into()), ("fsync".into(), "on".into())]),
        database_bytes: Some(84_307_968),
    }
}

pub(super) fn step(title: &str, from: u64, to: u64) -> StepRecord {
    StepRecord {
        title: title.into(),
        began: Some(at(from)),
        ended: Some(at(to)),
        outcome: Outcome::Completed,
        error: None,
    }
}

pub(super) fn check(
    step: usize,
    index: usize,
    check: Check,
    verdict: Verdict,
    facts: u64,
    message: &str,
) -> CheckJudgement {
    CheckJudgement { step, index, check, verdict, facts, message: message.into(), found: None }
}

pub(super) fn finding(
    subject: Subject,
    name: &str,
    verdict: Verdict,
    message: &str,
    took: Option<u64>,
) -> Finding {
    Finding {
        subject,
        name: name.into(),
        verdict,
        message: message.into(),
        details: Vec::new(),
        lines: vec![17, 18],
        took: took.map(ms),
        follows: false,
    }
}

pub(super) fn recovery(
    step: usize,
    target: RecoveryTarget,
    from: u64,
    first_write: u64,
) -> RecoveryJudgement {
    let server = |timeline, start: &str| Server {
        node: None,
        system_identifier: 7_512_345_678_901_234_567,
        timeline: Timeline(timeline),
        postmaster_start: start.parse().expect("an instant"),
        in_recovery: false,
    };
    RecoveryJudgement {
        step,
        recovered: Recovered {
            clock: None,
            node: "restored".parse().expect("a node"),
            before: Some(server(1, "2026-11-20T16:00:01Z")),
            source: None,
            after: server(2, "2026-11-20T16:00:17Z"),
            target: Some(target),
            serves: true,
            switched: None,
            nonce: Some("otter".into()),
            backup: Some("nightly".parse().expect("a label")),
            backup_label: Some("nightly".into()),
            end_of_recovery: Some(Lsn(0x700_0028)),
            resolved_target: None,
            tls: None,
            archive_end: None,
            log: Vec::new(),
            phases: Vec::new(),
        },
        from: at(from),
        first_write: Some(at(first_write)),
        rto: Some(ms(first_write - from)),
        phases: Vec::new(),
        declared: None,
        verified: Some(ms(first_write - from + 400)),
        accounting: None,
    }
}
