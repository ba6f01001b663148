//! Whether what is on disk is what was written.

use std::{
    collections::BTreeMap,
    fmt,
    io::{self, Read},
};

use super::Exercise;

/// The name of the journal's file in a run's folder.
pub const JOURNAL: &str = "journal.jsonl";

/// The hash that stands for a content: BLAKE3, in hexadecimal digits.
#[must_use]
pub fn hash_of(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

/// The size and the hash of what a reader gives, without holding it in memory.
///
/// # Errors
/// Returns an error if it can't be read.
pub fn hash_of_all(mut input: impl Read) -> io::Result<(u64, String)> {
    let mut hasher = blake3::Hasher::new();
    let bytes = io::copy(&mut input, &mut hasher)?;
    Ok((bytes, hasher.finalize().to_hex().to_string()))
}

/// A file, or a line of it, that is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file: the journal's name, or a path within the exercise's folder.
    pub file: String,
    /// The line that shows it: of the file itself, for the journal; of the journal, for what it tells of
    /// another file.
    pub line: u64,
    /// What does not agree, in a clause.
    pub what: String,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, what } = self;
        if file == JOURNAL {
            write!(f, "{JOURNAL}, line {line}: {what}")
        } else {
            write!(f, "{file}: {what} (recorded in line {line} of {JOURNAL})")
        }
    }
}

/// What was found when the journal and the files of evidence were held against their hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Integrity {
    /// The hash of the journal's last line that agrees; `None` for a format that keeps no hashes.
    pub hash: Option<String>,
    /// The first line of the journal that does not agree; nothing from there on was read.
    pub journal: Option<Damage>,
    /// By exercise, the files that do not agree with what the journal tells of them.
    pub files: BTreeMap<Exercise, Vec<Damage>>,
}

impl Integrity {
    /// What bears on an exercise: the journal, and its own files.
    pub fn of(&self, exercise: &Exercise) -> impl Iterator<Item = &Damage> {
        self.journal.iter().chain(self.files.get(exercise).into_iter().flatten())
    }
}
