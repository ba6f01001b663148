//! How a value of the file becomes a value of the program, and what an editor is told of it: one trait for
//! both.
//!
//! **Invariant:** reading says everything that is wrong and goes on; `None` means that it was said.

mod cell;
mod field;
mod list;
mod name;
mod number;
mod parsed;
mod path;
mod period;
#[macro_use]
mod section;
mod settings;
mod text;
mod word;

use serde_json::Value as Json;
use toml::{Spanned, de::DeValue};

pub(super) use cell::Cell;
pub(super) use field::Field;
pub(super) use list::Several;
pub(super) use number::{Rate, Whole};
pub(super) use path::{PathText, Size};
pub(super) use period::Positive;
pub(super) use section::{Key, Section, example_of, read_field, read_section, schema_of, section};
pub(super) use settings::{Entry, SettingsText};
pub(super) use text::{Line, Prose, When};
pub(super) use word::{Word, words};

use super::diagnostic::Diagnostic;

/// A value in the file, with its place.
pub(super) type Value<'i> = Spanned<DeValue<'i>>;

/// What can stand at a key.
pub(super) trait Shape: Sized {
    /// What it is, with its article and an example: `a duration such as "10s"`.
    fn what() -> String;

    /// A valid example, as TOML.
    fn example() -> String;

    /// Reads it, or says what is wrong with it.
    fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self>;

    /// Its JSON Schema.
    fn schema() -> Json;
}

/// Says that something else stands there; always `None`.
pub(super) fn mismatch<T: Shape>(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<T> {
    diagnostics.push(
        Diagnostic::value(value.span(), format!("expected {}, found {}", T::what(), found(value.get_ref())))
            .help(mend(value, &T::example())),
    );
    None
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "the kinds of TOML that fit are named, and every other does not"
)]
fn mend(value: &Value<'_>, example: &str) -> String {
    match value.get_ref() {
        DeValue::Boolean(_) | DeValue::Integer(_) | DeValue::Float(_) if example.starts_with('"') => {
            format!("write a string in quotes, like `{example}`")
        }
        DeValue::String(text) if example.starts_with("[\"") => format!("put it in brackets: `[\"{text}\"]`"),
        DeValue::Table(_) if example.starts_with("[{") => {
            "double the brackets of its header: each `[[…]]` begins one item".into()
        }
        DeValue::String(text) if example.parse::<f64>().is_ok() && text.parse::<f64>().is_ok() => {
            format!("remove the quotes: `{text}`")
        }
        DeValue::String(text)
            if (example == "true" || example == "false") && (text == "true" || text == "false") =>
        {
            format!("remove the quotes: `{text}`")
        }
        _ => format!("write it like `{example}`"),
    }
}

fn found(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

impl Shape for bool {
    fn what() -> String {
        "`true` or `false`".into()
    }

    fn example() -> String {
        "true".into()
    }

    fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        value.get_ref().as_bool().or_else(|| mismatch(value, diagnostics))
    }

    fn schema() -> Json {
        serde_json::json!({ "type": "boolean" })
    }
}
