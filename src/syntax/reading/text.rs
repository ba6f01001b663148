//! Texts for people.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::{Shape, Value, mismatch};
use crate::syntax::diagnostic::Diagnostic;

/// One line that says something.
#[derive(Clone, Debug)]
pub(crate) struct Line(pub(crate) String);

/// Any number of lines, or none.
#[derive(Clone, Debug)]
pub(crate) struct Prose(pub(crate) String);

impl Shape for Line {
    fn what() -> String {
        "a string".into()
    }

    fn example() -> String {
        r#""…""#.into()
    }

    fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let Some(text) = value.get_ref().as_str() else { return mismatch(value, diagnostics) };
        let text = text.trim();
        let wrong = if text.is_empty() {
            ("an empty text", "write a few words")
        } else if text.chars().any(char::is_control) {
            ("a text with line breaks or control characters", "write one line of plain text")
        } else {
            return Some(Self(text.to_owned()));
        };
        diagnostics.push(Diagnostic::value(value.span(), wrong.0).help(wrong.1));
        None
    }

    fn schema() -> Json {
        json!({ "type": "string", "minLength": 1 })
    }
}

/// The name of a moment. An instant, which TOML writes without quotes, is read as well, so that it can be
/// told why it won't do.
#[derive(Clone, Debug)]
pub(crate) struct When(pub(crate) String);

impl Shape for When {
    fn what() -> String {
        "a restore point, in quotes".into()
    }

    fn example() -> String {
        r#""…""#.into()
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the kinds of TOML that fit are named, and every other does not"
    )]
    fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        match value.get_ref() {
            DeValue::String(text) => Some(Self(text.trim().to_owned())),
            DeValue::Datetime(at) => Some(Self(at.to_string())),
            _ => mismatch(value, diagnostics),
        }
    }

    fn schema() -> Json {
        json!({ "type": "string", "minLength": 1 })
    }
}

impl Shape for Prose {
    fn what() -> String {
        "a string".into()
    }

    fn example() -> String {
        r#""…""#.into()
    }

    fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let Some(text) = value.get_ref().as_str() else { return mismatch(value, diagnostics) };
        if text.contains('\0') {
            diagnostics.push(
                Diagnostic::value(value.span(), "a text with a NUL character")
                    .help("remove `\\u0000`: PostgreSQL does not accept NUL"),
            );
            return None;
        }
        // An editor's line ends are no part of the text.
        Some(Self(text.trim().replace("\r\n", "\n")))
    }

    fn schema() -> Json {
        json!({ "type": "string" })
    }
}
