//! Whether a recovery was refused by its tool or its server, or the harness could not do its part.

use super::DrillContext;
use crate::{
    journal::{ErrorChain, Event},
    lab::{Command, LabError},
};

/// The name of the file of evidence in which all words of the tool are kept.
const WORDS: &str = "not-recovered";

/// A shell's exit codes for a program that is not there or can't be run, and for one that was killed.
const MISSING: [i64; 2] = [126, 127];
const KILLED: i64 = 137;

/// Words that tell of the lab, whoever says them: what a machine of the user's own would have.
///
/// Source: `strerror`, `src/backend/commands/extension.c` and `src/backend/utils/fmgr/dfmgr.c`.
const OF_THE_LAB: [&str; 8] = [
    "No space left on device",
    "Cannot allocate memory",
    "Too many open files",
    "could not resize shared memory segment",
    "could not open extension control file",
    "is not available",
    "could not access file \"$libdir",
    "could not load library",
];

/// Writes down that a recovery was refused, where that is what an error tells, and keeps all words of the tool.
pub(super) async fn note(context: &DrillContext, step: usize, error: &LabError) {
    if !is_refusal(context, error).await {
        return;
    }
    if let LabError::Command { whole, .. } = error {
        let name = format!("{WORDS}-{:02}.txt", step + 1);
        if let Err(error) = context.recorder.keep(&context.folder, &name, whole.as_bytes()).await {
            let error = ErrorChain::of(&error);
            context.recorder.record(Event::EvidenceMissing { file: format!("evidence/{name}"), error });
        }
    }
    context.recorder.record(Event::NotRecovered { step, error: ErrorChain::of(error) });
}

/// Whether an error is a word of the tool or of the server against what was to be recovered. What the harness could not do
/// or see is none: an engine, a disk, a program or an extension that is not there.
async fn is_refusal(context: &DrillContext, error: &LabError) -> bool {
    match error {
        LabError::Command { code, whole, .. } => {
            !MISSING.contains(code) && *code != KILLED && !tells_of_the_lab(whole)
        }
        LabError::Died { why, .. } => !tells_of_the_lab(why),
        // Class 53 is a lack of resources.
        LabError::Sql { source, .. } => {
            let refused = source.state.as_deref().is_some_and(|state| !state.starts_with("53"));
            refused && !tells_of_the_lab(&source.message)
        }
        LabError::Deadline { .. } => is_lab_healthy(context).await,
        LabError::Cancelled { .. }
        | LabError::Io { .. }
        | LabError::Engine { .. }
        | LabError::Missing { .. }
        | LabError::Refused { .. }
        | LabError::State { .. } => false,
    }
}

fn tells_of_the_lab(words: &str) -> bool {
    OF_THE_LAB.iter().any(|of_the_lab| words.contains(of_the_lab))
}

/// Whether commands still run where nothing is broken.
async fn is_lab_healthy(context: &DrillContext) -> bool {
    let look = Command::shell("see whether commands run in the repository", ":");
    let repository = context.repository();
    repository.runtime().exec(repository.name(), &look).await.is_ok_and(|output| output.code == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_extension_and_a_full_disk_are_of_the_lab_and_a_missing_role_is_not() {
        for words in [
            "ERROR:  extension \"postgis\" is not available",
            "ERROR:  could not open extension control file \"/x/postgis.control\": No such file or directory",
            "tar: base: Cannot write: No space left on device",
        ] {
            assert!(tells_of_the_lab(words), "{words}");
        }
        for words in
            ["ERROR:  role \"shop_owner\" does not exist", "FATAL:  recovery ended before configured"]
        {
            assert!(!tells_of_the_lab(words), "{words}");
        }
    }
}
