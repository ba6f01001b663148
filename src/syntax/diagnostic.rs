//! A diagnostic in a drill file: what, where, and how to mend it.

use std::ops::Range;

use super::visible;

/// Bytes of the file.
pub type Span = Range<usize>;

/// What sort of diagnostic it is; it decides whether it is worth saying beside others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// The text is no TOML.
    Syntax,
    /// What stands there can't be there: an unknown key, a wrong type, a word that is none.
    Value,
    /// Something should stand there: it may only seem to be missing where the TOML is broken.
    Absence,
    /// The parts don't go together.
    Meaning,
}

/// One diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub(super) sort: Sort,
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) help: Option<String>,
    pub(super) also: Vec<(Span, String)>,
}

impl Diagnostic {
    pub(super) fn new(sort: Sort, span: Span, message: impl AsRef<str>) -> Self {
        Self { sort, span, message: visible::message(message.as_ref()), help: None, also: Vec::new() }
    }

    pub(super) fn value(span: Span, message: impl AsRef<str>) -> Self {
        Self::new(Sort::Value, span, message)
    }

    pub(super) fn absence(span: Span, message: impl AsRef<str>) -> Self {
        Self::new(Sort::Absence, span, message)
    }

    pub(super) fn meaning(span: Span, message: impl AsRef<str>) -> Self {
        Self::new(Sort::Meaning, span, message)
    }

    /// Says how to mend it.
    pub(super) fn help(mut self, help: impl AsRef<str>) -> Self {
        self.help = Some(visible::message(help.as_ref()));
        self
    }

    /// Points at another place that has to do with it.
    pub(super) fn also(mut self, span: Option<Span>, words: impl AsRef<str>) -> Self {
        self.also.extend(span.map(|span| (span, visible::message(words.as_ref()))));
        self
    }

    /// What is wrong: a fragment, free of control characters.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// How to mend it.
    #[must_use]
    pub fn mend(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Where it is, in bytes of the file after a byte order mark.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span.clone()
    }
}
