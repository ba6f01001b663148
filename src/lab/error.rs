//! What can go wrong in a lab.

use std::{io, time::Duration};

use super::session::SqlError;
use crate::human;

/// Why something in a lab was not done; each message fits after "failed to".
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// A program in a node ended with an error.
    #[error("{what}: exit code {code}: {said}")]
    Command {
        /// What it was to do.
        what: String,
        /// Its exit code.
        code: i64,
        /// What it said: the first error, and the last lines.
        said: String,
        /// All that it said.
        whole: String,
    },
    /// A server ended that had to live.
    #[error("{what}: {why}")]
    Died {
        /// What it had to live for.
        what: String,
        /// Which it is, and what its log says: the first error, and the last lines.
        why: String,
        /// The last lines of its log.
        whole: String,
    },
    /// A wait came to its deadline.
    #[error("{what} within {}", human::duration(*within))]
    Deadline {
        /// What was waited for.
        what: String,
        /// How long.
        within: Duration,
    },
    /// The run was interrupted.
    #[error("{what}: interrupted")]
    Cancelled {
        /// What was under way.
        what: String,
    },
    /// The operating system said no.
    #[error("{what}")]
    Io {
        /// What was to be done.
        what: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The container engine said no, or did not answer.
    #[error("{what}")]
    Engine {
        /// What was to be done.
        what: String,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database said no; the message carries its SQLSTATE.
    #[error("{what}")]
    Sql {
        /// What was to be done.
        what: String,
        /// Why not.
        #[source]
        source: Box<SqlError>,
    },
    /// What the selection needs is not installed here, which was seen before anything was made.
    #[error("{what}: {why}")]
    Missing {
        /// What was to be done.
        what: String,
        /// What is missing, and how to get it.
        why: String,
    },
    /// What the user asked for can't be used, which was seen before anything was made.
    #[error("{what}: {why}")]
    Refused {
        /// What was to be done.
        what: String,
        /// Why not, and what would mend it.
        why: String,
    },
    /// What was to be recovered from is not there, or is no such thing: the lab has nothing to do with it.
    #[error("{what}: {why}")]
    NoBackup {
        /// What was to be done.
        what: String,
        /// What is there instead.
        why: String,
    },
    /// The world is not as it was believed to be.
    #[error("{what}: {why}")]
    State {
        /// What was to be done.
        what: String,
        /// What is wrong.
        why: String,
    },
}

impl LabError {
    /// An error of the operating system.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what: what.into(), source }
    }

    /// The SQLSTATE, where a server said no.
    #[must_use]
    pub fn sql_state(&self) -> Option<&str> {
        if let Self::Sql { source, .. } = self { source.state.as_deref() } else { None }
    }

    /// Whether a session was lost.
    #[must_use]
    pub fn is_disconnect(&self) -> bool {
        matches!(self, Self::Sql { source, .. } if source.is_disconnect())
    }

    /// A wish that can't be granted.
    pub fn refused(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Refused { what: what.into(), why: why.into() }
    }

    /// Something that is not installed.
    pub fn missing(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Missing { what: what.into(), why: why.into() }
    }

    /// A backup that is none.
    pub fn no_backup(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::NoBackup { what: what.into(), why: why.into() }
    }

    /// A belief that turned out wrong.
    pub fn state(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self::State { what: what.into(), why: why.into() }
    }
}
