//! Statements, parted where the server would part them.

use super::{ScriptError, is_part_of_a_name};

/// A statement in pieces: between them stand variables.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Statement {
    /// The line in which it begins.
    pub(super) line: usize,
    pub(super) pieces: Vec<Piece>,
    /// Its first two words, in lower case.
    words: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Text(String),
    Variable { name: String, line: usize },
}

/// What a statement does to the transaction that it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Control {
    Begins,
    Commits,
    /// It gives the transaction up, or out of the client's hands.
    Ends,
}

impl Statement {
    pub(super) fn control(&self) -> Option<Control> {
        let word = |n: usize| self.words.get(n).map_or("", String::as_str);
        match (word(0), word(1)) {
            ("begin", _) | ("start", "transaction") => Some(Control::Begins),
            ("commit", "prepared") => Some(Control::Ends),
            ("commit" | "end", _) => Some(Control::Commits),
            ("rollback", "to") => None,
            ("rollback" | "abort", _) | ("prepare", "transaction") => Some(Control::Ends),
            _ => None,
        }
    }

    /// The variables, each with its line.
    pub(super) fn variables(&self) -> impl Iterator<Item = (usize, &str)> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Variable { name, line } => Some((*line, name.as_str())),
            Piece::Text(_) => None,
        })
    }

    fn push(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(Piece::Text(last)) => last.push_str(text),
            _ => self.pieces.push(Piece::Text(text.to_owned())),
        }
    }
}

/// Reads a script from its beginning to its end.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    line: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, line: 1 }
    }

    pub(super) fn line(&mut self) -> usize {
        self.skip();
        self.line
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn advance(&mut self, bytes: usize) -> &'a str {
        let taken = self.rest().get(..bytes).unwrap_or_else(|| self.rest());
        self.at += taken.len();
        self.line += taken.matches('\n').count();
        taken
    }

    /// Passes over white space, comments and empty statements.
    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start_matches(|c: char| c.is_whitespace() || c == ';').len();
            match blank.max(comment(rest).unwrap_or_default()) {
                0 => return,
                bytes => drop(self.advance(bytes)),
            }
        }
    }

    /// The line of a command that begins with a backslash, if one is next.
    pub(super) fn command(&mut self) -> Option<String> {
        self.skip();
        let rest = self.rest();
        rest.starts_with('\\').then(|| {
            let end = rest.find('\n').unwrap_or(rest.len());
            self.advance(end).trim().to_owned()
        })
    }

    /// The next statement, if there is one.
    pub(super) fn statement(&mut self) -> Result<Option<Statement>, ScriptError> {
        self.skip();
        let mut statement = Statement { line: self.line, ..Statement::default() };
        let mut words = String::new();
        while let Some(next) = self.rest().chars().next() {
            let rest = self.rest();
            if next == ';' {
                self.advance(1);
                break;
            }
            if let Some(bytes) = comment(rest) {
                statement.push(self.advance(bytes));
                words.push(' ');
                continue;
            }
            if let Some(end) = quoted(rest, self.text.get(..self.at).unwrap_or_default()) {
                let bytes =
                    end.ok_or(ScriptError { line: self.line, message: "a quote that is not closed".into() })?;
                statement.push(self.advance(bytes));
                words.push('\'');
                continue;
            }
            if let Some(name) = rest.strip_prefix("::") {
                statement.push(self.advance(rest.len() - name.len()));
                continue;
            }
            if let Some(name) = variable(rest) {
                statement.pieces.push(Piece::Variable { name: name.to_owned(), line: self.line });
                self.advance(1 + name.len());
                continue;
            }
            words.push(next.to_ascii_lowercase());
            statement.push(self.advance(next.len_utf8()));
        }
        if let Some(Piece::Text(last)) = statement.pieces.last_mut() {
            last.truncate(last.trim_end().len());
        }
        statement.words = words.split_whitespace().take(2).map(str::to_owned).collect();
        Ok(statement.pieces.iter().any(|piece| *piece != Piece::Text(String::new())).then_some(statement))
    }
}

/// How long the comment is that begins here.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("--") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let step = match rest {
            _ if rest.starts_with("/*") => {
                depth += 1;
                2
            }
            _ if rest.starts_with("*/") => {
                depth -= 1;
                2
            }
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        at += step;
        if depth == 0 {
            break;
        }
    }
    Some(at)
}

/// The name of the variable that begins here.
fn variable(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(':')?;
    let end = rest.find(|c| !is_part_of_a_name(c)).unwrap_or(rest.len());
    rest.get(..end).filter(|name| name.starts_with(|c: char| c.is_alphabetic() || c == '_'))
}

/// How long the quoted text is that begins here; `Some(None)` where it has no end.
fn quoted(text: &str, before: &str) -> Option<Option<usize>> {
    let first = text.chars().next()?;
    match first {
        '\'' | '"' => {
            let escapes = first == '\''
                && before.ends_with(['e', 'E'])
                && !before.trim_end_matches(['e', 'E']).ends_with(is_part_of_a_name);
            let mut escaped = false;
            let end = text.char_indices().skip(1).find(|(_, c)| {
                let ends = *c == first && !escaped;
                escaped = escapes && *c == '\\' && !escaped;
                ends
            });
            // A doubled quote begins the next one where this one ends.
            Some(end.map(|(at, _)| at + 1))
        }
        '$' if !before.ends_with(is_part_of_a_name) => {
            let tag_end = text.get(1..)?.find(|c| !is_part_of_a_name(c))? + 1;
            let tag = text.get(..=tag_end).filter(|tag| tag.ends_with('$'))?;
            let body = text.get(tag.len()..)?;
            Some(body.find(tag).map(|end| tag.len() + end + tag.len()))
        }
        _ => None,
    }
}
