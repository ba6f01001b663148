//! What the archive gives back is what the server gave it.

use crate::{
    journal::ArchiveProof,
    lab::{Command, LabError, node::Node},
};

/// The exit code that tells that it did not come; `cmp` has 0 to 2.
const NEVER_CAME: i64 = 9;

/// Fetches a segment by a restore command, as soon as it is there, and compares it with the server's own
/// copy; `None` where it does not come.
pub(super) async fn fetched_back(
    node: &Node,
    segment: String,
    restore_command: &str,
) -> Result<Option<ArchiveProof>, LabError> {
    let fetched = format!("{}/fetched", node.paths().run);
    let fetch = restore_command.replace("%f", &segment).replace("%p", &fetched);
    // One command that waits inside the node: many that only look would take the time that it needs to
    // archive.
    let script = format!(
        "end=$(($(date +%s) + {patience}))\n\
         until {{ {fetch}; }} >/dev/null 2>&1; do test $(date +%s) -lt $end || exit {NEVER_CAME}; sleep \
         0.02; done\n\
         code=0; cmp -s {fetched} {data}/pg_wal/{segment} || code=$?; rm -f {fetched}; exit $code",
        // That it does not come is a finding, which has to be made before the step ends.
        patience = node.time_left().patience().as_secs(),
        data = node.paths().data,
    );
    let what = "compare the archived segment";
    match node.exec(Command::shell(what, script)).await?.code {
        0 => Ok(Some(ArchiveProof { segment, identical: true })),
        1 => Ok(Some(ArchiveProof { segment, identical: false })),
        NEVER_CAME => Ok(None),
        code => Err(LabError::state(what, format!("cmp ended with exit code {code}"))),
    }
}
