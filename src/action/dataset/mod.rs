//! Filling a fresh cluster with a drill's dataset, and with Lifeboat's own tables beside it.
//!
//! **Invariant:** whatever the dataset holds, it is loaded by PostgreSQL's own programs, inside the node: a
//! dump is code.

mod dump;
pub mod inputs;

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use inputs::Inputs;

use super::{context::DrillContext, tablespaces};
use crate::{
    drill::{DatabaseName, DatasetContent, Fixture, OWN_TABLES, RoleName},
    lab::{
        Command, LabError, local,
        node::{APPLICATION_ROLE, Node, SUPERUSER, set_application_password},
        session::Session,
    },
    pg::quote::{literal, shell_word},
};

/// What a command of the user's said, in the exercise's folder.
const COMMAND_OUTPUT: &str = "evidence/dataset-command.txt";

/// The certificate by which a command of the user's knows the server, in the exercise's folder.
const AUTHORITY: &str = "evidence/ca.crt";

/// What tells two datasets apart; `None` where nothing does and the dataset is loaded for each exercise.
///
/// # Errors
/// Returns an error if a file of it can't be read.
pub async fn identity(context: &DrillContext) -> Result<Option<String>, LabError> {
    let drill = &context.drill;
    let content = match &context.dataset()?.content {
        DatasetContent::Fixture { fixture, scale } => format!("{} {scale} {}", fixture.name(), fixture.sql()),
        DatasetContent::Sql { .. } | DatasetContent::Dump { .. } => {
            let what = "read the files of the dataset";
            let inputs = inputs_of(context)?;
            let hash = tokio::task::spawn_blocking(move || inputs.hash()).await;
            hash.map_err(|error| LabError::state(what, error.to_string()))?.map_err(LabError::io(what))?
        }
        DatasetContent::Command { cache_key: Some(key), .. } => key.clone(),
        DatasetContent::Command { cache_key: None, .. } => return Ok(None),
    };
    let asked = serde_json::to_string(&(
        context.dataset()?,
        &drill.workload().role,
        &drill.server.extensions,
        &drill.server.tablespaces,
    ));
    let asked = asked.map_err(|error| LabError::state("name the dataset", error.to_string()))?;
    Ok(Some(format!("{asked}\n{content}")))
}

fn inputs_of(context: &DrillContext) -> Result<Inputs, LabError> {
    Inputs::of(context.dataset()?, context.drill.folder.as_deref())
        .map_err(|problem| LabError::state("find the files of the dataset", problem))
}

/// Loads the dataset into a fresh cluster that runs.
///
/// # Errors
/// Returns an error if it can't be loaded, in the words of the program that refused.
pub async fn load(context: &DrillContext, node: &Node) -> Result<(), LabError> {
    let dataset = context.dataset()?;
    let what = format!("load {}", dataset.describe());
    offered(context, node).await?;
    tablespaces::create(context, node).await?;
    match &dataset.content {
        DatasetContent::Fixture { fixture, scale } => {
            load_fixture(context, node, &what, *fixture, *scale).await?;
        }
        DatasetContent::Sql { sql } => {
            let inputs = inputs_of(context)?;
            create_role(node).await?;
            begin(context, node, inputs.creates(&dataset.database)).await?;
            inputs.send(node).await?;
            let start = if inputs.creates(&dataset.database) {
                DatabaseName::postgres()
            } else {
                dataset.database.clone()
            };
            let files: Vec<String> = sql.iter().map(|file| format!("-f {}", argument(file))).collect();
            let script =
                format!("cd {}\n{}", inputs.folder(node), psql(node, &start, &files.join(" ")).await?);
            node.run_as_superuser(loading(context, &what, script)).await?;
            remove(node).await?;
        }
        DatasetContent::Dump { dump, globals } => {
            let inputs = inputs_of(context)?;
            inputs.send(node).await?;
            dump::restore(context, node, &inputs, dump, globals.as_deref()).await?;
            remove(node).await?;
        }
        DatasetContent::Command { command, deadline, .. } => {
            create_role(node).await?;
            begin(context, node, false).await?;
            run_command(context, node, &what, command, deadline.duration()).await?;
        }
    }
    create_role(node).await?;
    finish(context, node).await
}

/// Removes what was sent.
async fn remove(node: &Node) -> Result<(), LabError> {
    let script = format!("rm -rf {}", Inputs::top(node));
    node.run(Command::shell("remove the files of the dataset", script)).await.map(drop)
}

/// A path as an argument after a word such as `-f`: never an option, and never standard input.
fn argument(path: &str) -> String {
    shell_word(&if path.starts_with('-') { format!("./{path}") } else { path.to_owned() })
}

/// The command line of a psql that reads files and, at its end, what the superuser must keep.
///
/// A script of `pg_dumpall` sets the superuser's password to that of another cluster, where nobody could go
/// on.
async fn psql(node: &Node, database: &DatabaseName, files: &str) -> Result<String, LabError> {
    let address = node.address().await?;
    Ok(format!(
        "printf '%s' \"$KEEP\" | {psql} -XqAt -v ON_ERROR_STOP=1 -v app_role={APPLICATION_ROLE} -h {host} -p \
         {port} \
         -d {database} {files} -f - >/dev/null",
        psql = node.program("psql"),
        host = address.host,
        port = address.port,
        database = database.shell_argument(),
    ))
}

fn loading(context: &DrillContext, what: &str, script: String) -> Command {
    let password = literal(&context.secrets.superuser.password);
    Command::shell(what, script)
        .env("KEEP", format!("alter role {SUPERUSER} superuser login password {password};"))
}

async fn load_fixture(
    context: &DrillContext,
    node: &Node,
    what: &str,
    fixture: Fixture,
    scale: u32,
) -> Result<(), LabError> {
    match fixture {
        Fixture::Empty => begin(context, node, false).await,
        Fixture::Shop => {
            let address = node.address().await?;
            let script = format!(
                "exec {psql} -XqAt -v ON_ERROR_STOP=1 -v scale={scale} -v app_role={APPLICATION_ROLE} -h \
                 {host} \
                 -p {port} -d postgres",
                psql = node.program("psql"),
                host = address.host,
                port = address.port,
            );
            let command = Command::shell(what, script).stdin(fixture.sql());
            node.run_as_superuser(command).await.map(drop)
        }
    }
}

async fn run_command(
    context: &DrillContext,
    node: &Node,
    what: &str,
    command: &[String],
    within: Duration,
) -> Result<(), LabError> {
    let address = node.address().await?;
    let variables = [
        ("PGHOST", address.host.to_string()),
        ("PGPORT", address.port.to_string()),
        ("PGUSER", SUPERUSER.to_owned()),
        ("PGPASSWORD", context.secrets.superuser.password.clone()),
        ("PGDATABASE", context.database().as_str().to_owned()),
        ("PGAPPNAME", "lifeboat".to_owned()),
        ("LIFEBOAT_APP_ROLE", APPLICATION_ROLE.to_owned()),
    ];
    let mut variables: BTreeMap<String, String> =
        variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    if let Some(authority) = &context.secrets.superuser.authority {
        let file = context.folder.join(AUTHORITY);
        std::fs::write(&file, authority.certificate()).map_err(LabError::io(what))?;
        context.keep_file(AUTHORITY);
        variables.insert("PGSSLMODE".into(), "verify-full".into());
        variables.insert("PGSSLROOTCERT".into(), file.to_string_lossy().into_owned());
    }
    let folder = context.drill.folder.clone().unwrap_or_else(|| PathBuf::from("."));
    let output = context.folder.join(COMMAND_OUTPUT);
    let ended = local::run_here(what, command, &folder, &variables, &output, within).await;
    context.keep_file(COMMAND_OUTPUT);
    ended
}

/// Makes the clients' database, unless the dataset does, and its extensions.
async fn begin(context: &DrillContext, node: &Node, makes_itself: bool) -> Result<(), LabError> {
    if makes_itself {
        return Ok(());
    }
    let database = context.database();
    let admin = node.session("postgres").await?;
    if !is_there(node, &admin, &database).await? {
        let create = format!("create database {}", database.quoted());
        node.ask(admin.run(&create).await, "make the database")?;
    }
    create_extensions(context, node).await
}

async fn is_there(node: &Node, admin: &Session, database: &DatabaseName) -> Result<bool, LabError> {
    let sql =
        format!("select exists (select from pg_database where datname = {})", literal(database.as_str()));
    Ok(node.ask(admin.value(&sql).await, "look for the database")?.as_deref() == Some("t"))
}

/// Says which extension the node's installation does not have, before anything is loaded.
async fn offered(context: &DrillContext, node: &Node) -> Result<(), LabError> {
    let admin = node.session("postgres").await?;
    for extension in &context.drill.server.extensions {
        let sql = format!(
            "select exists (select from pg_available_extensions where name = {})",
            literal(extension.as_str())
        );
        if node.ask(admin.value(&sql).await, "look for an extension")?.as_deref() != Some("t") {
            let installation = context.runtime.installation();
            return Err(LabError::refused(
                format!("make the extension {}", extension.as_str()),
                format!(
                    "the PostgreSQL {} that runs here does not have it: install it, or name an image that \
                     has it",
                    installation.version
                ),
            ));
        }
    }
    Ok(())
}

async fn create_extensions(context: &DrillContext, node: &Node) -> Result<(), LabError> {
    let extensions = &context.drill.server.extensions;
    if extensions.is_empty() {
        return Ok(());
    }
    let session = node.session(context.database().as_str()).await?;
    for extension in extensions {
        let create = format!("create extension if not exists {} cascade;", extension.quoted());
        define(node, &session, &format!("make the extension {}", extension.as_str()), &create).await?;
    }
    Ok(())
}

/// Runs what defines something that is Lifeboat's, in one transaction that the user's event triggers don't
/// see: they may refuse it, as those do that let only one role define anything. When it ends they are as they
/// were.
async fn define(node: &Node, session: &Session, what: &str, sql: &str) -> Result<(), LabError> {
    let triggers = "select format('alter event trigger %I ', evtname), \
        case evtenabled when 'A' then 'enable always;' when 'R' then 'enable replica;' else 'enable;' end \
        from pg_event_trigger where evtenabled <> 'D' order by evtname";
    let (mut off, mut on) = (String::new(), String::new());
    for row in node.ask(session.rows(triggers).await, "list the event triggers")? {
        if let [Some(alter), Some(enable)] = row.as_slice() {
            off += &format!("{alter}disable;");
            on += &(alter.clone() + enable);
        }
    }
    node.ask(session.run(&format!("begin;{off}\n{sql}\n{on}commit")).await, what)
}

async fn create_role(node: &Node) -> Result<(), LabError> {
    let admin = node.session("postgres").await?;
    let sql = format!(
        "do $$ begin if not exists (select from pg_roles where rolname = '{APPLICATION_ROLE}') then \
         create role {APPLICATION_ROLE} login; end if; end $$"
    );
    node.ask(admin.run(&sql).await, "make the clients' role")
}

/// What Lifeboat itself needs in the clients' database, and the clients' way to what is theirs.
async fn finish(context: &DrillContext, node: &Node) -> Result<(), LabError> {
    let database = context.database();
    let admin = node.session("postgres").await?;
    if !is_there(node, &admin, &database).await? {
        let why = format!("the dataset did not make the database {:?}", database.as_str());
        return Err(LabError::state("find the clients' database", why));
    }
    create_extensions(context, node).await?;
    let session = node.session(database.as_str()).await?;
    node.ask(session.run("set client_min_messages = error").await, "prepare Lifeboat's own tables")?;
    define(node, &session, "make Lifeboat's own tables", &own_tables(context)).await?;
    if let Some(role) = &context.drill.workload().role {
        let known =
            format!("select exists (select from pg_roles where rolname = {})", literal(role.as_str()));
        if node.ask(session.value(&known).await, "look for the clients' role")?.as_deref() != Some("t") {
            let why = format!("the dataset has no role {:?}", role.as_str());
            return Err(LabError::state("find the role that the clients are to take", why));
        }
        define(node, &session, "let the clients take their role", &taking(role, &database)).await?;
    }
    Ok(())
}

fn own_tables(context: &DrillContext) -> String {
    let mut sql = format!(
        "{OWN_TABLES}\nalter role {APPLICATION_ROLE} login;\n{password};\n{grants}",
        password = set_application_password(&context.secrets),
        grants = grants(APPLICATION_ROLE),
    );
    // Where the public may not connect, the clients still may.
    sql += &format!("grant connect on database {} to {APPLICATION_ROLE};\n", context.database().quoted());
    sql
}

fn grants(role: &str) -> String {
    format!(
        "grant usage on schema lifeboat to {role};\n\
         grant select, insert on lifeboat.commits, lifeboat.marker to {role};\n\
         grant select on lifeboat.nonce to {role};\n"
    )
}

/// What lets a client take the role when it connects.
fn taking(role: &RoleName, database: &DatabaseName) -> String {
    let (role, name) = (role.quoted(), literal(role.as_str()));
    format!(
        "grant {role} to {APPLICATION_ROLE};\n\
         alter role {APPLICATION_ROLE} in database {} set role = {name};\n{}",
        database.quoted(),
        grants(&role)
    )
}
