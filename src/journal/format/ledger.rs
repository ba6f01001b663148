//! The ledger's file: JSON Lines, in the order in which they were written.
//!
//! The first line names the format; a session is an object; a commit is an array
//! `[writer, seq, session, begun_us, ended_us, outcome, lsn]`, since there are many of them. The journal tells the hash of the
//! whole file. Format 1 wrote system identifiers as numbers.

use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};

use super::FormatError;
use crate::{
    journal::{Commit, CommitOutcome, Ledger, Moment, Session},
    pg::Lsn,
};

/// The format that is written.
const FORMAT: u32 = 2;

/// A ledger's first line.
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
pub fn write_header(mut out: impl Write) -> io::Result<()> {
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
pub fn read(mut input: impl BufRead, lines: usize) -> Result<Ledger, FormatError> {
    let mut ledger = Ledger { sessions: Vec::new(), commits: Vec::with_capacity(lines) };
    let mut text = Vec::new();
    for line in 1.. {
        text.clear();
        let read = input.read_until(b'\n', &mut text).map_err(|source| FormatError::Io { line, source })?;
        if read == 0 || !text.ends_with(b"\n") {
            break;
        }
        let bad = |source| FormatError::Line { line, source };
        if line == 1 {
            let header: Header = serde_json::from_slice(&text).map_err(bad)?;
            if header.ledger > FORMAT {
                return Err(FormatError::Newer { found: header.ledger });
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
        write_header(&mut bytes).expect("memory");
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
            let read = read(written(&ledger).as_slice(), 0);
            prop_assert_eq!(read.ok(), Some(ledger));
        }

        #[test]
        fn a_torn_last_line_is_left_out(commits in proptest::collection::vec(commits(), 1..5), cut in 1_usize..8) {
            let ledger = Ledger { sessions: vec![], commits };
            let mut bytes = written(&ledger);
            bytes.truncate(bytes.len() - cut);
            let read = read(bytes.as_slice(), 0).map(|l| l.commits.len());
            prop_assert_eq!(read.ok(), Some(ledger.commits.len() - 1));
        }
    }

    #[test]
    fn a_newer_format_is_refused() {
        let read = read(b"{\"ledger\":99,\"columns\":[]}\n".as_slice(), 0);
        assert!(matches!(read, Err(FormatError::Newer { found: 99 })));
    }
}
