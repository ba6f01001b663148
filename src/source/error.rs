//! What goes wrong with a source, in words for whoever keeps the backups.

use std::{io, sync::Arc};

use thiserror::Error;

use super::Layer;

/// Why a source can't be listed, read or told.
#[derive(Clone, Debug, Error)]
pub enum SourceError {
    /// Nothing lies there.
    #[error("{place}: there is nothing")]
    NotThere {
        /// The path or the URL.
        place: String,
    },
    /// A folder, or a pattern, with nothing in it.
    #[error("{place}: no backup is there; looked at {looked_at} entries")]
    NothingFound {
        /// The path or the URL.
        place: String,
        /// How many names were looked at.
        looked_at: usize,
    },
    /// It is there and can't be read as a file.
    #[error("{place} is {what}, not a file")]
    NotAFile {
        /// The path.
        place: String,
        /// What it is.
        what: &'static str,
    },
    /// The operating system, or the store, refuses.
    #[error("failed to {verb} {place}: {error}")]
    Refused {
        /// What was tried.
        verb: &'static str,
        /// The path or the URL.
        place: String,
        /// Its own words.
        error: Arc<str>,
    },
    /// More than can be a backup.
    #[error("{place}: more than {limit} {what}")]
    TooMany {
        /// The path or the URL.
        place: String,
        /// The bound.
        limit: usize,
        /// What there are too many of.
        what: &'static str,
    },
    /// It gave fewer bytes, or more, than it has.
    #[error("{place}: {read} bytes were read of {bytes}: it was cut short, or changed while it was read")]
    WrongSize {
        /// The path or the URL.
        place: String,
        /// How many were read.
        read: u64,
        /// How many there were when it was listed.
        bytes: u64,
    },
    /// It is another one than was listed.
    #[error("{place} changed while it was read")]
    Changed {
        /// The path or the URL.
        place: String,
    },
    /// A layer is damaged.
    #[error("{layer} is damaged within the first {at} bytes of its input: {why}")]
    Damaged {
        /// Which layer.
        layer: Layer,
        /// How many bytes of its input had been taken.
        at: u64,
        /// The decoder's own words.
        why: Arc<str>,
    },
    /// A layer can't be opened with the keys at hand.
    #[error("{layer} can't be opened: {why}")]
    Key {
        /// Which layer.
        layer: Layer,
        /// What is missing or wrong.
        why: Arc<str>,
    },
    /// What a backup is can't be told, or its name and its bytes contradict each other.
    #[error("{0}")]
    CannotTell(Arc<str>),
    /// It unpacks to more than is allowed.
    #[error("it unpacks to more than {limit} bytes: a decompression bomb, or the limit is too low")]
    TooLarge {
        /// The bound.
        limit: u64,
    },
    /// A secret can't be read.
    #[error("failed to read the secret {reference}: {why}")]
    Secret {
        /// Where it should come from.
        reference: String,
        /// What went wrong, without what was read.
        why: Arc<str>,
    },
    /// The reader was let go before its end.
    #[error("the reading was given up")]
    GivenUp,
}

impl SourceError {
    /// What the operating system said of a file.
    pub(super) fn of_file(verb: &'static str, place: impl Into<String>, error: &io::Error) -> Self {
        let place = place.into();
        if error.kind() == io::ErrorKind::NotFound {
            Self::NotThere { place }
        } else {
            Self::Refused { verb, place, error: error.to_string().into() }
        }
    }

    /// What can't be told, in words.
    pub(super) fn cannot_tell(why: impl AsRef<str>) -> Self {
        Self::CannotTell(why.as_ref().into())
    }
}

impl From<SourceError> for io::Error {
    fn from(error: SourceError) -> Self {
        Self::other(error)
    }
}
