//! JSON Lines, for the journal and the ledger.
//!
//! A journal line is an [`Entry`]. A ledger's first line names its format; a session is an object; a commit is an array
//! `[writer, seq, session, begun_us, ended_us, outcome, lsn]`, since there are many of them.

use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};

use super::{Commit, CommitOutcome, Entry, Ledger, Moment, Session};
use crate::pg::Lsn;

/// The version of both formats; a reader refuses what is newer.
pub const FORMAT: u32 = 1;

/// A line that can't be read.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// The file itself.
    #[error("read line {line}")]
    Io {
        /// Counted from 1.
        line: usize,
        /// Why.
        source: io::Error,
    },
    /// The line's text.
    #[error("understand line {line}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
    /// Written by another version.
    #[error("the file is in format {found}, and this version of lifeboat reads format {FORMAT}")]
    Format {
        /// What it says.
        found: u32,
    },
}

/// Writes a journal line.
///
/// # Errors
/// Returns an error if the writer fails.
pub fn write_entry(mut out: impl Write, entry: &Entry) -> io::Result<()> {
    let mut line = serde_json::to_vec(entry)?;
    line.push(b'\n');
    out.write_all(&line)
}

/// Reads a journal. A last line without its end is left out: the runner died while it wrote it.
///
/// # Errors
/// Returns an error if a whole line can't be read.
pub fn read_journal(mut input: impl BufRead) -> Result<Vec<Entry>, CodecError> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut text = String::new();
    for line in 1.. {
        text.clear();
        let read = input.read_line(&mut text).map_err(|source| CodecError::Io { line, source })?;
        if read == 0 || !text.ends_with('\n') {
            break;
        }
        let entry: Entry = serde_json::from_str(&text).map_err(|source| CodecError::Line { line, source })?;
        if let super::Event::RunStarted { format, .. } = &entry.event
            && *format != FORMAT
        {
            return Err(CodecError::Format { found: *format });
        }
        entries.push(entry);
    }
    Ok(entries)
}

#[derive(Serialize, Deserialize)]
struct Header {
    ledger: u32,
    columns: Vec<String>,
}

type CommitLine = (u16, u32, u32, u64, u64, CommitOutcome, Lsn);

/// Writes a ledger's first line.
///
/// # Errors
/// Returns an error if the writer fails.
pub fn write_ledger_header(mut out: impl Write) -> io::Result<()> {
    let columns = ["writer", "seq", "session", "begun_us", "ended_us", "outcome", "lsn"];
    let header = Header { ledger: FORMAT, columns: columns.map(str::to_owned).to_vec() };
    writeln!(out, "{}", serde_json::to_string(&header)?)
}

/// Writes a session's line.
///
/// # Errors
/// Returns an error if the writer fails.
pub fn write_session(mut out: impl Write, session: &Session) -> io::Result<()> {
    writeln!(out, "{}", serde_json::to_string(session)?)
}

/// Writes a commit's line.
///
/// # Errors
/// Returns an error if the writer fails.
pub fn write_commit(mut out: impl Write, commit: &Commit) -> io::Result<()> {
    let outcome = match commit.outcome {
        CommitOutcome::Acknowledged => 'a',
        CommitOutcome::InDoubt => 'i',
        CommitOutcome::Failed => 'f',
    };
    writeln!(
        out,
        "[{},{},{},{},{},\"{outcome}\",\"{}\"]",
        commit.writer, commit.seq, commit.session, commit.begun.0, commit.ended.0, commit.lsn
    )
}

/// Reads a ledger. A last line without its end is left out. `lines` is a guess of their number, to reserve memory once.
///
/// # Errors
/// Returns an error if a whole line can't be read.
pub fn read_ledger(mut input: impl BufRead, lines: usize) -> Result<Ledger, CodecError> {
    let mut ledger = Ledger { sessions: Vec::new(), commits: Vec::with_capacity(lines) };
    let mut text = Vec::new();
    for line in 1.. {
        text.clear();
        let read = input.read_until(b'\n', &mut text).map_err(|source| CodecError::Io { line, source })?;
        if read == 0 || !text.ends_with(b"\n") {
            break;
        }
        let bad = |source| CodecError::Line { line, source };
        if line == 1 {
            let header: Header = serde_json::from_slice(&text).map_err(bad)?;
            if header.ledger != FORMAT {
                return Err(CodecError::Format { found: header.ledger });
            }
        } else if text.starts_with(b"[") {
            let (writer, seq, session, begun, ended, outcome, lsn): CommitLine =
                serde_json::from_slice(&text).map_err(bad)?;
            ledger.commits.push(Commit {
                begun: Moment(begun),
                ended: Moment(ended),
                lsn,
                seq,
                session,
                writer,
                outcome,
            });
        } else {
            ledger.sessions.push(serde_json::from_slice(&text).map_err(bad)?);
        }
    }
    Ok(ledger)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::{journal::Server, pg::Timeline};

    fn commits() -> impl Strategy<Value = Commit> {
        let outcome = prop_oneof![
            Just(CommitOutcome::Acknowledged),
            Just(CommitOutcome::InDoubt),
            Just(CommitOutcome::Failed)
        ];
        (any::<u16>(), any::<u32>(), any::<u32>(), any::<u64>(), any::<u64>(), any::<u64>(), outcome)
            .prop_map(|(writer, seq, session, begun, ended, lsn, outcome)| Commit {
                begun: Moment(begun),
                ended: Moment(ended),
                lsn: Lsn(lsn),
                seq,
                session,
                writer,
                outcome,
            })
    }

    fn written(ledger: &Ledger) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_ledger_header(&mut bytes).expect("memory");
        for session in &ledger.sessions {
            write_session(&mut bytes, session).expect("memory");
        }
        for commit in &ledger.commits {
            write_commit(&mut bytes, commit).expect("memory");
        }
        bytes
    }

    fn session() -> Session {
        let server = Server {
            node: None,
            system_identifier: u64::MAX,
            timeline: Timeline(2),
            postmaster_start: Timestamp::UNIX_EPOCH,
            in_recovery: false,
        };
        Session { session: 1, writer: 1, at: Moment(5), server }
    }

    proptest! {
        #[test]
        fn a_ledger_survives_its_own_text(commits in proptest::collection::vec(commits(), 0..20)) {
            let ledger = Ledger { sessions: vec![session()], commits };
            let read = read_ledger(written(&ledger).as_slice(), 0);
            prop_assert_eq!(read.ok(), Some(ledger));
        }

        #[test]
        fn a_torn_last_line_is_left_out(commits in proptest::collection::vec(commits(), 1..5), cut in 1_usize..8) {
            let ledger = Ledger { sessions: vec![], commits };
            let mut bytes = written(&ledger);
            bytes.truncate(bytes.len() - cut);
            let read = read_ledger(bytes.as_slice(), 0).map(|l| l.commits.len());
            prop_assert_eq!(read.ok(), Some(ledger.commits.len() - 1));
        }
    }

    #[test]
    fn a_newer_format_is_refused() {
        let read = read_ledger(b"{\"ledger\":99,\"columns\":[]}\n".as_slice(), 0);
        assert!(matches!(read, Err(CodecError::Format { found: 99 })));
    }
}
