//! The paths that a Rust file writes, read from its tokens.

/// The words and restore_points of a file, without comments; a text or a character is the word `""`.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let mut tokens = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let c = at(i);
        match c {
            _ if c.is_whitespace() => i += 1,
            '/' if at(i + 1) == '/' => i = end_of_line(&chars, i),
            '/' if at(i + 1) == '*' => i = end_of_comment(&chars, i),
            '"' => {
                i = end_of_text(&chars, i);
                tokens.push("\"\"".to_owned());
            }
            // A character; a lifetime has no closing quote after one character.
            '\'' if at(i + 1) == '\\' || at(i + 2) == '\'' => {
                let from = if at(i + 1) == '\\' { i + 3 } else { i + 2 };
                i = (from..chars.len()).find(|j| at(*j) == '\'').unwrap_or(chars.len()) + 1;
                tokens.push("\"\"".to_owned());
            }
            _ if c.is_alphanumeric() || c == '_' => {
                let end = (i..chars.len())
                    .find(|j| !at(*j).is_alphanumeric() && at(*j) != '_')
                    .unwrap_or(chars.len());
                let word: String = chars.iter().take(end).skip(i).collect();
                let hashes = (end..chars.len()).take_while(|j| at(*j) == '#').count();
                if matches!(word.as_str(), "r" | "br" | "cr") && at(end + hashes) == '"' {
                    i = end_of_raw_text(&chars, end, hashes);
                    tokens.push("\"\"".to_owned());
                } else {
                    tokens.push(word);
                    i = end;
                }
            }
            ':' if at(i + 1) == ':' => {
                tokens.push("::".to_owned());
                i += 2;
            }
            _ => {
                tokens.push(c.to_string());
                i += 1;
            }
        }
    }
    tokens
}

fn end_of_line(chars: &[char], from: usize) -> usize {
    chars.iter().skip(from).position(|c| *c == '\n').map_or(chars.len(), |length| from + length)
}

fn end_of_comment(chars: &[char], from: usize) -> usize {
    let (mut depth, mut i) = (0, from);
    while let (Some(a), b) = (chars.get(i), chars.get(i + 1)) {
        match (a, b) {
            ('/', Some('*')) => (depth, i) = (depth + 1, i + 2),
            ('*', Some('/')) => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            break;
        }
    }
    i
}

fn end_of_text(chars: &[char], from: usize) -> usize {
    let mut i = from + 1;
    while let Some(c) = chars.get(i) {
        match c {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    i
}

fn end_of_raw_text(chars: &[char], from: usize, hashes: usize) -> usize {
    let first = from + hashes + 1;
    let closes = |i: &usize| {
        chars.get(*i) == Some(&'"')
            && chars.iter().skip(i + 1).take(hashes).filter(|c| **c == '#').count() == hashes
    };
    (first..chars.len()).find(closes).map_or(chars.len(), |quote| quote + 1 + hashes)
}

/// Every path of a file, groups written out: `use a::{b, c::d}` gives `a::b` and `a::c::d`. A leading `::` is
/// left out.
pub(crate) fn paths(text: &str) -> Vec<Vec<String>> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    let mut i = 0;
    while i < tokens.len() {
        let starts = is_word(tokens.get(i))
            && !(tokens.get(i.wrapping_sub(1)).is_some_and(|before| before == "." || before == "'"));
        if starts {
            i = path(&tokens, i, &[], &mut found);
        } else {
            i += 1;
        }
    }
    found
}

/// Words after which a path may begin with `::`.
const KEYWORDS: [&str; 10] = ["use", "as", "dyn", "for", "impl", "in", "match", "mut", "return", "where"];

fn is_word(token: Option<&String>) -> bool {
    token.is_some_and(|token| {
        !KEYWORDS.contains(&token.as_str()) && token.chars().all(|c| c.is_alphanumeric() || c == '_')
    })
}

/// Reads the path that begins at `i`, adds it to `found` with what comes before it, and says where it ends.
fn path(tokens: &[String], mut i: usize, before: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut whole = before.to_vec();
    loop {
        if tokens.get(i).is_some_and(|token| token == "{") && whole.len() > before.len() {
            return group(tokens, i + 1, &whole, found);
        }
        if !is_word(tokens.get(i)) {
            break;
        }
        whole.extend(tokens.get(i).cloned());
        if tokens.get(i + 1).is_none_or(|token| token != "::") {
            i += 1;
            break;
        }
        i += 2;
    }
    found.push(whole);
    i
}

fn group(tokens: &[String], mut i: usize, before: &[String], found: &mut Vec<Vec<String>>) -> usize {
    while let Some(token) = tokens.get(i) {
        match token.as_str() {
            "}" => return i + 1,
            _ if is_word(Some(token)) => i = path(tokens, i, before, found),
            _ => i += 1,
        }
    }
    i
}
