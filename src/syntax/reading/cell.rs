//! A cell of the result that a query must have.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::{Shape, Value, mismatch};
use crate::syntax::diagnostic::Diagnostic;

/// A text as `psql` shows it, or NULL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell(pub(crate) Option<String>);

impl Shape for Cell {
    fn what() -> String {
        "a string, a number, a boolean or `{ null = true }`".into()
    }

    fn example() -> String {
        r#""1""#.into()
    }

    fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        match value.get_ref() {
            DeValue::String(text) => Some(Self(Some(text.to_string()))),
            DeValue::Integer(number) if number.radix() == 10 => {
                Some(Self(Some(number.as_str().replace('_', ""))))
            }
            DeValue::Float(number) => Some(Self(Some(number.as_str().replace('_', "")))),
            // As the server writes a boolean.
            DeValue::Boolean(truth) => Some(Self(Some(if *truth { "t" } else { "f" }.into()))),
            DeValue::Table(table)
                if table.len() == 1
                    && table.get("null").and_then(|null| null.get_ref().as_bool()) == Some(true) =>
            {
                Some(Self(None))
            }
            DeValue::Table(_) => {
                diagnostics.push(
                    Diagnostic::value(value.span(), "a table that is not NULL")
                        .help("write `{ null = true }` for NULL"),
                );
                None
            }
            DeValue::Integer(_) | DeValue::Datetime(_) | DeValue::Array(_) => mismatch(value, diagnostics),
        }
    }

    fn schema() -> Json {
        json!({ "oneOf": [
            { "type": ["string", "number", "boolean"] },
            {
                "type": "object", "description": "NULL.", "properties": { "null": { "const": true } },
                "required": ["null"], "additionalProperties": false
            },
        ] })
    }
}
