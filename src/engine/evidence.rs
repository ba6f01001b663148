//! What is kept of a lab before it is taken down.

use std::path::Path;

use futures_util::future::join_all;

use crate::{
    action::context::DrillContext,
    journal::{ErrorChain, Event},
    lab::{Command, LabError, node::Node},
    pg::quote::shell_word,
};

/// So much of a server's log is kept: what `Deadlines::evidence` has the time for.
const LOG_AT_MOST: u64 = 1 << 30;

/// Keeps the logs of all servers, and of each that still lives its control file, its backup label and its
/// timeline histories. What can't be had is written down and stops nothing.
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
                let path = format!("{}/{}", repository.paths().log, shell_word(name));
                file(context, repository, name.to_owned(), both_ends(&path, LOG_AT_MOST))
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

/// A script that prints a file or, of one that is longer, its beginning and its end with a line between them
/// that says how much is left out.
fn both_ends(path: &str, at_most: u64) -> String {
    format!(
        "size=$(wc -c <{path}); if [ $size -le {at_most} ]; then exec cat {path}; fi\n\
         head -c {half} {path}\n\
         printf '\\n--- lifeboat left out %s bytes of %s here ---\\n' $((size - 2 * {half})) $((size))\n\
         tail -c {half} {path}",
        half = at_most / 2,
    )
}

/// Keeps what a script prints, as it comes; nothing where it prints nothing.
async fn file(context: &DrillContext, node: &Node, name: String, script: String) {
    let kept = format!("evidence/{name}");
    let path = context.folder.join(&kept);
    let fetch = Command::shell(format!("fetch {name}"), script).save(&path);
    let fetched = match node.run(fetch).await {
        Ok(output) if output.saved > 0 => context.recorder.kept(&context.folder, &kept).await,
        Ok(_) => return discard(&path).await,
        Err(error) => {
            // A part of a file is no evidence of the whole.
            discard(&path).await;
            Err(error)
        }
    };
    if let Err(error) = fetched {
        missing(context, &name, &error);
    }
}

async fn discard(path: &Path) {
    if let Err(error) = tokio::fs::remove_file(path).await {
        tracing::debug!(path = %path.display(), %error, "a file without evidence in it stays");
    }
}

fn missing(context: &DrillContext, name: &str, error: &LabError) {
    let error = ErrorChain::of(error);
    context.recorder.record(Event::EvidenceMissing { file: format!("evidence/{name}"), error });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(content: &str, at_most: u64) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("primary.log");
        std::fs::write(&path, content).expect("a log");
        let script = both_ends(path.to_str().expect("a path"), at_most);
        let output = std::process::Command::new("/bin/sh").args(["-euc", &script]).output().expect("a shell");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    #[test]
    fn a_log_that_is_not_too_long_is_kept_whole() {
        assert_eq!(printed("0123456789", 10), "0123456789");
        assert_eq!(printed("", 10), "");
    }

    #[test]
    fn of_a_longer_log_both_ends_are_kept_and_the_cut_is_told() {
        assert_eq!(
            printed("0123456789abcdef", 10),
            "01234\n--- lifeboat left out 6 bytes of 16 here ---\nbcdef"
        );
    }
}
