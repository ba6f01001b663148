//! The ledger's file: JSON Lines, in the order in which they were written.
//!
//! The first line names the format; a session is an object; a commit is an array
//! `[writer, seq, session, begun_us, ended_us, outcome, lsn]`, since there are many of them. The journal
//! tells the hash of the whole file. Format 1 wrote system identifiers as numbers.

mod parse;

use std::{
    cell::RefCell,
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    io::{self, BufRead, Write},
};

use serde::{Deserialize, Serialize};

use super::FormatError;
use crate::journal::{Commit, CommitOutcome, ErrorChain, Ledger, Moment, Session};

/// The format that is written.
const FORMAT: u32 = 2;

/// A ledger's first line.
#[derive(Serialize, Deserialize)]
struct Header {
    ledger: u32,
    columns: Vec<String>,
}

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

/// Gives the text of a ledger from its beginning, as often as it is asked.
pub type Open = Box<dyn Fn() -> io::Result<Box<dyn BufRead>>>;

/// How many lines later than in its order a commit may be written down: clients take the instant before they
/// wait for the file.
const LATE: usize = 1 << 16;

/// A ledger in a file: every walk reads it again, and nothing of it stays in memory but its sessions. A last
/// line without its end is left out: the runner died while it wrote it.
pub struct LedgerFile {
    open: Open,
    sessions: Vec<Session>,
    is_in_order: bool,
    failure: RefCell<Option<FormatError>>,
}

impl LedgerFile {
    /// The ledger that `open` gives, after it was read through once.
    ///
    /// # Errors
    /// Returns an error if it can't be read, or a whole line can't be understood.
    pub fn read(open: Open) -> Result<Self, FormatError> {
        let text = open().map_err(|source| FormatError::Io { line: 1, source })?;
        let (mut sessions, mut is_in_order, mut last) = (Vec::new(), true, Moment(0));
        for line in Lines::new(text) {
            match line? {
                LedgerLine::Session(session) => sessions.push(session),
                LedgerLine::Commit(commit) => {
                    is_in_order &= last <= commit.ended;
                    last = last.max(commit.ended);
                }
            }
        }
        Ok(Self { open, sessions, is_in_order, failure: RefCell::new(None) })
    }

    /// What was read; a failure is remembered.
    fn whole<T>(&self, read: Result<T, FormatError>) -> Option<T> {
        read.map_err(|error| {
            self.failure.borrow_mut().get_or_insert(error);
        })
        .ok()
    }

    /// The commits as they were written; a failure ends them and is remembered.
    fn written(&self) -> impl Iterator<Item = Commit> + '_ {
        let text = self.whole((self.open)().map_err(|source| FormatError::Io { line: 1, source }));
        let lines = text.map(Lines::new).into_iter().flatten();
        lines.map_while(|line| self.whole(line)).filter_map(|line| match line {
            LedgerLine::Commit(commit) => Some(commit),
            LedgerLine::Session(_) => None,
        })
    }
}

impl Ledger for LedgerFile {
    fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    fn commits(&self) -> Box<dyn Iterator<Item = Commit> + '_> {
        if self.is_in_order {
            Box::new(self.written())
        } else {
            Box::new(InOrder { late: BinaryHeap::new(), rest: self.written().zip(0..) })
        }
    }

    fn failure(&self) -> Option<String> {
        self.failure.borrow().as_ref().map(|error| ErrorChain::of(error).to_string())
    }
}

/// Puts commits in order that are out of it by a bounded number of lines.
struct InOrder<I> {
    late: BinaryHeap<Reverse<Waiting>>,
    rest: I,
}

/// A commit that waits for its turn, by the moment at which it ended and by its line.
#[derive(PartialEq, Eq)]
struct Waiting(Moment, u64, Commit);

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.0, self.1).cmp(&(other.0, other.1))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<I: Iterator<Item = (Commit, u64)>> Iterator for InOrder<I> {
    type Item = Commit;

    fn next(&mut self) -> Option<Commit> {
        while self.late.len() < LATE
            && let Some((commit, line)) = self.rest.next()
        {
            self.late.push(Reverse(Waiting(commit.ended, line, commit)));
        }
        self.late.pop().map(|Reverse(Waiting(_, _, commit))| commit)
    }
}

enum LedgerLine {
    Session(Session),
    Commit(Commit),
}

/// The lines of a ledger behind its first, up to one without its end.
struct Lines<R> {
    input: R,
    line: u64,
    text: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    const fn new(input: R) -> Self {
        Self { input, line: 0, text: Vec::new() }
    }

    /// The next line; `None` at the end.
    fn next_line(&mut self) -> Result<Option<LedgerLine>, FormatError> {
        loop {
            self.line += 1;
            let line = self.line;
            self.text.clear();
            self.input
                .read_until(b'\n', &mut self.text)
                .map_err(|source| FormatError::Io { line, source })?;
            let Some(text) = self.text.strip_suffix(b"\n") else { return Ok(None) };
            let bad = |source| FormatError::Line { line, source };
            if line == 1 {
                let header: Header = serde_json::from_slice(text).map_err(bad)?;
                if header.ledger > FORMAT {
                    return Err(FormatError::Newer { found: header.ledger });
                }
            } else if let Some(commit) = parse::commit(text) {
                return Ok(Some(LedgerLine::Commit(commit)));
            } else {
                return serde_json::from_slice(text).map(LedgerLine::Session).map(Some).map_err(bad);
            }
        }
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<LedgerLine, FormatError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_line().transpose()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::{
        journal::{LedgerEntries, Server},
        pg::{Lsn, Timeline},
    };

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

    fn written(ledger: &LedgerEntries) -> Vec<u8> {
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

    fn open(bytes: Vec<u8>) -> Open {
        Box::new(move || Ok(Box::new(io::Cursor::new(bytes.clone()))))
    }

    fn read(bytes: Vec<u8>) -> LedgerFile {
        LedgerFile::read(open(bytes)).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn a_file_that_changes_while_it_is_walked_fails_the_walk() {
        let mut bytes = written(&LedgerEntries { sessions: vec![session()], commits: vec![] });
        bytes.extend(b"[1,1,1,5,6,\"a\",\"0/10\"]\n");
        let first = std::cell::Cell::new(true);
        let ledger = LedgerFile::read(Box::new(move || {
            let text =
                if first.replace(false) { bytes.clone() } else { [&bytes[..], b"[1,oops]\n"].concat() };
            Ok(Box::new(io::Cursor::new(text)))
        }));
        let ledger = ledger.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!((ledger.commits().count(), ledger.failure().is_some()), (1, true));
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
            let ledger = LedgerEntries { sessions: vec![session()], commits };
            let read = read(written(&ledger));
            prop_assert_eq!(read.sessions(), ledger.sessions.as_slice());
            prop_assert_eq!(read.commits().collect::<Vec<_>>(), ledger.commits().collect::<Vec<_>>());
            prop_assert_eq!(read.failure(), None);
        }

        #[test]
        fn a_torn_last_line_is_left_out(
            commits in proptest::collection::vec(commits(), 1..5),
            cut in 1_usize..8,
        ) {
            let ledger = LedgerEntries { sessions: vec![], commits };
            let mut bytes = written(&ledger);
            bytes.truncate(bytes.len() - cut);
            prop_assert_eq!(read(bytes).commits().count(), ledger.commits.len() - 1);
        }
    }

    #[test]
    fn a_newer_format_is_refused() {
        let read = LedgerFile::read(open(b"{\"ledger\":99,\"columns\":[]}\n".to_vec()));
        assert!(matches!(read, Err(FormatError::Newer { found: 99 })));
    }
}
