//! Markdown as GitHub renders it.

use super::line;

/// Text that stays text: in a paragraph, a list item, a heading or a cell of a table.
#[must_use]
pub fn text(raw: &str) -> String {
    let visible = line::visible(raw);
    let mut safe = String::with_capacity(visible.len());
    let mut before = ' ';
    let mut rest = visible.trim().chars();
    while let Some(c) = rest.next() {
        let numbered = || !safe.is_empty() && safe.chars().all(|c| c.is_ascii_digit());
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            // No backslash stops a mention; a comment does, and is not seen.
            '@' if !before.is_alphanumeric() => safe.push_str("@<!-- -->"),
            // A report that is printed commands no CI system.
            ':' if safe.is_empty() => safe.push_str("\\:"),
            // No address becomes a link by itself.
            ':' if rest.as_str().starts_with("//") => safe.push_str("&#58;"),
            '.' if safe.ends_with("www") => safe.push_str("&#46;"),
            // Within a word it can open nothing.
            '_' if before.is_alphanumeric() => safe.push(c),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '|' | '~' | '$' => safe.extend(['\\', c]),
            // At the beginning it would be a list, a rule or the line below a heading.
            '-' | '+' | '='
                if safe.is_empty() && rest.as_str().starts_with([' ', c]) | rest.as_str().is_empty() =>
            {
                safe.extend(['\\', c]);
            }
            '.' | ')' if numbered() && rest.as_str().starts_with(' ') | rest.as_str().is_empty() => {
                safe.extend(['\\', c]);
            }
            c => safe.push(c),
        }
        before = c;
    }
    safe
}

/// A link to a file below the report's own folder; a path that leads elsewhere stays text.
#[must_use]
pub fn link(label: &str, path: &str) -> String {
    let within = !path.starts_with('/') && path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    if within { format!("[{}]({})", text(label), encode(path)) } else { text(label) }
}

fn encode(path: &str) -> String {
    let mut encoded = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' | b'@' => {
                encoded.push(char::from(byte));
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

/// The anchor that GitHub gives to a heading of this text.
#[must_use]
pub fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase).map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_only_ever_text() {
        let cases = [
            ("a|b", r"a\|b"),
            ("`x`", r"\`x\`"),
            ("<script>", "&lt;script&gt;"),
            ("a\nb", "a␊b"),
            ("[a](b)", r"\[a\](b)"),
            ("# a", r"\# a"),
            ("  - a", r"\- a"),
            ("::error::x", r"\::error::x"),
            ("---", r"\---"),
            ("+12.5s", "+12.5s"),
            ("12. a", r"12\. a"),
            ("2.7 s", "2.7 s"),
            ("http://x", "http&#58;//x"),
            ("www.x", "www&#46;x"),
            ("@octocat", "@<!-- -->octocat"),
            ("loss/pitr@17", "loss/pitr@17"),
            ("snake_case", "snake_case"),
            ("_a_", r"\_a_"),
        ];
        for (raw, safe) in cases {
            assert_eq!(text(raw), safe);
        }
    }

    #[test]
    fn a_link_stays_below_the_report() {
        assert_eq!(link("log", "a@17/evidence/x y.log"), "[log](a@17/evidence/x%20y.log)");
        assert_eq!(link("out", "a/../../etc/passwd"), "out");
        assert_eq!(link("js", "javascript:alert(1)"), "[js](javascript%3Aalert%281%29)");
    }

    #[test]
    fn an_anchor_is_what_github_makes_of_a_heading() {
        assert_eq!(anchor("loss/pitr-latest@17"), "losspitr-latest17");
    }
}
