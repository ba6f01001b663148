//! `pg_dump -Fc` of the clients' database, and `pg_dumpall --globals-only`.

use async_trait::async_trait;

use super::{DrillContext, Purpose, Tool, folder, size};
use crate::{
    action::{fingerprint::Snapshot, topology},
    drill::{Backup, Compression, DatabaseName},
    journal::{BackupFacts, Fingerprint},
    lab::{
        Command, LabError,
        node::{Node, SUPERUSER},
    },
    pg::Major,
};

pub(super) struct Dump;

#[async_trait]
impl Tool for Dump {
    async fn back_up(
        &self,
        context: &DrillContext,
        backup: &Backup,
        _purpose: Purpose,
    ) -> Result<(BackupFacts, Option<Fingerprint>), LabError> {
        let node = context.node(&backup.node)?;
        let address = node.address().await?;
        let repository = context.repository();
        let folder = folder(&repository, &backup.label);
        let compress = compression(context.runtime.installation().version.major, backup.compress)?;
        let snapshot = Snapshot::open(&node, context.database().as_str()).await?;
        // The clients are held for the moment of the snapshot, so that the ledger knows on which side of it each commit is.
        let held = context.workload()?.hold().await?;
        topology::catch_up(context, &node).await?;
        let begun = context.now();
        let name = snapshot.take().await?;
        drop(held);
        let script = format!(
            "mkdir -p {folder}; export PGHOST={host} PGPORT={port}\n\
             {dumpall} --globals-only --no-password -f {folder}/globals.sql\n\
             {dump} -Fc {compress} --snapshot={name} --no-password -d {database} -f {folder}/{file}.dump",
            host = address.host,
            port = address.port,
            dumpall = repository.program("pg_dumpall"),
            dump = repository.program("pg_dump"),
            database = context.database().shell_argument(),
            file = context.database().file_name(),
        );
        let take = Command::shell(format!("take dump {}", backup.label), script);
        repository.run_as_superuser(take).await?;
        let ended = context.now();
        let live = context.workload()?.table().clone();
        let fingerprint = snapshot.fingerprint(context.clock(), &live).await?;
        let facts = BackupFacts {
            label: backup.label.clone(),
            method: backup.method,
            compress: backup.compress,
            begun,
            ended,
            bytes: size(&repository, &folder).await?,
            start_lsn: None,
            stop_lsn: None,
        };
        Ok((facts, Some(fingerprint)))
    }

    async fn restore(
        &self,
        context: &DrillContext,
        facts: &BackupFacts,
        node: &Node,
    ) -> Result<(), LabError> {
        let folder = folder(node, &facts.label);
        let address = node.address().await?;
        // psql takes a file that was cut short, or none at all, for a whole one: the last line that pg_dumpall writes must be there.
        // The globals create the superuser as well, who is there already; that one line would fail a good dump.
        let script = format!(
            "export PGHOST={host} PGPORT={port}\n\
             grep -q '^-- PostgreSQL database cluster dump complete' {folder}/globals.sql || {{ echo 'globals.sql has no end' >&2; exit 1; }}\n\
             grep -v '^CREATE ROLE {SUPERUSER};$' {folder}/globals.sql | {psql} -XqAt -v ON_ERROR_STOP=1 -d postgres >/dev/null\n\
             exec {restore} --exit-on-error --no-password -j 2 {into} {folder}/{file}.dump",
            host = address.host,
            port = address.port,
            psql = node.program("psql"),
            restore = node.program("pg_restore"),
            file = context.database().file_name(),
            // The database `postgres` is in every cluster; any other is made by the dump itself, with its settings and grants.
            into = if context.database() == DatabaseName::postgres() {
                "--clean --if-exists -d postgres"
            } else {
                "-C -d postgres"
            },
        );
        let restore = Command::shell(format!("restore dump {}", facts.label), script);
        node.run_as_superuser(restore).await.map(drop)
    }

    async fn verify(
        &self,
        context: &DrillContext,
        facts: &BackupFacts,
    ) -> Result<(Vec<String>, u64), LabError> {
        let repository = context.repository();
        let script = format!(
            "{} -f /dev/null {folder}/{file}.dump && {0} --list {folder}/{file}.dump | grep -vc '^;'",
            repository.program("pg_restore"),
            folder = folder(&repository, &facts.label),
            file = context.database().file_name(),
        );
        let verify = Command::shell(format!("read dump {}", facts.label), script);
        let output = repository.exec(verify).await?;
        if output.code == 0 {
            Ok((Vec::new(), output.text().trim().parse().unwrap_or_default()))
        } else {
            Ok((String::from_utf8_lossy(&output.stderr).lines().map(str::to_owned).collect(), 0))
        }
    }
}

fn compression(version: Major, compress: Compression) -> Result<&'static str, LabError> {
    match compress {
        Compression::None => Ok("--compress=0"),
        Compression::Gzip => Ok("--compress=6"),
        Compression::Lz4 if version >= Major(16) => Ok("--compress=lz4"),
        Compression::Zstd if version >= Major(16) => Ok("--compress=zstd"),
        Compression::Lz4 | Compression::Zstd => Err(LabError::state(
            "choose a compression",
            format!("pg_dump {version} knows gzip only; lz4 and zstd came with 16"),
        )),
    }
}
