//! `pg_dump -Fc` of each database, and `pg_dumpall --globals-only`.

pub(in crate::action) mod restore;

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{DrillContext, Purpose, Tool, folder, size};
use crate::{
    action::{
        fingerprint::{self, Earlier, Live, Snapshot},
        topology,
    },
    drill::{Backup, Compression, DatabaseName},
    journal::{BackupFacts, Fingerprint},
    lab::{Command, LabError, node::Node},
    pg::Major,
};

/// The file that lists the dumps of a backup, one a line: what is not in it was not dumped, what is in it
/// must be there.
const LIST: &str = "databases";

pub(super) struct Dump;

#[async_trait]
impl Tool for Dump {
    fn maps_tablespaces(&self) -> bool {
        true
    }

    async fn take(
        &self,
        context: &DrillContext,
        backup: &Backup,
        purpose: Purpose,
    ) -> Result<(BackupFacts, Option<Fingerprint>), LabError> {
        let node = context.node(&backup.node)?;
        let repository = context.repository();
        let folder = folder(&repository, &backup.label);
        let compress = compression(context.runtime.installation().version.major, backup.compress)?;
        let snapshot = Snapshot::open(&node, &context.database()).await?;
        // The clients are held for the moment of the snapshot, so that the ledger knows on which side of it
        // each commit is.
        let held = context.workload()?.hold().await?;
        topology::catch_up(context, &node).await?;
        let begun = context.now();
        let name = snapshot.take().await?;
        drop(held);
        let looks = match purpose {
            Purpose::Restore => fingerprint::is_asked(&context.drill),
            Purpose::Proof => false,
        };
        let take = Take { node: &node, repository: &repository, folder: &folder, compress };
        take.globals().await?;
        let listed = fingerprint::databases(&node).await?;
        let mut contents = BTreeMap::new();
        // Only clients write, and to their own database: the others need no common snapshot.
        for database in listed.covered.iter().filter(|database| **database != context.database()) {
            let snapshot = Snapshot::open(&node, database).await?;
            let name = snapshot.take().await?;
            take.database(database, &name).await?;
            if looks {
                contents.insert(database.clone(), snapshot.content(None, Earlier::default()).await?);
            }
        }
        take.database(&context.database(), &name).await?;
        let ended = context.now();
        let fingerprint = if looks {
            let live = Live::of(context)?;
            let horizon = Some(snapshot.horizon().await?);
            let content = snapshot.content(Some(live.tables()), Earlier::default()).await?;
            contents.insert(context.database(), content);
            let millis = u64::try_from(context.now().since(begun).as_millis()).unwrap_or(u64::MAX);
            let not_covered = listed.not_covered;
            Some(Fingerprint { at: begun, databases: contents, not_covered, horizon, millis })
        } else {
            None
        };
        let facts = BackupFacts {
            label: backup.label.clone(),
            method: backup.method,
            kind: backup.method.info().kind,
            own_label: None,
            set: None,
            compress: backup.compress,
            begun,
            ended,
            bytes: size(&repository, &folder).await?,
            start_lsn: None,
            stop_lsn: None,
        };
        Ok((facts, fingerprint))
    }

    async fn restore(
        &self,
        _context: &DrillContext,
        facts: &BackupFacts,
        node: &Node,
    ) -> Result<(), LabError> {
        restore::restore(&folder(node, &facts.label), facts, node).await
    }

    async fn verify(
        &self,
        context: &DrillContext,
        facts: &BackupFacts,
    ) -> Result<(Vec<String>, u64), LabError> {
        let repository = context.repository();
        let script = format!(
            "cd {folder}; while read -r file; do\n\
             {restore} -f /dev/null \"$file\" </dev/null\n\
             list=$({restore} --list \"$file\" </dev/null)\n\
             echo \"$list\" | sed '/^;/d; /^$/d' | wc -l\n\
             done <{LIST}",
            restore = repository.program("pg_restore"),
            folder = folder(&repository, &facts.label),
        );
        let verify = Command::shell(format!("read dump {}", facts.label), script);
        let output = repository.exec(verify).await?;
        if output.code == 0 {
            let entries = output.text().lines().filter_map(|count| count.trim().parse::<u64>().ok()).sum();
            Ok((Vec::new(), entries))
        } else {
            // A database without anything in it has no entry; whatever ends otherwise than well is a
            // complaint.
            let said = String::from_utf8_lossy(&output.stderr);
            let mut complaints: Vec<_> = said.lines().map(str::to_owned).collect();
            if complaints.is_empty() {
                complaints.push(format!("pg_restore ended with exit code {}", output.code));
            }
            Ok((complaints, 0))
        }
    }
}

/// What takes a dump.
struct Take<'a> {
    node: &'a Node,
    repository: &'a Node,
    folder: &'a str,
    compress: &'static str,
}

impl Take<'_> {
    async fn globals(&self) -> Result<(), LabError> {
        let script = format!(
            "mkdir -p {folder}; : >{folder}/{LIST}\n\
             exec {dumpall} --globals-only --no-password -f {folder}/globals.sql",
            folder = self.folder,
            dumpall = self.repository.program("pg_dumpall"),
        );
        self.run("dump the globals".to_owned(), script).await
    }

    async fn database(&self, database: &DatabaseName, snapshot: &str) -> Result<(), LabError> {
        let script = format!(
            "{dump} -Fc {compress} --snapshot={snapshot} --no-password -d {name} -f {folder}/{file}.dump\n\
             echo {file}.dump >>{folder}/{LIST}",
            folder = self.folder,
            dump = self.repository.program("pg_dump"),
            compress = self.compress,
            name = database.shell_argument(),
            file = database.file_name(),
        );
        self.run(format!("dump database {}", database.as_str()), script).await
    }

    async fn run(&self, what: String, script: String) -> Result<(), LabError> {
        let address = self.node.address().await?;
        let take = Command::shell(what, script)
            .env("PGHOST", address.host.to_string())
            .env("PGPORT", address.port.to_string());
        self.repository.run_as_superuser(take).await.map(drop)
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
