//! The facts of a story: the same cluster, drill, clients and findings in each, but for its plot.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{label, ms, node, point, set, workload_table};
use crate::{
    drill::*,
    journal::*,
    pg::{
        ControlData, Lsn, ResolvedTarget, Timeline,
        server_log::{LogFact, LogFactKind},
    },
};

/// The facts in which the stories differ.
pub(super) struct Plot {
    pub(super) recovery: Recovery,
    pub(super) method: BackupMethod,
    pub(super) fault: Option<Fault>,
    pub(super) before: Server,
    pub(super) after: Server,
    pub(super) log: Vec<LogFactKind>,
    pub(super) serves: bool,
    /// Acknowledged commits of the old service that ended by then are recovered.
    pub(super) kept_until: Moment,
    pub(super) synchronous: bool,
}

pub(in crate::judge) fn server(name: &str, system_identifier: u64, timeline: u32, life: i64) -> Server {
    Server {
        node: Some(node(name)),
        system_identifier,
        timeline: Timeline(timeline),
        postmaster_start: Timestamp::from_second(life).expect("a time"),
        in_recovery: false,
    }
}

pub(super) fn control() -> ControlData {
    ControlData {
        system_identifier: 7,
        state: "in production".into(),
        timeline: Timeline(1),
        redo: Lsn(1),
        segment_size: 16 << 20,
        checksums: true,
    }
}

pub(super) fn settings() -> BTreeMap<String, String> {
    let settings = [
        ("fsync", "on"),
        ("full_page_writes", "on"),
        ("synchronous_commit", "on"),
        ("archive_timeout", "2s"),
    ];
    settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

pub(super) fn backup(method: BackupMethod) -> BackupFacts {
    BackupFacts {
        label: label(),
        method,
        kind: method.info().kind,
        own_label: method.is_physical().then(|| label().to_string()),
        set: None,
        compress: Compression::None,
        begun: ms(1_998),
        ended: ms(3_000),
        bytes: 1,
        start_lsn: None,
        stop_lsn: None,
    }
}

pub(super) fn checks() -> Vec<Check> {
    let sql =
        SqlCheck { title: "one".into(), query: "select 1".into(), expect: vec![vec![Some("1".into())]] };
    let rows = Check::Rows { table: "shop.customer".parse().expect("a table"), at_least: 10 };
    vec![Check::Ledger, Check::Content, rows, Check::Sql(sql), Check::Reprotect]
}

pub(super) fn found(survey: WorkloadScan) -> Vec<CheckFacts> {
    let table = |rows: u64, live: bool| TableFingerprint {
        rows,
        hash: "9".into(),
        live,
        ..TableFingerprint::default()
    };
    let name = |name: &str| name.parse::<TableName>().expect("a table");
    let content = |live: u64| DatabaseFingerprint {
        tables: [(name("shop.customer"), table(10, false)), (name("shop.ticket"), table(live, true))].into(),
        left_out: [(
            name("shop.cart"),
            LeftOut::Told("it is unlogged, and a recovery empties it by design".to_owned()),
        )]
        .into(),
    };
    let print = |at, live| Fingerprint {
        at,
        databases: [(DatabaseName::postgres(), content(live))].into(),
        not_covered: BTreeMap::new(),
        horizon: None,
        millis: 3,
    };
    vec![
        CheckFacts::WorkloadScan(survey),
        CheckFacts::Content {
            baseline: "nightly".into(),
            exact: false,
            before: print(ms(1_950), 7),
            after: print(ms(9_690), 90),
        },
        CheckFacts::Rows { table: "shop.customer".parse().expect("a table"), rows: 10 },
        CheckFacts::Sql { rows: vec![vec![Some("1".into())]] },
        CheckFacts::Reprotect(Reprotected {
            archive: Some(ArchiveProof { segment: "000000020000000000000003".into(), identical: true }),
            backup_complaints: vec![],
            verified: 900,
        }),
    ]
}

pub(super) fn drill(plot: &Plot) -> Drill {
    let compress = Compression::None;
    let verbs = vec![
        Verb::Backup(Backup { method: plot.method, label: label(), node: node("primary"), compress }),
        Verb::Work(Period::from_secs(2)),
        Verb::RestorePoint(point()),
        Verb::Work(Period::from_secs(2)),
        plot.fault.clone().map_or(Verb::Work(Period::from_secs(1)), Verb::Fault),
        Verb::Recover(plot.recovery.clone()),
        Verb::Check(checks()),
    ];
    let standby = Role::Standby { synchronous: plot.synchronous, delay: None };
    let server = |name, role| Node { name: node(name), role, settings: BTreeMap::new() };
    Drill {
        name: "loss/story".parse().expect("a name"),
        title: "A story".into(),
        description: String::new(),
        tags: vec![],
        objectives: Objectives {
            rto: Some(Period::from_secs(60)),
            rpo: Some(Period::from_secs(10)),
            rpo_at_worst: Some(AtWorst::Unbounded),
            discarded: None,
        },
        manual_time: None,
        backup_interval: Some(Period::from_secs(3_600)),
        version: None,
        settings: BTreeMap::new(),
        server: Default::default(),
        origin: Origin::Cluster(Cluster {
            nodes: vec![server("primary", Role::Primary), server("standby", standby)],
            archive: Some(Archive { method: ArchiveMethod::Command }),
            dataset: Dataset::fixture(Fixture::Shop, 1),
            workload: Workload::of_rows(2, None, workload_table()),
            service: Service::Switch,
        }),
        steps: verbs
            .into_iter()
            .map(|verb| Step { title: verb.describe(), deadline: verb.default_deadline(), verb })
            .collect(),
        folder: None,
    }
}

/// What a server says of a target, when it sets out for it and when it stops there.
pub(super) fn words(target: &RecoveryTarget) -> Option<(String, String)> {
    let (to, at) = match target {
        RecoveryTarget::Latest => return None,
        RecoveryTarget::Immediate => {
            ("earliest consistent point".into(), "after reaching consistency".into())
        }
        RecoveryTarget::BeforeFault => {
            ("XID 900".into(), "before commit of transaction 900, time 1970-01-01 00:00:00.5+00".into())
        }
        RecoveryTarget::Time { .. } => (
            "1970-01-01 00:00:00+00".into(),
            "before commit of transaction 743, time 1970-01-01 00:00:00.5+00".into(),
        ),
        RecoveryTarget::Xid { inclusive, .. } => {
            let side = if *inclusive { "after" } else { "before" };
            ("XID 742".into(), format!("{side} commit of transaction 742, time 1970-01-01 00:00:00.5+00"))
        }
        RecoveryTarget::Lsn { at } => {
            let at = match at {
                TargetLsn::Absolute(at) => *at,
                TargetLsn::Point(_) => Lsn(1),
            };
            (format!("WAL location (LSN) \"{at}\""), format!("after WAL location (LSN) \"{at}\""))
        }
        RecoveryTarget::Name { point } => {
            (format!("\"{point}\""), format!("at restore point \"{point}\", time 1970-01-01 00:00:00+00"))
        }
    };
    Some((to, at))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a test names the variants that it is about")]
pub(super) fn recovered(plot: Plot) -> Recovered {
    let ends = [
        (Phase::Detect, 7_000, 7_100),
        (Phase::Provision, 7_100, 7_300),
        (Phase::Fetch, 7_300, 7_600),
        (Phase::Restore, 7_600, 8_000),
        (Phase::Start, 8_000, 8_200),
        (Phase::Replay, 8_200, 8_600),
        (Phase::Promote, 8_600, 8_900),
        (Phase::FirstWrite, 8_900, 8_950),
    ];
    let measured = ends.into_iter().filter(|(phase, _, _)| match phase {
        Phase::Detect => plot.serves,
        Phase::FirstWrite => !plot.serves,
        _ => true,
    });
    let is_restore = matches!(plot.recovery, Recovery::Restore { .. });
    Recovered {
        node: plot.after.node.clone().expect("a node"),
        before: Some(plot.before),
        source: None,
        after: plot.after,
        target: None,
        resolved_target: matches!(plot.recovery, Recovery::Table { .. })
            .then_some(ResolvedTarget::Position { at: Lsn(0x300_0148), inclusive: false }),
        serves: plot.serves,
        switched: plot.serves.then_some(ms(8_600)),
        nonce: Some("nonce".into()),
        backup: is_restore.then(label),
        backup_label: (is_restore && plot.method == BackupMethod::Basebackup).then(|| "nightly".to_owned()),
        end_of_recovery: None,
        tls: None,
        archive_end: None,
        clock: None,
        log: plot.log.into_iter().map(|what| LogFact { at: Timestamp::UNIX_EPOCH, what }).collect(),
        phases: measured.map(|(phase, from, to)| PhaseSpan { phase, from: ms(from), to: ms(to) }).collect(),
    }
}

/// Two clients, each with a commit of 20 ms every 50 ms, one of them 25 ms after the other; and Lifeboat's
/// markers.
pub(super) fn ledger(plot: &Plot) -> LedgerEntries {
    let is_table = matches!(plot.recovery, Recovery::Table { .. });
    let is_away = plot.serves && !plot.fault.as_ref().is_some_and(Fault::is_human_error);
    let session = |session, writer, at, server: &Server| Session {
        session,
        writer,
        at: ms(at),
        server: server.clone(),
    };
    let mut sessions = vec![
        session(1, 1, 1_500, &plot.before),
        session(2, 2, 1_500, &plot.before),
        session(3, 0, 1_500, &plot.before),
    ];
    sessions.extend([
        session(11, 1, 8_940, &plot.after),
        session(12, 2, 8_940, &plot.after),
        session(13, 0, 8_890, &plot.after),
    ]);
    let mut seqs = [0_u32; 3];
    let mut commits = Vec::new();
    let mut commit = |writer: u16, session: u32, begun: u64, ended: u64, outcome: CommitOutcome| {
        let seq = &mut seqs[usize::from(writer)];
        *seq += 1;
        commits.push(Commit {
            begun: ms(begun),
            ended: ms(ended),
            lsn: Lsn(begun << 8),
            seq: *seq,
            session,
            writer,
            outcome,
        });
    };
    use CommitOutcome::{Acknowledged, Failed, InDoubt};
    for (marker, begun) in [4_990, 5_002, 5_012].into_iter().enumerate() {
        commit(0, 3, begun, begun + [6, 4, 4][marker], Acknowledged);
    }
    if !plot.serves {
        commit(0, 13, 8_900, 8_950, Acknowledged);
    }
    for begun in (1_600..9_790).step_by(25) {
        let writer = if begun % 50 == 0 { 1 } else { 2 };
        let (session, outcome) = match begun {
            4_970..5_030 => continue,
            8_975.. if is_table => (u32::from(writer), Acknowledged),
            8_975.. if plot.serves => (u32::from(writer) + 10, Acknowledged),
            7_000.. if is_away => continue,
            6_950.. if is_away => (u32::from(writer), InDoubt),
            7_040.. if is_table => (u32::from(writer), Failed),
            _ => (u32::from(writer), Acknowledged),
        };
        commit(writer, session, begun, begun + if begun == 8_975 { 25 } else { 20 }, outcome);
    }
    commits.sort_by_key(|commit| commit.ended);
    LedgerEntries { sessions, commits }
}

/// What a faithful recovery holds.
pub(super) fn survey(ledger: &LedgerEntries, plot: &Plot) -> WorkloadScan {
    let mut survey = WorkloadScan { begun: ms(9_600), ended: ms(9_650), ..WorkloadScan::default() };
    for commit in &ledger.commits {
        let is_new = commit.session > 10
            || (matches!(plot.recovery, Recovery::Table { .. }) && commit.begun >= ms(8_975));
        let is_kept = commit.ended <= plot.kept_until || (is_new && commit.ended <= ms(9_620));
        if commit.outcome == CommitOutcome::Acknowledged && is_kept {
            set(&mut survey, commit, true);
        }
    }
    survey
}
