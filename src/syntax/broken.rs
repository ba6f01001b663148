//! Text that is no TOML: what the parser says of it, and how to mend it.

use super::{
    LARGEST,
    diagnostic::{Diagnostic, Sort, Span},
    diagnostics::Diagnostics,
    visible::quoted,
};
use crate::human;

/// How many bytes of a refused text are shown.
const HEAD: usize = 80;

/// The refusal of a text by its size.
pub(super) fn too_large(bytes: usize) -> Option<Diagnostic> {
    (bytes > LARGEST).then(|| {
        let limit = human::bytes(LARGEST as u64);
        let message = format!("the file is larger than {limit}, the limit for a drill file");
        Diagnostic::new(Sort::Syntax, 0..0, message)
            .help("check that this is the file that you meant; a drill file has a few kilobytes")
    })
}

/// Where the part of a refused text ends that is worth showing.
pub(super) fn head(text: &str) -> usize {
    text.char_indices().nth(HEAD).map_or(text.len(), |(at, _)| at)
}

/// Quotes that word processors make of straight ones.
const CURLY: [char; 6] = ['“', '”', '„', '‘', '’', '‚'];

/// The help where there is none for what went wrong.
const GENERAL: &str = "each line is a key with its value, such as `manual-time = \"10m\"`, or a header, such \
    as `[objectives]` or `[[steps]]`";

/// How the parser begins what it says of numbers, dates and times.
const NUMBERS: [&str; 6] = [
    "invalid float",
    "invalid integer",
    "invalid date",
    "invalid time",
    "radix must be",
    "integers with a radix",
];

/// The text of a file.
///
/// # Errors
/// Returns an error if it is larger than [`LARGEST`], or if it is not UTF-8, with the place of the first byte
/// that is not.
pub fn decode(file: &str, bytes: Vec<u8>) -> Result<String, Diagnostics> {
    if let Some(refused) = too_large(bytes.len()) {
        return Err(Diagnostics::new(file, "", vec![refused]));
    }
    String::from_utf8(bytes).map_err(|error| {
        let (at, text) =
            (error.utf8_error().valid_up_to(), String::from_utf8_lossy(error.as_bytes()).into_owned());
        let byte = error.as_bytes().get(at).copied().unwrap_or_default();
        let diagnostic = Diagnostic::new(
            Sort::Syntax,
            at..at + char::REPLACEMENT_CHARACTER.len_utf8(),
            format!("the byte 0x{byte:02x} is not UTF-8"),
        );
        Diagnostics::new(file, &text, vec![diagnostic.help("save the file in the encoding UTF-8")])
    })
}

/// What the parser says of a text.
pub(super) fn diagnostic(error: &toml::de::Error, text: &str) -> Diagnostic {
    let span = error.span().unwrap_or(text.len()..text.len());
    let (message, help) = told(error.message(), &Place::of(&span, text));
    Diagnostic::new(Sort::Syntax, span, message).help(help)
}

/// What stands where the parser stumbled.
struct Place<'t> {
    /// What it points at.
    there: &'t str,
    /// The rest of the line from there.
    rest: &'t str,
    /// The bare word around it.
    word: &'t str,
}

impl<'t> Place<'t> {
    fn of(span: &Span, text: &'t str) -> Self {
        let (before, rest) = text.split_at_checked(span.start).unwrap_or((text, ""));
        let parts = |c: char| c.is_whitespace() || "=:,.[]{}\"'#".contains(c);
        let begin = before.rfind(parts).map_or(0, |at| {
            at + before.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
        });
        let end = rest.find(parts).unwrap_or(rest.len());
        Self {
            there: text.get(span.clone()).unwrap_or_default(),
            rest: rest.lines().next().unwrap_or_default(),
            word: text.get(begin..span.start + end).unwrap_or_default(),
        }
    }
}

/// The message, and how to mend it, for what the parser says. Its words are no interface: what is not known
/// here is told as it is.
fn told(said: &str, Place { there, rest, word }: &Place<'_>) -> (String, String) {
    let said = said.strip_suffix(", expected nothing").unwrap_or(said);
    let as_said = |help: String| (said.to_owned(), help);
    let straight =
        Some(there.trim_matches(CURLY)).filter(|text| !text.is_empty()).unwrap_or(word.trim_matches(CURLY));
    match said.split_once(", expected ").unwrap_or((said, "")) {
        ("duplicate key", _) => {
            (format!("key {} is defined twice", quoted(there)), "remove one of the two".to_owned())
        }
        _ if rest.starts_with(|c: char| c.is_control()) && !rest.starts_with(['\t', '\r']) => {
            as_said("a control character: write it as an escape, such as `\\u001b`".to_owned())
        }
        _ if rest.starts_with(CURLY) || there.contains(CURLY) => {
            ("curly quotes cannot quote a value".to_owned(), format!("write straight ones: `\"{straight}\"`"))
        }
        ("string values must be quoted", _) if there.is_empty() => (
            "a key without a value".to_owned(),
            "write its value after the `=`, such as `\"10m\"`".to_owned(),
        ),
        ("string values must be quoted", _) => {
            ("a string without quotes".to_owned(), format!("write `\"{there}\"`"))
        }
        (
            "key with no value"
            | "missing value for key"
            | "missing assignment between key-value pairs"
            | "invalid unquoted key",
            _,
        ) if rest.starts_with(':') || word.ends_with(':') => {
            as_said("write `=` between a key and its value, not `:`".to_owned())
        }
        ("invalid unquoted key", _) => as_said(format!(
            "write `\"{word}\"`: a key without quotes has letters of ASCII, digits, `-` and `_`, and no \
             others"
        )),
        ("key with no value" | "missing value for key" | "missing assignment between key-value pairs", _) => {
            as_said(
                "write a key as one word, and its value after a `=`, such as `manual-time = \"10m\"`"
                    .to_owned(),
            )
        }
        ("missing escaped value" | "too few unicode value digits" | "invalid value", _) => as_said(
            "write a backslash twice, `\\\\`, where it is no escape, or put the text in single quotes"
                .to_owned(),
        ),
        (string, expected @ ("`\"`" | "`'`")) if rest.is_empty() => {
            let quote = expected.trim_matches('`').repeat(if string.contains("multi-line") { 3 } else { 1 });
            as_said(format!("close the text with `{quote}`"))
        }
        (unclosed, expected) if unclosed.starts_with("unclosed") && !expected.is_empty() => {
            as_said(format!("close it with {expected}"))
        }
        (missing, _) if missing.starts_with("missing comma") => {
            as_said("write a comma between the two".to_owned())
        }
        ("extra `=`" | "extra comma in array" | "extra comma in inline table", _) => {
            as_said(format!("remove the {}", quoted(there)))
        }
        ("invalid boolean", _) => {
            as_said("write `true` or `false`, in lower case, or put a text in quotes".to_owned())
        }
        ("`_` may only go between digits", _) => as_said("remove the `_`".to_owned()),
        ("unexpected leading zero" | "redundant numeric sign", _) => {
            as_said(format!("remove the {}", quoted(there)))
        }
        (number, _) if NUMBERS.iter().any(|begin| number.starts_with(begin)) => {
            as_said("write a number such as `17`, or put a text in quotes".to_owned())
        }
        ("recursion limit" | "cannot recurse further; max recursion depth met", _) => (
            "brackets or dotted keys are nested too deep".to_owned(),
            "close the brackets, or put the text in quotes: a drill nests no deeper than five levels"
                .to_owned(),
        ),
        ("unexpected key or value", _) => {
            as_said("begin a new line for the next key, or put the whole value in quotes".to_owned())
        }
        _ => as_said(GENERAL.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::syntax::parse;

    const BROKEN: [&str; 31] = [
        r#"tags = ["a" "b"]"#,
        r#"tags = ["a",,"b"]"#,
        r#"tags = ["a""#,
        r#"manual-time : "10m""#,
        r#"[postgres]
settings = { archive_timeout: "2s" }"#,
        "manual-time",
        "manual-time = \nrto",
        "manual-time =",
        r#"my title = "x""#,
        r#"rto == "1h""#,
        r#"= "x""#,
        "manual-time = True",
        "manual-time = 10m",
        "version = 1_000_",
        "version = 017",
        "version = 1.2.3",
        "version = 0X1",
        "version = 2024-13-45",
        r#"täitel = "x""#,
        r#"titel.größe = "x""#,
        r#"title = "a\qb""#,
        r#"title = "a\u12""#,
        "manual-time = '10m",
        r#"title = "x"#,
        "title = \"x\n\n",
        "title = \"\"\"x\n\n",
        "title = 'it's'",
        "[objectives",
        "manual-time = “1h”",
        "“manual-time” = \"1h\"",
        "x = ‘1 h’",
    ];

    #[test]
    fn every_text_that_is_no_toml_gets_its_place_underlined_and_a_help() {
        let mut all = String::new();
        for text in BROKEN {
            let diagnostics = parse(&"x".parse().unwrap(), "x.toml", text).unwrap_err();
            assert!(diagnostics.iter().all(|diagnostic| diagnostic.mend().is_some()), "{text}");
            let spans: Vec<_> = diagnostics.iter().map(Diagnostic::span).collect();
            assert!(
                spans.iter().all(|span| !span.is_empty() || !text[span.start..].trim_end().is_empty()),
                "{text}: {spans:?}"
            );
            let _ = writeln!(all, "{}", diagnostics.plain());
        }
        insta::assert_snapshot!(all);
    }

    #[test]
    fn a_byte_that_is_not_utf_8_is_told_with_its_place() {
        assert_eq!(decode("x.toml", "title = \"ä\"\n".into()).as_deref(), Ok("title = \"ä\"\n"));
        let latin_1 = decode("x.toml", b"tags = []\ntitle = \"\xe4h\"\n".to_vec()).unwrap_err();
        insta::assert_snapshot!(latin_1.plain());
    }
}
