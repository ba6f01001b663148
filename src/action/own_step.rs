//! Steps of the user's own. What they print is evidence, also where they fail: nobody else can say what they
//! did.

use std::{
    io::{Read, Seek, SeekFrom},
    path::Path,
    time::Duration,
};

use super::{context::DrillContext, fingerprint};
use crate::{
    drill::{Exec, Statements},
    lab::{
        Command, LabError, Output,
        node::{Node, SUPERUSER},
    },
    pg::quote::shell_word,
};

/// So much of what was printed is looked at for the words of an error.
const END: u64 = 64 << 10;

/// What is left of a step's time when its program is ended, so that its output can be kept.
const TO_KEEP: Duration = Duration::from_millis(500);

pub(super) async fn run_sql(
    context: &mut DrillContext,
    step: usize,
    statements: &Statements,
) -> Result<(), LabError> {
    let node = match &statements.on {
        Some(name) => context.node(name)?,
        None => context.service()?.0,
    };
    let address = node.address().await?;
    let database = statements.database.clone().unwrap_or_else(|| context.database());
    let role = statements.role.as_ref().map(|role| shell_word(&format!("set role {}", role.quoted())));
    let script = format!(
        "exec {psql} -Xe -v ON_ERROR_STOP=1 -h {host} -p {port} -d {database} {role} -f - 2>&1",
        psql = node.program("psql"),
        host = address.host,
        port = address.port,
        database = database.shell_argument(),
        role = role.map(|role| format!("-c {role}")).unwrap_or_default(),
    );
    let command = Command::shell(statements.describe(), script).stdin(statements.sql.text.as_str());
    perform(context, &node, &output_file(step, "sql"), command).await
}

pub(super) async fn execute(context: &mut DrillContext, step: usize, exec: &Exec) -> Result<(), LabError> {
    let node = context.node(&exec.on)?;
    let address = node.address().await?;
    let paths = node.paths();
    let script = format!(
        "PATH={bin}:$PATH; cd /; exec \"$@\" 2>&1",
        bin = shell_word(&node.runtime().installation().bin)
    );
    let argv = ["/bin/sh", "-euc", &script, "sh"].map(str::to_owned).into_iter();
    let command = Command::new(exec.describe(), argv.chain(exec.command.iter().cloned()))
        .env("PGDATA", &paths.data)
        .env("PGHOST", address.host.to_string())
        .env("PGPORT", address.port.to_string())
        .env("PGUSER", SUPERUSER)
        .env("PGDATABASE", context.database().as_str());
    perform(context, &node, &output_file(step, "exec"), command).await
}

/// The file of a step's output in the exercise's folder.
fn output_file(step: usize, verb: &str) -> String {
    format!("evidence/step-{:02}-{verb}.txt", step + 1)
}

async fn perform(
    context: &mut DrillContext,
    node: &Node,
    file: &str,
    command: Command,
) -> Result<(), LabError> {
    let path = context.folder.join(file);
    let left = context.time_left.remaining();
    let within = left.saturating_sub(TO_KEEP).max(left / 2);
    let command = command.save(&path).deadline(within);
    let ended = node.exec_as_superuser(command.clone()).await;
    context.keep_file(file);
    let output = ended?;
    let said = match output.code {
        0 => Vec::new(),
        _ => end_of(&path).map_err(LabError::io(format!("read {}", path.display())))?,
    };
    Output { stdout: said, ..output }.success(&command)?;
    // What is changed after a fault, and before a recovery, is no damage that the recovery does.
    if context.recovery.is_none() && !context.faults.is_empty() {
        fingerprint::look_again(context).await?;
    }
    Ok(())
}

fn end_of(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut file = std::fs::File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(END)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    Ok(end)
}
