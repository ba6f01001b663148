//! A run of one exercise with a million commits: a server that crashed and was started again.

use std::{collections::BTreeMap, io::Write};

use lifeboat::{
    drill::{
        Check, Dataset, Drill, Fault, Fixture, Node, NodeName, Objectives, Period, Recovery, Role,
        RuntimeKind, Service, Step, Verb, Workload,
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

/// How many commits.
const COMMITS: u64 = 1_000_000;
/// How many clients made them.
const WRITERS: u64 = 8;
/// The lines of the ledger's text: header, sessions and commits.
pub(crate) const LINES: usize = 1_000_017;
/// The commits before the fault.
const BEFORE: u64 = COMMITS - 1_000;

const START: u64 = 2_000_000;
/// The moment of the fault, in microseconds: a commit ends every 50 µs.
const FAULT: u64 = START + BEFORE * 50 + 400;
const BACK: u64 = FAULT + 1_000_000;
const END: u64 = BACK + 1_000 * 50 + 1_000;

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

fn commit(index: u64) -> Commit {
    let is_before = index < BEFORE;
    let begun = if is_before { START + index * 50 } else { BACK + (index - BEFORE) * 50 };
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
    ledger::write_header(&mut out).expect("it can be written");
    for session in 1..=2 * WRITERS {
        let writer = u16::try_from((session - 1) % WRITERS + 1).expect("few");
        let (at, life) = if session <= WRITERS { (START, 0) } else { (BACK, 9) };
        let session = Session {
            session: u32::try_from(session).expect("few"),
            writer,
            at: Moment(at),
            server: server(life),
        };
        ledger::write_session(&mut out, &session).expect("it can be written");
    }
    for index in 0..COMMITS {
        ledger::write_commit(&mut out, &commit(index)).expect("it can be written");
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
    [vec![line(0, started)], exercise, vec![line(END + 50, ended)]].concat()
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
        alive: Some(Moment(FAULT - 10)),
        at: Moment(FAULT),
        done: Moment(FAULT + 10),
        proof: None,
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
        (FAULT, step(0)),
        (FAULT + 10, Event::FaultInjected { step: 0, facts: fault }),
        (FAULT + 10, probed(None, FaultEffect::Present)),
        (FAULT + 10, done(0)),
        (FAULT + 10, step(1)),
        (BACK, probed(Some(1), FaultEffect::Gone)),
        (BACK, Event::Recovered { step: 1, recovered: Box::new(recovered()) }),
        (BACK, done(1)),
        (END, step(2)),
        (
            END + 20,
            Event::Checked {
                step: 2,
                check: Check::Ledger,
                about: Some(1),
                facts: CheckFacts::WorkloadScan(survey()),
            },
        ),
        (END + 20, done(2)),
        (END + 30, Event::CleanedUp { left: vec![], kept: false }),
        (END + 40, Event::DrillEnded { interrupted: false }),
    ];
    let entries = events.into_iter().map(|(at, event)| Entry {
        at: Moment(at),
        exercise: Some(exercise.clone()),
        event,
    });
    (exercise.clone(), entries.collect())
}

fn survey() -> WorkloadScan {
    let mut survey = WorkloadScan { begun: Moment(END), ended: Moment(END + 10), ..WorkloadScan::default() };
    for index in 0..COMMITS {
        let commit = commit(index);
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
        before: server(0),
        after: server(9),
        target: None,
        serves: true,
        switched: None,
        nonce: Some("nonce".into()),
        backup: None,
        backup_label: None,
        end_of_recovery: None,
        resolved_target: None,
        archive_end: None,
        log: log.map(|what| LogFact { at: jiff::Timestamp::UNIX_EPOCH, what }).into(),
        phases: vec![span(Phase::Detect, FAULT, FAULT + 10), span(Phase::Start, FAULT + 10, BACK)],
    }
}

fn probed(after: Option<usize>, effect: FaultEffect) -> Event {
    let at = Moment(if after.is_some() { BACK } else { FAULT + 10 });
    Event::FaultProbed { fault: 0, after, probe: FaultProbe { at, effect, seen: "it was seen".into() } }
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
        nodes: vec![Node { name: node(), role: Role::Primary, settings: BTreeMap::new() }],
        archive: None,
        dataset: Dataset::fixture(Fixture::Empty, 1),
        workload: Workload::of_rows(8, None, "public.ticket".parse().expect("a table")),
        service: Service::Switch,
        steps: verbs
            .map(|verb| Step { title: verb.describe(), deadline: verb.default_deadline(), verb })
            .into(),
        folder: None,
    }
}
