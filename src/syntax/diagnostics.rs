//! All diagnostics of a file, in the order of their paths.

use std::{collections::BTreeSet, fmt};

use crate::human;

use super::{
    MOST,
    diagnostic::{Diagnostic, Sort},
    render,
    visible::{escaped, same_length},
};

/// Why a file is no drill. Never empty; sorted by place, each place and message once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics {
    file: String,
    lines: Lines,
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    pub(super) fn new(file: &str, source: &str, mut list: Vec<Diagnostic>) -> Self {
        // Hostile characters become harmless ones of as many bytes, so paths stay what they were.
        let lines = Lines::new(same_length(source));
        for diagnostic in &mut list {
            lines.fit(&mut diagnostic.span);
            diagnostic.also.iter_mut().for_each(|(span, _)| lines.fit(span));
        }
        if list.iter().any(|diagnostic| diagnostic.sort == Sort::Syntax) {
            // What a broken text seems to lack, or to mean, would be guesswork; so would be what stands on a
            // broken line, or nowhere, for the parser made it up.
            let broken: BTreeSet<usize> =
                list.iter().filter(|m| m.sort == Sort::Syntax).map(|m| lines.line(m.span.start)).collect();
            list.retain(|diagnostic| match diagnostic.sort {
                Sort::Syntax => true,
                Sort::Value => {
                    !diagnostic.span.is_empty() && !broken.contains(&lines.line(diagnostic.span.start))
                }
                Sort::Absence | Sort::Meaning => false,
            });
        }
        list.sort_by(|a, b| {
            (a.span.start, a.span.end, &a.message).cmp(&(b.span.start, b.span.end, &b.message))
        });
        list.dedup_by(|a, b| a.span == b.span && a.message == b.message);
        Self { file: escaped(file), lines, list }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.list.len()
    }

    /// The file, as it is shown.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Each of them, by place.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// The line and the column of a byte of the file, both from 1; a column is a character.
    #[must_use]
    pub fn place(&self, at: usize) -> (usize, usize) {
        (self.lines.line(at) + 1, self.lines.column(at) + 1)
    }

    /// The source, free of hostile characters.
    pub(super) const fn lines(&self) -> &Lines {
        &self.lines
    }

    /// For a terminal: the text with what is wrong underlined, wrapped at `width` columns.
    #[must_use]
    pub fn graphical(&self, colour: bool, width: usize) -> String {
        render::graphical(self, colour, width)
    }

    /// For logs and narrow paths: ASCII art, no colour, `file:line:column: what` first.
    #[must_use]
    pub fn plain(&self) -> String {
        render::plain(self)
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = human::count_of(self.count() as u64, "error");
        let more = if self.count() >= MOST { "at least " } else { "" };
        write!(f, "{more}{number} in {}", self.file)
    }
}

impl std::error::Error for Diagnostics {}

/// Places in a text; every byte offset is taken, none panics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lines {
    text: String,
    /// Where each line begins.
    starts: Vec<usize>,
}

impl Lines {
    fn new(text: String) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    /// The number of the line, from 0.
    pub(super) fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// The number of the character within its line, from 0.
    pub(super) fn column(&self, at: usize) -> usize {
        let start = self.starts.get(self.line(at)).copied().unwrap_or_default();
        self.text.get(start..self.boundary(at)).unwrap_or_default().chars().count()
    }

    /// The text of a line, without its end.
    pub(super) fn text_of(&self, line: usize) -> &str {
        let start = self.starts.get(line).copied().unwrap_or(self.text.len());
        self.text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default()
    }

    /// The whole text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The last place at or before this one at which a character begins.
    fn boundary(&self, at: usize) -> usize {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }

    /// Moves a span onto character boundaries inside the text; an empty one behind everything that stands on
    /// a line, where nothing could be underlined, onto the last character before it.
    fn fit(&self, span: &mut std::ops::Range<usize>) {
        let start = self.boundary(span.start);
        let mut end = span.end.clamp(start, self.text.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        *span = start..end;
        let (before, rest) = self.text.split_at_checked(start).unwrap_or_default();
        let before = before.trim_end();
        if let Some(last) = before.chars().next_back()
            && span.start == span.end
            && rest.lines().next().unwrap_or_default().trim_end().is_empty()
        {
            *span = before.len() - last.len_utf8()..before.len();
        }
    }
}
