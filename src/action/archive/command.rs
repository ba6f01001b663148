//! `archive_command`: each completed segment is copied, made durable, and given its name only then.

use async_trait::async_trait;

use super::{Archiver, Command, LabError, Node, Settings};

pub(super) struct ArchiveCommand;

#[async_trait]
impl Archiver for ArchiveCommand {
    fn settings(&self, _node: &Node, folder: &str) -> Settings {
        // A segment that is there already is right only if it is the same one (a retry after a crash).
        let archive = format!(
            "if test -f {folder}/%f; then cmp -s %p {folder}/%f; else cp %p {folder}/.%f.$$ && sync \
             {folder}/.%f.$$ && mv {folder}/.%f.$$ {folder}/%f; fi"
        );
        Settings::from([("archive_command".to_owned(), archive)])
    }

    fn restore_command(&self, _node: &Node, folder: &str) -> String {
        format!("cp {folder}/%f %p")
    }

    async fn last_segment(&self, node: &Node, folder: &str) -> Result<Option<String>, LabError> {
        let script = format!("ls {folder} | LC_ALL=C sort | sed -n '/^[0-9A-F]\\{{24\\}}$/p' | tail -n 1");
        let last = Command::shell("find the last segment in the archive", script);
        let name = node.run(last).await?.text().trim().to_owned();
        Ok((!name.is_empty()).then_some(name))
    }
}
