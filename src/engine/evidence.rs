//! What is kept of a lab before it is taken down.

use futures_util::future::join_all;

use crate::{
    action::context::DrillContext,
    journal::{ErrorChain, Event},
    lab::{Command, LabError, node::Node},
    pg::quote::shell_word,
};

/// Keeps the logs of all servers, and of each that still lives its control file, its backup label and its timeline
/// histories. What can't be had is written down and stops nothing.
pub(super) async fn keep(context: &DrillContext) {
    let repository = context.repository();
    let servers = context.nodes.values().filter(|node| *node.name() != *repository.name());
    tokio::join!(logs(context, &repository), join_all(servers.map(|node| files_of(context, node))));
}

/// The logs of all servers, also of those that are gone.
async fn logs(context: &DrillContext, repository: &Node) {
    let logs = format!("ls {}", repository.paths().log);
    match repository.run(Command::shell("list the servers' logs", logs)).await {
        Ok(listed) => {
            let text = listed.text();
            join_all(text.lines().map(|name| {
                let script = format!("cat {}/{}", repository.paths().log, shell_word(name));
                file(context, repository, name.to_owned(), script)
            }))
            .await;
        }
        Err(error) => missing(context, "logs", &error),
    }
}

/// The control file of a node's server, its backup label and its timeline histories.
async fn files_of(context: &DrillContext, node: &Node) {
    let data = node.paths().data;
    let controldata = format!("{} -D {data}", node.program("pg_controldata"));
    let label = format!("cat {data}/backup_label {data}/backup_label.old 2>/dev/null || true");
    let history = format!(
        "for f in {data}/pg_wal/*.history; do if test -f $f; then echo \"# ${{f##*/}}\"; cat $f; fi; done"
    );
    tokio::join!(
        file(context, node, format!("{}.pg_controldata", node.name()), controldata),
        file(context, node, format!("{}.backup_label", node.name()), label),
        file(context, node, format!("{}.history", node.name()), history),
    );
}

/// Keeps what a script prints; nothing where it prints nothing.
async fn file(context: &DrillContext, node: &Node, name: String, script: String) {
    let kept = match node.run(Command::shell(format!("fetch {name}"), script)).await {
        Ok(output) if output.stdout.is_empty() => return,
        Ok(output) => context.recorder.keep(&context.folder, &name, &output.stdout).await,
        Err(error) => Err(error),
    };
    if let Err(error) = kept {
        missing(context, &name, &error);
    }
}

fn missing(context: &DrillContext, name: &str, error: &LabError) {
    let error = ErrorChain::of(error);
    context.recorder.record(Event::EvidenceMissing { file: format!("evidence/{name}"), error });
}
