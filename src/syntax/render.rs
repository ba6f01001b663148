//! Diagnostics for people: through miette for terminals, and plainly for logs.

use std::fmt::{self, Write as _};

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, NamedSource, SourceCode, SourceSpan,
    SpanContents,
};

use crate::human;

use super::{
    diagnostic::{Diagnostic, Span},
    diagnostics::Diagnostics,
};

/// More than these are counted, not shown.
const SHOWN: usize = 50;
/// A line of more bytes is not drawn whole, and neither is a span over more lines.
const WIDE: usize = 1000;
const TALL: usize = 20;
/// The longest excerpt of a line in the plain rendering.
const EXCERPT: usize = 110;

/// The source, of which miette shows whole lines: by itself, without lines of context, it would begin at what
/// is underlined.
struct WholeLines(NamedSource<String>);

impl SourceCode for WholeLines {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        // It asks for no context only where it wants to know the line and the column.
        if before == 0 && after == 0 {
            return self.0.read_span(span, 0, 0);
        }
        let text = self.0.inner();
        let start = text.get(..span.offset()).and_then(|text| text.rfind('\n')).map_or(0, |at| at + 1);
        let end = span.offset() + span.len();
        let end = text.get(end..).and_then(|text| text.find('\n')).map_or(text.len(), |at| end + at);
        self.0.read_span(&(start..end).into(), 0, 0)
    }
}

/// A diagnostic as miette wants it.
struct Shown<'a> {
    diagnostic: &'a Diagnostic,
    source: &'a WholeLines,
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.diagnostic.fmt(f)
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl miette::Diagnostic for Shown<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.diagnostic.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let here = LabeledSpan::new_primary_with_span(None, self.diagnostic.span.clone());
        let also = self
            .diagnostic
            .also
            .iter()
            .map(|(span, words)| LabeledSpan::new_with_span(Some(words.clone()), span.clone()));
        Some(Box::new(std::iter::once(here).chain(also)))
    }
}

pub(super) fn graphical(diagnostics: &Diagnostics, colour: bool, width: usize) -> String {
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(width.max(20))
        .with_context_lines(1)
        .with_links(false);
    let source = WholeLines(NamedSource::new(diagnostics.file(), diagnostics.lines().text().to_owned()));
    let mut out = String::new();
    for diagnostic in diagnostics.iter().take(SHOWN) {
        // miette can't pad to a column beyond 65,535, and would show a long line whole; the plain form cuts
        // it.
        if !is_drawable(diagnostics, diagnostic) {
            plain_one(&mut out, diagnostics, diagnostic);
            out.push('\n');
            continue;
        }
        if handler.render_report(&mut out, &Shown { diagnostic, source: &source }).is_err() {
            // miette refuses a span that it can't find; the plain form needs none.
            plain_one(&mut out, diagnostics, diagnostic);
        }
        out.push('\n');
    }
    total(&mut out, diagnostics);
    out
}

/// Whether all that is pointed at stands on lines, and on so few of them, that a terminal can show them
/// whole.
fn is_drawable(diagnostics: &Diagnostics, diagnostic: &Diagnostic) -> bool {
    let lines = diagnostics.lines();
    std::iter::once(&diagnostic.span).chain(diagnostic.also.iter().map(|(span, _)| span)).all(|span| {
        let (first, last) = (lines.line(span.start), lines.line(span.end));
        last - first < TALL && (first..=last).all(|line| lines.text_of(line).len() <= WIDE)
    })
}

pub(super) fn plain(diagnostics: &Diagnostics) -> String {
    let mut out = String::new();
    for diagnostic in diagnostics.iter().take(SHOWN) {
        plain_one(&mut out, diagnostics, diagnostic);
        out.push('\n');
    }
    total(&mut out, diagnostics);
    out
}

/// Writing into a `String` can't fail.
fn plain_one(out: &mut String, diagnostics: &Diagnostics, diagnostic: &Diagnostic) {
    let (line, column) = diagnostics.place(diagnostic.span.start);
    let gutter = diagnostic
        .also
        .iter()
        .map(|(span, _)| diagnostics.place(span.start).0)
        .fold(line, usize::max)
        .to_string()
        .len();
    let _ = writeln!(out, "{}:{line}:{column}: {}", diagnostics.file(), diagnostic.message);
    excerpt(out, diagnostics, &diagnostic.span, gutter, '^', "");
    for (span, words) in &diagnostic.also {
        excerpt(out, diagnostics, span, gutter, '-', words);
    }
    if let Some(help) = &diagnostic.help {
        let _ = writeln!(out, "{:gutter$} = help: {help}", "");
    }
}

fn excerpt(out: &mut String, diagnostics: &Diagnostics, span: &Span, gutter: usize, mark: char, words: &str) {
    let lines = diagnostics.lines();
    let (number, column) = (lines.line(span.start), lines.column(span.start));
    let text: Vec<char> = lines.text_of(number).chars().collect();
    let length = lines.text().get(span.clone()).unwrap_or_default();
    let length = length.split('\n').next().unwrap_or_default().trim_end().chars().count();
    // A long line is cut around what is underlined.
    let skip = if text.len() > EXCERPT { column.saturating_sub(EXCERPT / 3) } else { 0 };
    let shown: String =
        text.iter().skip(skip).take(EXCERPT).map(|c| if *c == '\t' { ' ' } else { *c }).collect();
    let underline: String = std::iter::repeat_n(mark, length.clamp(1, EXCERPT)).collect();
    let _ = writeln!(out, "{:>gutter$} | {}", number + 1, shown.trim_end());
    let line = format!("{:gutter$} | {:indent$}{underline} {words}", "", "", indent = column - skip);
    let _ = writeln!(out, "{}", line.trim_end());
}

fn total(out: &mut String, diagnostics: &Diagnostics) {
    let _ = match diagnostics.count().checked_sub(SHOWN) {
        Some(more @ 1..) => writeln!(out, "{diagnostics}; {} more are not shown", human::count(more as u64)),
        Some(0) | None => writeln!(out, "{diagnostics}"),
    };
}
