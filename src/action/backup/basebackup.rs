//! `pg_basebackup`: a physical copy, with the WAL that makes it consistent.

use async_trait::async_trait;

use super::{DrillContext, Purpose, Tool, folder, size};
use crate::{
    action::tablespaces,
    drill::{Backup, Compression},
    journal::{BackupFacts, Fingerprint},
    lab::{Command, LabError, NodePaths, Output, node::Node},
    pg::Lsn,
};

pub(super) struct Basebackup;

#[async_trait]
impl Tool for Basebackup {
    fn maps_tablespaces(&self) -> bool {
        true
    }

    async fn take(
        &self,
        context: &DrillContext,
        backup: &Backup,
        purpose: Purpose,
    ) -> Result<(BackupFacts, Option<Fingerprint>), LabError> {
        let source = context.node(&backup.node)?.address().await?;
        let repository = context.repository();
        let folder = folder(&repository, &backup.label);
        let packed = match backup.compress {
            Compression::None => "-F plain $mapping",
            Compression::Gzip => "-F tar --compress=server-gzip:1",
            Compression::Lz4 => "-F tar --compress=server-lz4",
            Compression::Zstd => "-F tar --compress=server-zstd:1",
        };
        let script = format!(
            "mkdir -p {folder}\n{mapping}\nexec {program} -h {host} -p {port} -D {folder} -X stream -c fast \
             -l {label} --no-password {packed}{sync}",
            mapping = tablespaces::mapping(&repository, &source, &tablespaces::beside(&folder)),
            program = repository.program("pg_basebackup"),
            host = source.host,
            port = source.port,
            label = backup.label,
            sync = match purpose {
                Purpose::Restore => "",
                Purpose::Proof => " --no-sync",
            },
        );
        let begun = context.now();
        let take = Command::shell(format!("take base backup {}", backup.label), script);
        repository.run_as_superuser(take).await?;
        let ended = context.now();
        let ((start, stop), bytes) =
            tokio::try_join!(wal_range(&repository, &folder), size(&repository, &folder))?;
        let facts = BackupFacts {
            label: backup.label.clone(),
            method: backup.method,
            kind: backup.method.info().kind,
            own_label: Some(backup.label.to_string()),
            set: None,
            compress: backup.compress,
            begun,
            ended,
            bytes,
            start_lsn: Some(start),
            stop_lsn: Some(stop),
        };
        Ok((facts, None))
    }

    async fn restore(&self, _stage: &DrillContext, facts: &BackupFacts, node: &Node) -> Result<(), LabError> {
        let folder = folder(node, &facts.label);
        let paths = node.paths();
        let data = &paths.data;
        let unpack = match facts.compress {
            Compression::None => format!("cp -a {folder}/. {data}/\n{}", tablespaces::copy(&folder, &paths)),
            Compression::Gzip => unpack_whole(&folder, &paths, "gz", "gzip"),
            Compression::Lz4 => unpack_whole(&folder, &paths, "lz4", "lz4"),
            Compression::Zstd => unpack_whole(&folder, &paths, "zst", "zstd"),
        };
        // A copy of a standby brings along what makes it one: such a server would follow for ever and never
        // end its recovery.
        let script = format!(
            "umask 077; mkdir -p {data}\n{unpack}\nchmod 700 {data}\n\
             test -s {data}/backup_label || {{ echo 'error: backup_label is missing or empty' >&2; exit 1; \
             }}\n\
             rm -f {data}/standby.signal; : > {data}/postgresql.auto.conf"
        );
        node.run(Command::shell(format!("restore base backup {}", facts.label), script)).await.map(drop)
    }

    async fn verify(
        &self,
        context: &DrillContext,
        facts: &BackupFacts,
    ) -> Result<(Vec<String>, u64), LabError> {
        let repository = context.repository();
        let folder = folder(&repository, &facts.label);
        let program = repository.program("pg_verifybackup");
        let count = Command::shell(
            "count the files of the backup",
            format!("grep -c '\"Path\"' {folder}/backup_manifest"),
        );
        let files = repository.run(count).await?.text().trim().parse().unwrap_or_default();
        let what = format!("verify base backup {}", facts.label);
        let (test, unpack) = match facts.compress {
            Compression::None => {
                let output =
                    repository.exec(Command::shell(what, format!("{program} {folder} 2>&1"))).await?;
                return Ok((complaints(&output), files));
            }
            Compression::Gzip => (packed(&folder, "gz", "gzip"), unpack_aside(&folder, "gz", "gzip")),
            Compression::Lz4 => (packed(&folder, "lz4", "lz4"), unpack_aside(&folder, "lz4", "lz4")),
            Compression::Zstd => (packed(&folder, "zst", "zstd"), unpack_aside(&folder, "zst", "zstd")),
        };
        // pg_verifybackup looks into tar files from version 18 on: for all of them alike they are unpacked
        // beside the backup.
        let output = repository.exec(Command::shell(&what, test)).await?;
        if output.code != 0 {
            return Ok((complaints(&output), files));
        }
        let aside = aside(&folder);
        let script = format!("rm -rf {aside}; mkdir -p {aside}\n{unpack}");
        repository.run(Command::shell("unpack the backup to verify it", script)).await?;
        let script = format!(
            "code=0; {program} -m {folder}/backup_manifest {aside} 2>&1 || code=$?; rm -rf {aside}; exit \
             $code"
        );
        let output = repository.exec(Command::shell(what, script)).await?;
        Ok((complaints(&output), files))
    }
}

/// Where a packed backup is unpacked to be verified.
fn aside(folder: &str) -> String {
    format!("{folder}.unpacked")
}

/// The unpacker's own test of what it packed.
fn packed(folder: &str, ending: &str, program: &str) -> String {
    format!("for file in {folder}/*.tar.{ending}; do {program} -t \"$file\" 2>&1; done")
}

/// Unpacks a backup with its tablespaces, each into a place of the node's own.
fn unpack_whole(folder: &str, paths: &NodePaths, ending: &str, program: &str) -> String {
    let tablespaces = tablespaces::unpack(folder, paths, ending, &format!("{program} -dc"));
    format!("{}\n{tablespaces}", unpack(folder, &paths.data, ending, program))
}

/// Unpacks a backup to be verified: its tablespaces in it, and the map of their places as it was.
fn unpack_aside(folder: &str, ending: &str, program: &str) -> String {
    let aside = aside(folder);
    format!(
        "{}\nfor file in {folder}/[0-9]*.tar.{ending}; do\n[ -e \"$file\" ] || continue\noid=${{file##*/}}; \
         oid=${{oid%%.*}}\n\
         mkdir -p {aside}/pg_tblspc/$oid\n\
         {{ {program} -dc \"$file\" || touch {aside}/unpack.failed; }} | tar -xf - -C \
         {aside}/pg_tblspc/$oid\n\
         test ! -e {aside}/unpack.failed\ndone",
        unpack(folder, &aside, ending, program)
    )
}

/// What a program that verifies says where it does not end well.
fn complaints(output: &Output) -> Vec<String> {
    if output.code == 0 {
        return Vec::new();
    }
    let said: Vec<_> = output.text().lines().map(str::to_owned).collect();
    if said.is_empty() { vec![format!("it ended with exit code {}", output.code)] } else { said }
}

/// A tar archive is unpacked through a pipe. A shell without `pipefail` would take a broken archive for a
/// whole one, so the unpacker's own exit code is looked at.
fn unpack(folder: &str, data: &str, ending: &str, program: &str) -> String {
    format!(
        "{{ {program} -dc {folder}/base.tar.{ending} || touch {data}/unpack.failed; }} | tar -xf - -C \
         {data}\n\
         test ! -e {data}/unpack.failed\nmkdir -p {data}/pg_wal; tar -xf {folder}/pg_wal.tar -C {data}/pg_wal"
    )
}

/// Where replay over the backup begins and where it becomes consistent, from its manifest.
async fn wal_range(repository: &Node, folder: &str) -> Result<(Lsn, Lsn), LabError> {
    let what = "read the backup's manifest";
    let script = format!("sed -n '/\"WAL-Ranges\"/,$p' {folder}/backup_manifest");
    let text = repository.run(Command::shell(what, script)).await?.text();
    let field = |name: &str| {
        let (_, rest) = text.split_once(&format!("\"{name}\": \""))?;
        rest.split_once('"')?.0.parse().ok()
    };
    field("Start-LSN").zip(field("End-LSN")).ok_or_else(|| LabError::state(what, "it names no range of WAL"))
}
