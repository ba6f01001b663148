//! A dump is read into a server.
//!
//! The restore goes on past what fails, as `pg_restore` does by itself: what it says of all of it is known
//! then, and what the lab can't have (the rows of a materialized view over a foreign server) keeps nothing
//! else from coming back.

use super::LIST;
use crate::{
    action::fingerprint,
    journal::BackupFacts,
    lab::{
        Command, LabError, Output,
        node::{Node, SUPERUSER},
    },
    pg::restore_errors,
};

/// Reads the globals and every database of a dump in `folder` into the server of a node.
///
/// # Errors
/// Returns an error if anything but the rows of a view over a foreign server can't be restored.
pub(super) async fn restore(folder: &str, facts: &BackupFacts, node: &Node) -> Result<(), LabError> {
    let address = node.address().await?;
    // psql takes a file that was cut short, or none at all, for a whole one: the last line that pg_dumpall
    // writes must be there. The globals create the superuser as well, who is there already; that one line
    // would fail a good dump. The database `postgres` and the template are in every cluster; any other is
    // made by the dump itself, with its settings and grants.
    let script = format!(
        "{mapped}\ncd {folder}; test -s {LIST} || {{ echo 'ERROR: the list of dumps is missing or empty' \
         >&2; exit 1; }}\n\
         test -s globals.sql || {{ echo 'ERROR: globals.sql is missing or empty' >&2; exit 1; }}\n\
         grep -q '^-- PostgreSQL database cluster dump complete' globals.sql || \
         {{ echo 'ERROR: globals.sql has no end' >&2; exit 1; }}\n\
         grep -v '^CREATE ROLE {SUPERUSER};$' globals.sql | mapped | {psql} -XqAt -v ON_ERROR_STOP=1 -d \
         postgres >/dev/null\n\
         code=0; while read -r file; do\n\
         case $file in postgres.dump|template1.dump) into=\"--clean --if-exists -d ${{file%.dump}}\";; *) \
         into='-C -d postgres';; esac\n\
         {restore} --no-password -j 2 $into \"$file\" </dev/null || code=$?\n\
         done <{LIST}; exit $code",
        mapped = mapped(&node.paths().tablespaces),
        psql = node.program("psql"),
        restore = node.program("pg_restore"),
    );
    let restore = Command::shell(format!("restore dump {}", facts.label), script)
        .env("PGHOST", address.host.to_string())
        .env("PGPORT", address.port.to_string());
    let output = node.exec_as_superuser(restore.clone()).await?;
    if output.code != 0 && is_only_foreign(&output, node).await? {
        return Ok(());
    }
    output.success(&restore).map(drop)
}

/// A function of the shell that leads the tablespaces of globals into directories of the node's own: those of
/// the source are somebody else's.
pub(in crate::action) fn mapped(own: &str) -> String {
    format!(
        "mapped() {{\nawk -v own={own} '/^CREATE TABLESPACE .* LOCATION / {{ n += 1; place = own \"/dump-\" \
         n; \
         if (system(\"mkdir -p -m 700 \" place)) exit 1; \
         sub(/ LOCATION .*$/, \" LOCATION \\047\" place \"\\047;\") }} {{ print }}'\n}}"
    )
}

/// Whether nothing failed but materialized views that read a foreign server: that is for the check of the
/// content to say.
async fn is_only_foreign(output: &Output, node: &Node) -> Result<bool, LabError> {
    let errors = restore_errors::parse(&String::from_utf8_lossy(&output.stderr));
    if errors.is_empty() || !errors.iter().all(restore_errors::RestoreError::is_of_a_view) {
        return Ok(false);
    }
    let mut foreign = 0;
    for database in fingerprint::databases(node).await?.covered {
        for is_foreign in fingerprint::unpopulated_views(node, &database).await? {
            if !is_foreign {
                return Ok(false);
            }
            foreign += 1;
        }
    }
    Ok(foreign >= errors.len())
}
