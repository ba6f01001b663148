//! A dump of the user's is read into a fresh server.
//!
//! The restore goes on past what fails, so that everything that was lost is known, and not only the first of
//! it.

use super::Restored;
use crate::{
    action::{backup::dump::restore::mapped, context::DrillContext},
    drill::DatabaseName,
    journal::{Complaint, ErrorChain, Event, Severity},
    lab::{
        Command, LabError, Output,
        node::{Node, SUPERUSER},
    },
    pg::restore_errors,
};

/// The database into which a script is read that makes none.
const DATABASE: &str = "restored";

/// All that the tools said.
const WORDS: &str = "restore-messages.txt";

/// So many complaints are kept.
const KEPT: usize = 200;

/// A script that was cut short restores without an error: its last line must be there.
const WHOLE: &str = "-- PostgreSQL database \\(cluster \\)\\{0,1\\}dump complete";

pub(super) async fn archive(
    context: &DrillContext,
    node: &Node,
    (path, is_tar): (&str, bool),
    database: Option<&str>,
    globals: Option<&str>,
) -> Result<Restored, LabError> {
    let name: DatabaseName = named(database.unwrap_or(DATABASE))?;
    // A dump of the database that every cluster has is read into that; every other makes its own, with its
    // settings and grants.
    let into = if name == DatabaseName::postgres() {
        "--clean --if-exists -d postgres".to_owned()
    } else {
        "-C -d postgres".to_owned()
    };
    let script = format!(
        "{roles}{restore} --no-password {jobs} {into} {path} </dev/null",
        jobs = if is_tar { "" } else { "-j 2" },
        roles = roles(node, globals),
        restore = node.program("pg_restore"),
    );
    let output = run(context, node, "restore the dump", script).await?;
    let messages = judged("restore the dump", &output)?;
    Ok(Restored { database: name, messages })
}

pub(super) async fn script(
    context: &DrillContext,
    node: &Node,
    path: &str,
    makes_databases: bool,
    globals: Option<&str>,
) -> Result<Restored, LabError> {
    let before = databases(node).await?;
    let start = if makes_databases {
        DatabaseName::postgres()
    } else {
        let own = named(DATABASE)?;
        let session = node.session("postgres").await?;
        let create = format!("create database {} template template0", own.quoted());
        node.ask(session.run(&create).await, "make a database for the script")?;
        own
    };
    let script = format!(
        "tail -n 20 {path} | grep -q '^{WHOLE}$' || {{ echo 'ERROR:  the script has no end: it was cut \
         short' >&2; exit 1; }}\n\
         {roles}grep -av '^CREATE ROLE {SUPERUSER};$' {path} | {filter} | {psql} -XqAt -d {start} >/dev/null",
        roles = roles(node, globals),
        // Only a script of a whole cluster makes tablespaces, and what it says before its rows is short.
        filter = if makes_databases { "mapped" } else { "cat" },
        psql = node.program("psql"),
        start = start.shell_argument(),
    );
    let output = run(context, node, "restore the script", script).await?;
    let messages = judged("restore the script", &output)?;
    let own = databases(node).await?.into_iter().find(|name| !before.contains(name));
    Ok(Restored { database: own.unwrap_or(start), messages })
}

/// What makes the roles of a dump before it is read: the globals, which make the superuser as well, who is
/// there already. Tablespaces are led into directories of the node's own.
fn roles(node: &Node, globals: Option<&str>) -> String {
    let mapped = mapped(&node.paths().tablespaces);
    let Some(globals) = globals else { return mapped + "\n" };
    format!(
        "{mapped}\n\
         grep -q '^-- PostgreSQL database cluster dump complete' {globals} || {{ echo 'ERROR:  the globals \
         have no end: they were cut short' >&2; exit 1; }}\n\
         grep -v '^CREATE ROLE {SUPERUSER};$' {globals} | mapped | {psql} -XqAt -d postgres >/dev/null\n",
        psql = node.program("psql"),
    )
}

async fn run(context: &DrillContext, node: &Node, what: &str, script: String) -> Result<Output, LabError> {
    let address = node.address().await?;
    let command = Command::shell(what, script)
        .env("PGHOST", address.host.to_string())
        .env("PGPORT", address.port.to_string());
    let output = node.exec_as_superuser(command).await?;
    if !output.stderr.is_empty()
        && let Err(error) = context.recorder.keep(&context.folder, WORDS, &output.stderr).await
    {
        let error = ErrorChain::of(&error);
        context.recorder.record(Event::EvidenceMissing { file: format!("evidence/{WORDS}"), error });
    }
    Ok(output)
}

/// What the words of a tool mean.
fn judged(what: &str, output: &Output) -> Result<Vec<Complaint>, LabError> {
    let said = String::from_utf8_lossy(&output.stderr);
    let errors = restore_errors::parse(&said);
    // What the machine lacks says nothing of the backup, whatever the exit code is; and a tool that did not
    // come to its end has restored nothing.
    let came_to_its_end = output.code == 0 || said.contains("errors ignored on restore: ");
    if restore_errors::tells_of_the_machine(&said) || !came_to_its_end {
        return Err(output.refused(what));
    }
    let complaint = |error: restore_errors::RestoreError| Complaint {
        severity: Severity::Damage,
        about: error.entry.or(error.command).unwrap_or_else(|| "restore".into()),
        text: error.error,
    };
    Ok(errors.into_iter().take(KEPT).map(complaint).collect())
}

/// How many tables and materialized views of users have a page of rows, in all databases.
pub(super) async fn tables_with_rows(node: &Node) -> Result<u64, LabError> {
    let sql = "select count(*) from pg_class where relkind in ('r', 'm') and pg_relation_size(oid) > 0 \
        and relnamespace not in (select oid from pg_namespace \
        where nspname in ('pg_catalog', 'information_schema', 'pg_toast'))";
    let mut tables = 0;
    for database in databases(node).await? {
        let session = node.session(database.as_str()).await?;
        tables += node.ask(session.read::<u64>(sql).await, "count the tables with rows")?;
    }
    Ok(tables)
}

async fn databases(node: &Node) -> Result<Vec<DatabaseName>, LabError> {
    let session = node.session("postgres").await?;
    let sql = "select datname from pg_database where not datistemplate order by pg_database_size(oid) desc";
    let rows = node.ask(session.rows(sql).await, "list the databases")?;
    rows.into_iter().flatten().flatten().map(|name| named(&name)).collect()
}

fn named(name: &str) -> Result<DatabaseName, LabError> {
    let named = name.parse();
    named.map_err(|error: crate::drill::NotAName| LabError::state("name the database", error.to_string()))
}
