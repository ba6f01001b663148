//! Text of a drill file made fit for a terminal.
//!
//! **Invariant:** what comes out of here moves no cursor, sets no colour and turns no writing direction.

/// How much of a user's text a message repeats.
const SHOWN: usize = 60;
/// The longest message, in characters.
const LONGEST: usize = 500;

fn is_hostile(c: char) -> bool {
    // Controls, and the restore_points that reorder or hide text: bidirectional overrides and isolates,
    // zero-width characters, the BOM.
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The text with every hostile character written out, as in `\u{1b}`.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hostile(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

/// A message, escaped, and cut where a user's text made it endless.
pub(super) fn message(text: &str) -> String {
    let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(end, _)| end);
    let (kept, cut) = text.split_at_checked(end).unwrap_or((text, ""));
    escaped(kept) + if cut.is_empty() { "" } else { "…" }
}

/// A user's text in backticks, escaped, and cut where it is long.
pub(super) fn quoted(text: &str) -> String {
    let shown = escaped(text);
    match shown.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("`{}…`", shown.get(..end).unwrap_or_default()),
        None => format!("`{shown}`"),
    }
}

/// A source text in which each hostile character became a harmless one of as many bytes, so that paths stay
/// what they were.
pub(super) fn same_length(source: &str) -> String {
    source
        .chars()
        .map(|c| match (c, c.len_utf8()) {
            ('\n' | '\t', _) => c,
            ('\r', _) => ' ',
            _ if !is_hostile(c) => c,
            (_, 1) => '?',
            (_, 2) => '¿',
            _ => '\u{fffd}',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_sequence_is_written_out_and_keeps_its_place() {
        assert_eq!(quoted("\u{1b}[31mred"), r"`\u{1b}[31mred`");
        assert_eq!(quoted(&"x".repeat(61)), format!("`{}…`", "x".repeat(60)));
        let source = "a\u{1b}b\u{9b}c\u{202e}d\r\n";
        assert_eq!(same_length(source), "a?b¿c\u{fffd}d \n");
        assert_eq!(same_length(source).len(), source.len());
    }
}
