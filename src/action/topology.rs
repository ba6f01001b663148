//! Building the cluster that a drill declares, up to clients that commit.

use std::{collections::BTreeMap, time::Duration};

use super::{
    archive, fingerprint, prepare,
    stage::{START_WITHIN, Stage},
};
use crate::{
    drill::{Node as Declared, NodeName, Role, Service},
    journal::Event,
    lab::{
        Command, LabError, Provision,
        node::Node,
        repository,
        wait::{self, Poll},
    },
    pg::{Lsn, quote::literal, setting::Settings},
};

/// The name of the fingerprint that is taken before anything happens.
pub const BASELINE: &str = "start of the drill";

/// How long the clients may take for their first commits.
const FIRST_COMMITS_WITHIN: Duration = Duration::from_secs(60);

/// The settings that bear on what can be lost.
const SETTINGS_THAT_COUNT: &str = "'fsync', 'synchronous_commit', 'full_page_writes', 'archive_mode', 'archive_timeout', \
    'synchronous_standby_names', 'wal_level', 'data_checksums', 'checkpoint_timeout', 'max_wal_size'";

/// Builds the cluster, starts the clients, and proves the baseline.
///
/// # Errors
/// Where any of it can't be done.
pub async fn build(stage: &mut Stage) -> Result<(), LabError> {
    let drill = stage.drill.clone();
    let declared = drill
        .primary()
        .cloned()
        .ok_or_else(|| LabError::state("build the cluster", "the drill has no primary"))?;
    stage.recorder.progress(format!("starting {}", declared.name));
    let content = prepare::Content::Loaded(drill.dataset.clone());
    let settings = settings_of(stage, &declared);
    let shelter = shelter(stage);
    let (sheltered, primary) = tokio::join!(shelter, prepare::create(stage, &declared.name, &content));
    sheltered?;
    let primary = primary?;
    drop(primary.start(&settings, START_WITHIN).await?);
    let server = stage.note_server(&primary).await?;
    stage.primary = Some((primary.clone(), server));
    primary.while_alive("build the cluster", furnish(stage, &primary, settings)).await
}

/// The nonce, the standbys, the clients and the baseline, on a primary that runs.
async fn furnish(stage: &mut Stage, primary: &Node, mut settings: Settings) -> Result<(), LabError> {
    let drill = stage.drill.clone();
    let admin = primary.session(stage.database()).await?;
    let nonce = format!("insert into lifeboat.nonce values ({})", literal(&stage.nonce));
    primary.ask(admin.run(&nonce).await, "write the nonce")?;

    let standbys: Vec<_> =
        drill.nodes.iter().filter(|node| matches!(node.role, Role::Standby { .. })).cloned().collect();
    for standby in &standbys {
        follow(stage, primary, standby).await?;
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
    start_clients(stage, primary).await?;
    hold_baseline(stage, primary).await
}

/// Makes the place that keeps backups and archive.
fn shelter(stage: &mut Stage) -> impl Future<Output = Result<(), LabError>> + use<> {
    let repository = stage.repository();
    stage.nodes.insert(repository.name().clone(), repository.clone());
    let method = stage.drill.archive.as_ref().map(|archive| archive.method);
    async move {
        repository.runtime().create(repository.name(), Provision::Empty).await?;
        match method {
            Some(method) => archive::prepare(&repository, method).await,
            None => Ok(()),
        }
    }
}

/// The settings of a node that are not Lifeboat's own: the drill's, the node's, and the archive's where it is to archive.
#[must_use]
pub fn settings_of(stage: &Stage, node: &Declared) -> Settings {
    let mut settings = settings_without_archive(stage, node);
    if let (Some(archive), Role::Primary) = (&stage.drill.archive, &node.role) {
        settings.extend(archive::settings(stage, archive.method));
    }
    settings
}

/// The settings of a recovered server: the drill's, without any that archives or follows.
#[must_use]
pub fn recovered_settings(stage: &Stage) -> Settings {
    stage.drill.primary().map(|primary| settings_without_archive(stage, primary)).unwrap_or_default()
}

/// The settings of a node that archives nothing.
fn settings_without_archive(stage: &Stage, node: &Declared) -> Settings {
    let mut settings = stage.drill.settings.clone();
    settings.extend(node.settings.clone());
    if stage.drill.archive.is_none() {
        // Nothing is ever archived, re-protection included: a server that waits for a command would keep all WAL until then.
        settings.insert("archive_mode".into(), "off".into());
    }
    settings
}

async fn follow(stage: &mut Stage, primary: &Node, declared: &Declared) -> Result<(), LabError> {
    stage.recorder.progress(format!("starting {}", declared.name));
    let standby = stage.create(&declared.name, Provision::Empty).await?;
    let address = primary.address().await?;
    let script = format!(
        "{basebackup} -h {host} -p {port} -D {data} -X stream -c fast --no-password && touch {data}/standby.signal",
        basebackup = standby.program("pg_basebackup"),
        host = address.host,
        port = address.port,
        data = standby.places().data,
    );
    let copy = Command::shell(format!("copy the primary to {}", declared.name), script)
        .deadline(Duration::from_secs(7200));
    standby.run_as_superuser(copy).await?;
    let mut settings = settings_of(stage, declared);
    settings.insert("primary_conninfo".into(), primary.conninfo_for(&standby).await?);
    settings.insert("wal_retrieve_retry_interval".into(), "100ms".into());
    if let Role::Standby { delay: Some(delay), .. } = &declared.role {
        settings.insert("recovery_min_apply_delay".into(), format!("{}ms", delay.duration().as_millis()));
    }
    drop(standby.start(&settings, START_WITHIN).await?);
    stage.note_server(&standby).await?;
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
    wait::until("see the standby follow", Duration::from_secs(60), Duration::from_millis(10), || async {
        let seen: usize = primary.ask(admin.read(&sql).await, "look for the standby")?;
        Ok(if seen >= count { Poll::Ready(()) } else { Poll::NotYet })
    })
    .await
}

async fn start_clients(stage: &mut Stage, primary: &Node) -> Result<(), LabError> {
    let mut hosts = vec![primary.address().await?];
    if stage.drill.service == Service::MultiHost {
        for name in stage.nodes.keys().filter(|name| **name != *primary.name() && **name != repository()) {
            hosts.push(stage.runtime.address(name).await?);
        }
    }
    stage.start_clients(hosts)
}

async fn hold_baseline(stage: &mut Stage, primary: &Node) -> Result<(), LabError> {
    let begun = stage.now();
    let workload = stage.workload()?;
    if workload.writers() > 0 {
        workload.wait_for_commit(begun, FIRST_COMMITS_WITHIN).await?;
    }
    let live = workload.table().clone();
    let acknowledged = workload.pulse().acknowledged();
    let (fingerprint, control) = tokio::try_join!(
        fingerprint::now(primary, stage.database(), stage.clock(), &live),
        primary.control_data()
    )?;
    stage.baselines.insert(BASELINE.to_owned(), fingerprint);
    let admin = primary.session("postgres").await?;
    let sql = format!(
        "select name, current_setting(name) from pg_settings where name in ({SETTINGS_THAT_COUNT}) order by name"
    );
    let rows = primary.ask(admin.rows(&sql).await, "read the settings")?;
    let settings: BTreeMap<String, String> = rows
        .into_iter()
        .filter_map(|row| {
            let mut row = row.into_iter().flatten();
            Some((row.next()?, row.next()?))
        })
        .collect();
    let (_, server) = stage.service()?;
    stage.recorder.record(Event::BaselineHeld { primary: server, control, acknowledged, settings });
    Ok(())
}

/// A node's position: how far it has received WAL, or, for a primary, written it.
///
/// # Errors
/// Where it can't be asked.
pub async fn received(stage: &Stage, name: &NodeName) -> Result<Lsn, LabError> {
    let node = stage.node(name)?;
    let session = node.session("postgres").await?;
    let sql = "select case when pg_is_in_recovery() then pg_last_wal_receive_lsn() else pg_current_wal_flush_lsn() end";
    node.ask(session.read(sql).await, "read the position in WAL")
}

/// Waits until a standby shows what the server in service has acknowledged so far.
///
/// # Errors
/// Where it does not come to that.
pub async fn catch_up(stage: &Stage, node: &Node) -> Result<(), LabError> {
    let (primary, _) = stage.service()?;
    if primary.name() == node.name() {
        return Ok(());
    }
    // A server that is dead acknowledges nothing more: its standby has what it has.
    let Ok(written) = received(stage, primary.name()).await else { return Ok(()) };
    let session = node.session("postgres").await?;
    let what = format!("see {} replay what was acknowledged", node.name());
    wait::until(&what, Duration::from_secs(60), Duration::from_millis(5), || async {
        let replayed: Lsn =
            node.ask(session.read("select pg_last_wal_replay_lsn()").await, "ask how far replay is")?;
        Ok(if replayed >= written { Poll::Ready(()) } else { Poll::NotYet })
    })
    .await
}
