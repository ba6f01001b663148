//! Building the cluster that a drill declares, up to clients that commit.

use std::{collections::BTreeMap, time::Duration};

use super::{
    archive, backup,
    context::DrillContext,
    fingerprint, prepare, tablespaces,
    workload::{ServiceHost, touched},
};
use crate::{
    drill::{Node as Declared, NodeName, Role, Service},
    journal::Event,
    lab::{
        Authority, Command, LabError, Provision,
        node::Node,
        repository,
        wait::{self, Poll},
    },
    pg::{Lsn, quote::literal, setting::Settings},
};

/// The name of the fingerprint that is taken before anything happens.
pub const BASELINE: &str = "start of the drill";

/// The settings that bear on what can be lost.
const SETTINGS_THAT_COUNT: &str = "'fsync', 'synchronous_commit', 'full_page_writes', 'archive_mode', \
    'archive_timeout', \
    'synchronous_standby_names', 'wal_level', 'data_checksums', 'checkpoint_timeout', 'max_wal_size'";

/// Builds the cluster, starts the clients, and proves the baseline.
///
/// # Errors
/// Returns an error if any of it can't be done.
pub async fn build(context: &mut DrillContext) -> Result<(), LabError> {
    let drill = context.drill.clone();
    if drill.server.tls {
        context.secrets = context.secrets.clone().encrypted(&Authority::new()?);
    }
    if drill.source().is_some() {
        // Nothing stands before the restore but the place to which the backup is brought.
        return create_repository(context).await;
    }
    let declared = drill
        .primary()
        .cloned()
        .ok_or_else(|| LabError::state("build the cluster", "the drill has no primary"))?;
    context.recorder.progress(format!("starting {}", declared.name));
    let content = prepare::Content::Loaded;
    let settings = settings_of(context, &declared);
    let create_repository = create_repository(context);
    let (created, primary) =
        tokio::join!(create_repository, prepare::create(context, &declared.name, &content));
    created?;
    let primary = primary?;
    drop(primary.start(&settings).await?);
    let server = context.note_server(&primary).await?;
    context.primary = Some((primary.clone(), server));
    archive::after_start(context, &primary).await?;
    backup::after_start(context, &primary).await?;
    primary.while_alive("build the cluster", set_up_cluster(context, &primary, settings)).await
}

/// The nonce, the standbys, the clients and the baseline, on a primary that runs.
async fn set_up_cluster(
    context: &mut DrillContext,
    primary: &Node,
    mut settings: Settings,
) -> Result<(), LabError> {
    let drill = context.drill.clone();
    tablespaces::refuse_unmapped(context, primary).await?;
    let admin = primary.session(context.database().as_str()).await?;
    let nonce = format!("insert into lifeboat.nonce values ({})", literal(&context.nonce));
    primary.ask(admin.run(&nonce).await, "write the nonce")?;

    let standbys: Vec<_> =
        drill.nodes().iter().filter(|node| matches!(node.role, Role::Standby { .. })).cloned().collect();
    for standby in &standbys {
        create_standby(context, primary, standby).await?;
    }
    let synchronous: Vec<_> =
        standbys.iter().filter(|node| matches!(node.role, Role::Standby { synchronous: true, .. })).collect();
    if !synchronous.is_empty() {
        let names: Vec<_> = synchronous.iter().map(|node| format!("\"{}\"", node.name)).collect();
        // Each of them is waited for: whichever is promoted has everything.
        settings.insert(
            "synchronous_standby_names".into(),
            format!("FIRST {} ({})", names.len(), names.join(", ")),
        );
        primary.configure(&settings).await?;
        primary.reload().await?;
        wait_for_standbys(primary, &admin, "sync_state = 'sync'", names.len()).await?;
    }
    let (database, workload) = (context.database(), drill.workload());
    context.live_tables = touched(primary, database.as_str(), workload, &context.nonce).await?;
    start_clients(context, primary).await?;
    record_baseline(context, primary).await
}

/// Makes the place that keeps backups and archive.
fn create_repository(context: &mut DrillContext) -> impl Future<Output = Result<(), LabError>> + use<> {
    let repository = context.repository();
    context.nodes.insert(repository.name().clone(), repository.clone());
    let method = context.drill.archive().map(|archive| archive.method);
    async move {
        repository.runtime().create(repository.name(), Provision::Empty).await?;
        repository.trust_authority().await?;
        match method {
            Some(method) => archive::prepare(&repository, method).await,
            None => Ok(()),
        }
    }
}

/// The settings of a node that are not Lifeboat's own: the drill's, the node's, and those of the archive
/// and the backups where it is to be protected.
#[must_use]
pub fn settings_of(context: &DrillContext, node: &Declared) -> Settings {
    let mut settings = settings_without_archive(context, node);
    if matches!(node.role, Role::Primary) {
        let server = context.at(&node.name);
        settings.extend(archive::settings(context, &server));
        settings.extend(backup::settings(context, &server));
    }
    settings
}

/// The settings of a recovered server: the drill's, without any that archives or follows.
#[must_use]
pub fn recovered_settings(context: &DrillContext) -> Settings {
    context.drill.primary().map(|primary| settings_without_archive(context, primary)).unwrap_or_default()
}

/// The settings of a node that archives nothing.
fn settings_without_archive(context: &DrillContext, node: &Declared) -> Settings {
    let mut settings = context.drill.settings.clone();
    settings.extend(node.settings.clone());
    if context.drill.archive().is_none() {
        // Nothing is ever archived, re-protection included: a server that waits for a command would keep all
        // WAL until then.
        settings.insert("archive_mode".into(), "off".into());
    }
    settings
}

async fn create_standby(
    context: &mut DrillContext,
    primary: &Node,
    declared: &Declared,
) -> Result<(), LabError> {
    context.recorder.progress(format!("starting {}", declared.name));
    let standby = context.create(&declared.name, Provision::Empty).await?;
    let address = primary.address().await?;
    let script = format!(
        "{mapping}\n{basebackup} -h {host} -p {port} -D {data} -X stream -c fast --no-password $mapping && \
         touch {data}/standby.signal",
        mapping = tablespaces::mapping(&standby, &address, &standby.paths().tablespaces),
        basebackup = standby.program("pg_basebackup"),
        host = address.host,
        port = address.port,
        data = standby.paths().data,
    );
    let copy = Command::shell(format!("copy the primary to {}", declared.name), script);
    standby.run_as_superuser(copy).await?;
    let mut settings = settings_of(context, declared);
    settings.insert("primary_conninfo".into(), primary.conninfo_for(&standby).await?);
    settings.insert("wal_retrieve_retry_interval".into(), "100ms".into());
    if let Role::Standby { delay: Some(delay), .. } = &declared.role {
        settings.insert("recovery_min_apply_delay".into(), format!("{}ms", delay.duration().as_millis()));
    }
    drop(standby.start(&settings).await?);
    context.note_server(&standby).await?;
    let admin = primary.session("postgres").await?;
    let name = format!("application_name = {} and state = 'streaming'", literal(declared.name.as_str()));
    standby.while_alive("see the standby follow", wait_for_standbys(primary, &admin, &name, 1)).await
}

async fn wait_for_standbys(
    primary: &Node,
    admin: &crate::lab::session::Session,
    condition: &str,
    count: usize,
) -> Result<(), LabError> {
    let sql = format!("select count(*) from pg_stat_replication where {condition}");
    wait::until(
        "see the standby follow",
        primary.time_left().patience(),
        Duration::from_millis(10),
        || async {
            let seen: usize = primary.ask(admin.read(&sql).await, "look for the standby")?;
            Ok(if seen >= count { Poll::Ready(()) } else { Poll::NotYet })
        },
    )
    .await
}

async fn start_clients(context: &mut DrillContext, primary: &Node) -> Result<(), LabError> {
    let mut hosts = vec![ServiceHost::of(primary).await?];
    if context.drill.service() == Service::MultiHost {
        let is_standby = |node: &&Node| node.name() != primary.name() && *node.name() != repository();
        for node in context.nodes.values().filter(is_standby) {
            hosts.push(ServiceHost::of(node).await?);
        }
    }
    context.start_clients(hosts)
}

async fn record_baseline(context: &mut DrillContext, primary: &Node) -> Result<(), LabError> {
    let begun = context.now();
    let workload = context.workload()?;
    if workload.writers() > 0 {
        workload.wait_for_commit(begun, context.time_left.patience()).await?;
    }
    let acknowledged = workload.status().acknowledged();
    let control = primary.control_data().await?;
    if fingerprint::is_asked(&context.drill) {
        let live = fingerprint::Live::of(context)?;
        let snapshot = fingerprint::Snapshot::open(primary, &context.database()).await?;
        // Between two transactions of the clients, so that no row of one that is under way comes to be among
        // the earlier ones.
        let held = context.workload()?.hold().await?;
        snapshot.take().await?;
        drop(held);
        let fingerprint = fingerprint::at(primary, snapshot, context.clock(), &live, None).await?;
        context.baselines.insert(BASELINE.to_owned(), fingerprint);
    }
    if let Some(facts) = primary.tls().await? {
        context.recorder.record(Event::TlsProbed { step: None, facts });
    }
    let admin = primary.session("postgres").await?;
    let sql = format!(
        "select name, current_setting(name) from pg_settings where name in ({SETTINGS_THAT_COUNT}) order by \
         name"
    );
    let rows = primary.ask(admin.rows(&sql).await, "read the settings")?;
    let settings: BTreeMap<String, String> = rows
        .into_iter()
        .filter_map(|row| {
            let mut row = row.into_iter().flatten();
            Some((row.next()?, row.next()?))
        })
        .collect();
    let (_, server) = context.service()?;
    let sql = "select sum(pg_database_size(oid))::bigint from pg_database where datallowconn";
    let database_bytes = Some(primary.ask(admin.read(sql).await, "read the size of the databases")?);
    context.recorder.record(Event::BaselineRecorded {
        primary: server,
        control,
        acknowledged,
        settings,
        database_bytes,
    });
    Ok(())
}

/// A node's position: how far it has received WAL, or, for a primary, written it.
///
/// # Errors
/// Returns an error if it can't be asked.
pub async fn received(context: &DrillContext, name: &NodeName) -> Result<Lsn, LabError> {
    let node = context.node(name)?;
    let session = node.session("postgres").await?;
    let sql = "select case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else \
        pg_current_wal_flush_lsn() end";
    node.ask(session.read(sql).await, "read the LSN")
}

/// Waits until a standby shows what the server in service has acknowledged so far.
///
/// # Errors
/// Returns an error if it does not come to that.
pub async fn catch_up(context: &DrillContext, node: &Node) -> Result<(), LabError> {
    let (primary, _) = context.service()?;
    if primary.name() == node.name() {
        return Ok(());
    }
    // A server that is dead acknowledges nothing more: its standby has what it has.
    let Ok(written) = received(context, primary.name()).await else { return Ok(()) };
    let session = node.session("postgres").await?;
    let what = format!("see {} replay what was acknowledged", node.name());
    wait::until(&what, context.time_left.remaining(), Duration::from_millis(5), || async {
        let replayed: Lsn =
            node.ask(session.read("select pg_last_wal_replay_lsn()").await, "ask how far replay is")?;
        Ok(if replayed >= written { Poll::Ready(()) } else { Poll::NotYet })
    })
    .await
}
