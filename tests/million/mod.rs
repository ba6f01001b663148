//! A run of one exercise with a million commits, or more: a server that crashed and was started again.

use std::{collections::BTreeMap, io::Write};

use lifeboat::{
    drill::{
        Check, Cluster, Dataset, Drill, Fault, Fixture, Node, NodeName, Objectives, Origin, Period, Recovery,
        Role, RuntimeKind, Service, Step, Verb, Workload,
    },
    journal::{
        CheckFacts, Commit, CommitOutcome, DrillFile, Entry, Event, Exercise, FaultEffect, FaultFacts,
        FaultProbe, Moment, Outcome, Phase, PhaseSpan, Provenance, Recovered, Server, Session, Software,
        WorkloadScan, format::ledger,
    },
    pg::{
        ControlData, Lsn, Major, Timeline, Version,
        server_log::{LogFact, LogFactKind},
    },
};

/// How many clients made them.
const WRITERS: u64 = 8;
/// How many of the commits come after the fault.
const AFTER: u64 = 1_000;
const START: u64 = 2_000_000;

/// How many commits: a million, fewer without optimisation, or as many as the environment asks for.
pub(crate) fn commits() -> u64 {
    let asked = std::env::var("LIFEBOAT_TEST_COMMITS").ok();
    let usual = if cfg!(debug_assertions) { 200_000 } else { 1_000_000 };
    asked.map_or(usual, |asked| asked.parse().expect("a number in LIFEBOAT_TEST_COMMITS"))
}

/// The moment of the fault, in microseconds: a commit ends every 50 µs.
fn fault_at() -> u64 {
    START + (commits() - AFTER) * 50 + 400
}

fn back() -> u64 {
    fault_at() + 1_000_000
}

fn end() -> u64 {
    back() + AFTER * 50 + 1_000
}

fn node() -> NodeName {
    "primary".parse().expect("a name")
}

fn server(life: i64) -> Server {
    let postmaster_start = jiff::Timestamp::from_second(life).expect("a time");
    Server {
        node: Some(node()),
        system_identifier: 7,
        timeline: Timeline(1),
        postmaster_start,
        in_recovery: false,
    }
}

fn commit(index: u64, commits: u64) -> Commit {
    let before = commits - AFTER;
    let is_before = index < before;
    // The fault is 400 µs behind the last commit before it, and a second before the first one after it.
    let begun = START + index * 50 + if is_before { 0 } else { 1_000_400 };
    let writer = index % WRITERS + 1;
    Commit {
        begun: Moment(begun),
        ended: Moment(begun + 390),
        lsn: Lsn(0x16_0000_0000 + index * 256),
        seq: u32::try_from(index / WRITERS + 1).expect("few"),
        session: u32::try_from(if is_before { writer } else { writer + WRITERS }).expect("few"),
        writer: u16::try_from(writer).expect("few"),
        outcome: CommitOutcome::Acknowledged,
    }
}

/// Writes the ledger, as the clients do.
pub(crate) fn write_ledger(mut out: impl Write) {
    let commits = commits();
    ledger::write_header(&mut out).expect("it can be written");
    for session in 1..=2 * WRITERS {
        let writer = u16::try_from((session - 1) % WRITERS + 1).expect("few");
        let (at, life) = if session <= WRITERS { (START, 0) } else { (back(), 9) };
        let session = Session {
            session: u32::try_from(session).expect("few"),
            writer,
            at: Moment(at),
            server: server(life),
        };
        ledger::write_session(&mut out, &session).expect("it can be written");
    }
    for index in 0..commits {
        ledger::write_commit(&mut out, &commit(index, commits)).expect("it can be written");
    }
}

/// The journal of the run, with its first and last line, as reports need it.
pub(crate) fn whole_journal() -> Vec<Entry> {
    let (_, exercise) = journal();
    let started = Event::RunStarted {
        run: "20261120-171500-3f9a".into(),
        lifeboat: "0.1.0".into(),
        started: jiff::Timestamp::UNIX_EPOCH,
        runtime: RuntimeKind::Docker,
        jobs: 1,
        machine: BTreeMap::new(),
        provenance: Provenance::default(),
    };
    let ended = Event::RunEnded { interrupted: false };
    let line = |at, event| Entry { at: Moment(at), exercise: None, event };
    [vec![line(0, started)], exercise, vec![line(end() + 50, ended)]].concat()
}

/// The most memory that this process ever had resident, in kilobytes.
#[cfg(target_os = "linux")]
pub(crate) fn peak_kilobytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a high-water mark");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// The journal of the exercise.
pub(crate) fn journal() -> (Exercise, Vec<Entry>) {
    let exercise = Exercise { drill: "crash/million".parse().expect("a name"), postgres: Major(17) };
    let step = |step| Event::StepStarted { step, title: "a step".into() };
    let done = |step| Event::StepEnded { step, outcome: Outcome::Completed, error: None };
    let settings = ["fsync", "full_page_writes", "synchronous_commit"]
        .map(|name| (name.to_owned(), "on".to_owned()))
        .into();
    let control = ControlData {
        system_identifier: 7,
        state: "in production".into(),
        timeline: Timeline(1),
        redo: Lsn(1),
        segment_size: 16 << 20,
        checksums: true,
    };
    let fault = FaultFacts {
        fault: Fault::KillPostmaster { node: node() },
        alive: Some(Moment(fault_at() - 10)),
        at: Moment(fault_at()),
        done: Moment(fault_at() + 10),
        proof: None,
        has_rows: None,
        inventory: Vec::new(),
        xid: None,
        lsn: None,
        server_time: None,
    };
    let events = vec![
        (1, Event::Planned { drill: Box::new(drill()), file: DrillFile::default() }),
        (
            2,
            Event::DrillStarted {
                postgres: Version { major: Major(17), minor: 6 },
                nonce: "nonce".into(),
                resolution_us: 20_000,
                software: Software::default(),
            },
        ),
        (
            START,
            Event::BaselineRecorded {
                primary: server(0),
                control,
                acknowledged: 1,
                settings,
                database_bytes: None,
            },
        ),
        (fault_at(), step(0)),
        (fault_at() + 10, Event::FaultInjected { step: 0, facts: fault }),
        (fault_at() + 10, probed(None, FaultEffect::Present)),
        (fault_at() + 10, done(0)),
        (fault_at() + 10, step(1)),
        (back(), probed(Some(1), FaultEffect::Gone)),
        (back(), Event::Recovered { step: 1, recovered: Box::new(recovered()) }),
        (back(), done(1)),
        (end(), step(2)),
        (
            end() + 20,
            Event::Checked {
                step: 2,
                check: Check::Ledger,
                about: Some(1),
                facts: CheckFacts::WorkloadScan(survey()),
            },
        ),
        (end() + 20, done(2)),
        (end() + 30, Event::CleanedUp { left: vec![], kept: false }),
        (end() + 40, Event::DrillEnded { interrupted: false }),
    ];
    let entries = events.into_iter().map(|(at, event)| Entry {
        at: Moment(at),
        exercise: Some(exercise.clone()),
        event,
    });
    (exercise.clone(), entries.collect())
}

fn survey() -> WorkloadScan {
    let commits = commits();
    let mut survey =
        WorkloadScan { begun: Moment(end()), ended: Moment(end() + 10), ..WorkloadScan::default() };
    for index in 0..commits {
        let commit = commit(index, commits);
        survey.writers.entry(commit.writer).or_default().present.insert(u64::from(commit.seq));
    }
    survey
}

fn recovered() -> Recovered {
    let log = [LogFactKind::CrashRecovery, LogFactKind::Ready];
    let span = |phase, from, to| PhaseSpan { phase, from: Moment(from), to: Moment(to) };
    Recovered {
        clock: None,
        node: node(),
        before: Some(server(0)),
        source: None,
        after: server(9),
        target: None,
        serves: true,
        switched: None,
        nonce: Some("nonce".into()),
        backup: None,
        backup_label: None,
        end_of_recovery: None,
        resolved_target: None,
        tls: None,
        archive_end: None,
        log: log.map(|what| LogFact { at: jiff::Timestamp::UNIX_EPOCH, what }).into(),
        phases: vec![
            span(Phase::Detect, fault_at(), fault_at() + 10),
            span(Phase::Start, fault_at() + 10, back()),
        ],
    }
}

fn probed(after: Option<usize>, effect: FaultEffect) -> Event {
    let at = Moment(if after.is_some() { back() } else { fault_at() + 10 });
    Event::FaultProbed {
        fault: 0,
        after,
        probe: FaultProbe { at, effect, seen: "it was seen".into(), missing: Vec::new() },
    }
}

fn drill() -> Drill {
    let verbs = [
        Verb::Fault(Fault::KillPostmaster { node: node() }),
        Verb::Recover(Recovery::Restart { node: node() }),
        Verb::Check(vec![Check::Ledger]),
    ];
    Drill {
        name: "crash/million".parse().expect("a name"),
        title: "A million commits".into(),
        description: String::new(),
        tags: vec![],
        objectives: Objectives {
            rto: Some(Period::from_secs(60)),
            rpo: Some(Period::from_secs(0)),
            ..Objectives::default()
        },
        manual_time: None,
        backup_interval: None,
        version: None,
        settings: BTreeMap::new(),
        server: Default::default(),
        origin: Origin::Cluster(Cluster {
            nodes: vec![Node { name: node(), role: Role::Primary, settings: BTreeMap::new() }],
            archive: None,
            dataset: Dataset::fixture(Fixture::Empty, 1),
            workload: Workload::of_rows(8, None, "public.ticket".parse().expect("a table")),
            service: Service::Switch,
        }),
        steps: verbs
            .map(|verb| Step { title: verb.describe(), deadline: verb.default_deadline(), verb })
            .into(),
        folder: None,
    }
}
