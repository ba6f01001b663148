//! One visible line.

/// The text as one line without anything that acts instead of being seen.
///
/// Control characters become their pictures (ESC `␛`, newline `␊`), and what has no picture (C1,
/// noncharacters, line separators, the controls of text direction that make a name read as another) becomes
/// U+FFFD.
#[must_use]
pub fn visible(text: &str) -> String {
    text.chars().map(picture).collect()
}

fn picture(c: char) -> char {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{61c}' | '\u{200e}' | '\u{200f}' => '\u{fffd}',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => '\u{fffd}',
        c if u32::from(c) & 0xfffe == 0xfffe => '\u{fffd}',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_act_is_seen() {
        assert_eq!(visible("a\u{1b}[31m\nb\0\u{85}\u{202e}\u{ffff}"), "a␛[31m␊b␀\u{fffd}\u{fffd}\u{fffd}");
        assert_eq!(visible("café 表 🐘"), "café 表 🐘");
    }
}
