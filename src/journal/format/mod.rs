//! What is in the files of a run: JSON Lines, with a format version, a number and a hash in every line of the
//! journal.
//!
//! **Invariant:** every format that was ever written is read for ever. The one that is written now is `v2`;
//! an older one is turned into the next (`v1`), so that one reader makes events of all of them; a newer one
//! is refused.
//!
//! **To add a field to an event**: add it to the event or fact in `journal`, and to its line in `v2` with
//! `#[serde(default)]`, so that journals without it are read; the compiler finds the two places in `v2::read`
//! and `v2::write` that carry it over. Facts that `v2` takes over whole need the `serde(default)` alone. **To
//! add an event**: a variant in both enums. What the drill's text tells (the fault, the check, the target) is
//! referred to by its step, never written. **To change what is there** is a new format: freeze `v2` as it is,
//! and turn its lines into those of the next.

mod chain;
pub mod ledger;
mod steps;
#[cfg(test)]
mod tests;
mod v1;
mod v2;

use std::io::{self, BufRead};

use serde::Deserialize;

use super::{Damage, Entry, JOURNAL};
use chain::Chain;
use steps::Steps;
use v2::Line;

/// The format that is written.
pub const FORMAT: u32 = 2;

/// A file that can't be read.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// The file itself.
    #[error("read line {line}")]
    Io {
        /// Counted from 1.
        line: u64,
        /// Why.
        source: io::Error,
    },
    /// A line's text.
    #[error("understand line {line}")]
    Line {
        /// Counted from 1.
        line: u64,
        /// Why.
        source: serde_json::Error,
    },
    /// A journal's first line is none, or was changed.
    #[error("understand line 1: {what}")]
    Beginning {
        /// What is wrong with it.
        what: String,
    },
    /// Written by a later version.
    #[error(
        "the file is in format {found}, and this version of lifeboat reads the formats 1 to {FORMAT}: \
         take the version of lifeboat that wrote it, or a later one"
    )]
    Newer {
        /// What it says.
        found: u32,
    },
}

/// A journal as it was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Journal {
    /// The entries, in order; the number of a line is its place, counted from 1.
    pub entries: Vec<Entry>,
    /// The hash of the last line that agrees; `None` where the format keeps no hashes.
    pub hash: Option<String>,
    /// The first line that does not agree with its hash, or can't be understood; what is behind it was not
    /// read.
    pub damage: Option<Damage>,
}

/// Makes the lines of a journal.
#[derive(Debug, Default)]
pub struct Writer {
    chain: Chain,
    steps: Steps,
}

impl Writer {
    /// The next line, with its end.
    ///
    /// # Errors
    /// Returns an error if the entry can't be written as JSON.
    pub fn line(&mut self, entry: &Entry) -> io::Result<Vec<u8>> {
        let line = Line::of(self.chain.next(), entry, &mut self.steps);
        Ok(self.chain.add(&serde_json::to_vec(&line)?))
    }
}

/// The part of a first line that every format has.
#[derive(Deserialize)]
struct Beginning {
    event: BeginningEvent,
}

#[derive(Deserialize)]
struct BeginningEvent {
    format: u32,
}

/// Reads a journal, up to the first line that does not agree. A last line without its end is left out: the
/// runner died while it wrote it.
///
/// # Errors
/// Returns an error if the file can't be read, its first line is not the beginning of a journal, or it is in
/// a newer format.
pub fn read_journal(mut input: impl BufRead) -> Result<Journal, FormatError> {
    let mut journal = Journal::default();
    let (mut chain, mut steps, mut first) = (Chain::default(), Steps::default(), v1::Reader::default());
    let mut format = FORMAT;
    let mut text = Vec::new();
    for line in 1.. {
        text.clear();
        input.read_until(b'\n', &mut text).map_err(|source| FormatError::Io { line, source })?;
        let Some(text) = text.strip_suffix(b"\n") else { break };
        if line == 1 {
            format = beginning(text)?;
        }
        let entry = match format {
            1 => first.entry(line, text, &mut steps),
            _ => whole(text, &mut chain, &mut steps),
        };
        match entry {
            Ok(entry) => journal.entries.push(entry),
            Err(what) if line == 1 => return Err(FormatError::Beginning { what }),
            Err(what) => {
                journal.damage = Some(Damage { file: JOURNAL.to_owned(), line, what });
                break;
            }
        }
    }
    journal.hash = (!chain.hash().is_empty()).then(|| chain.hash().to_owned());
    Ok(journal)
}

/// The format that a first line names.
fn beginning(line: &[u8]) -> Result<u32, FormatError> {
    let Ok(Beginning { event: BeginningEvent { format } }) = serde_json::from_slice(line) else {
        return Err(FormatError::Beginning { what: "it is not the beginning of a journal".into() });
    };
    if format > FORMAT { Err(FormatError::Newer { found: format }) } else { Ok(format) }
}

/// The entry of the next line of the chain; the error says what does not agree.
fn whole(text: &[u8], chain: &mut Chain, steps: &mut Steps) -> Result<Entry, String> {
    let object = chain.follow(text)?;
    let line: Line = serde_json::from_slice(&object).map_err(|error| not_understood(&error))?;
    line.entry(steps).map_err(|error| error.to_string())
}

fn not_understood(error: &serde_json::Error) -> String {
    format!("the line can't be understood: {error}")
}
