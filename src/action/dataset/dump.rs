//! A dump of the user's, in any form.

use super::{Inputs, begin, inputs::creates, loading, psql, shell_word};
use crate::{
    action::context::DrillContext,
    drill::DatabaseName,
    lab::{
        Command, LabError,
        node::{Node, SUPERUSER},
    },
};

/// What the superuser's creation in a script of `pg_dumpall` becomes: it is there already.
const WITHOUT_SUPERUSER: &str = "s/^CREATE ROLE postgres;$//";

/// A script of `pg_dump` or `pg_dumpall` that was cut short restores without an error: its last line must be
/// there.
const WHOLE: &str = "-- PostgreSQL database \\(cluster \\)\\{0,1\\}dump complete";

pub(super) async fn restore(
    context: &DrillContext,
    node: &Node,
    inputs: &Inputs,
    dump: &str,
    globals: Option<&str>,
) -> Result<(), LabError> {
    let folder = inputs.folder(node);
    if let Some(globals) = globals {
        script(context, node, &folder, globals, &DatabaseName::postgres()).await?;
    }
    let (form, named) = look(node, &folder, dump).await?;
    let database = context.database();
    match form {
        Form::Script => {
            let makes_itself = named.iter().any(|line| creates(line, &database));
            begin(context, node, makes_itself).await?;
            let start = if makes_itself { DatabaseName::postgres() } else { database };
            script(context, node, &folder, PACKED, &start).await
        }
        Form::Archive => {
            // The dump's own database is made by the dump, with its settings and grants.
            let is_its_own = database != DatabaseName::postgres()
                && named.iter().any(|line| line.trim() == database.as_str());
            begin(context, node, is_its_own).await?;
            let into = if is_its_own {
                "-C -d postgres".to_owned()
            } else {
                format!("-d {}", database.shell_argument())
            };
            let address = node.address().await?;
            let script = format!(
                "cd {folder}\nexec {restore} --exit-on-error --no-password -h {host} -p {port} {into} \
                 {PACKED}",
                restore = node.program("pg_restore"),
                host = address.host,
                port = address.port,
            );
            let what = format!("restore {dump}");
            node.run_as_superuser(loading(context, &what, script)).await.map(drop)
        }
    }
}

/// What a dump is, beyond whether it was packed.
enum Form {
    /// Statements for psql.
    Script,
    /// What pg_restore reads: a file of its own form, a tar file, a folder.
    Archive,
}

/// The name under which a dump lies in the node once it is unpacked.
const PACKED: &str = "lifeboat-dump";

/// Unpacks a dump and tells its form, with the databases that it names: statements that make one, or the
/// dump's own.
async fn look(node: &Node, folder: &str, dump: &str) -> Result<(Form, Vec<String>), LabError> {
    let script = format!(
        "cd {folder}\n\
         if [ \"$(head -c 2 {dump} 2>/dev/null | od -An -tx1 | tr -d ' ')\" = 1f8b ]; then gzip -dc {dump} > \
         {PACKED}\n\
         else ln -sfn {dump} {PACKED}; fi\n\
         if [ -d {PACKED}/ ] || [ \"$(head -c 5 {PACKED})\" = PGDMP ] \
         || [ \"$(tail -c +258 {PACKED} | head -c 5)\" = ustar ]; then\n\
         echo archive; {restore} -l {PACKED} | sed -n 's/^; *dbname: //p'\n\
         else echo script; grep -a '^CREATE DATABASE ' {PACKED} | head -n 1000 || true; fi",
        dump = shell_word(&if dump.starts_with('-') { format!("./{dump}") } else { dump.to_owned() }),
        restore = node.program("pg_restore"),
    );
    let look = Command::shell(format!("read {dump}"), script);
    let said = node.run(look).await?.text();
    let mut lines = said.lines().map(str::to_owned);
    let form = match lines.next().as_deref() {
        Some("archive") => Form::Archive,
        _ => Form::Script,
    };
    Ok((form, lines.collect()))
}

/// Runs a script of `pg_dump` or `pg_dumpall`.
async fn script(
    context: &DrillContext,
    node: &Node,
    folder: &str,
    file: &str,
    database: &DatabaseName,
) -> Result<(), LabError> {
    debug_assert_eq!(SUPERUSER, "postgres", "the script's statement names it");
    let file = shell_word(file);
    let script = format!(
        "cd {folder}\n\
         tail -n 20 {file} | grep -q '^{WHOLE}$' || {{ echo {file} 'has no end: it was cut short, or is no \
         dump' >&2; exit 1; }}\n\
         sed '{WITHOUT_SUPERUSER}' {file} > {PACKED}.sql\n{psql}",
        psql = psql(node, database, &format!("-f {PACKED}.sql")).await?,
    );
    let what = format!("restore {file}");
    node.run_as_superuser(loading(context, &what, script)).await.map(drop)
}
