//! Where the evidence is.

use crate::{human, journal::LEDGER_FILE, judge::Judgement};

/// The run's journal, in its folder.
pub use crate::journal::JOURNAL;

/// A file that a reader may open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFile {
    /// What to call it.
    pub label: String,
    /// Its path from the run's folder, where the reports are.
    pub path: String,
    /// Its size, where that is known.
    pub size: Option<String>,
}

/// The ledger first, then what was kept; nothing for a drill that never began.
pub(super) fn evidence(judgement: &Judgement) -> Vec<EvidenceFile> {
    let folder = judgement.exercise.folder();
    let closed = judgement.evidence.get(LEDGER_FILE).map(|file| human::bytes(file.bytes));
    let ledger = judgement.began.filter(|_| judgement.drill.source().is_none()).map(|_| EvidenceFile {
        label: LEDGER_FILE.into(),
        path: format!("{folder}/{LEDGER_FILE}"),
        size: closed,
    });
    let kept =
        judgement.evidence.iter().filter(|(file, _)| *file != LEDGER_FILE).map(|(file, kept)| EvidenceFile {
            label: file.strip_prefix("evidence/").unwrap_or(file).to_owned(),
            path: format!("{folder}/{file}"),
            size: Some(human::bytes(kept.bytes)),
        });
    ledger.into_iter().chain(kept).collect()
}
