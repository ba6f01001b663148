//! A table of server settings.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::{Shape, Value, mismatch};
use crate::{
    pg::setting,
    syntax::{
        MOST,
        diagnostic::{Diagnostic, Span},
        visible::quoted,
    },
};

/// A setting with its place.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: Span,
    pub(crate) place: Span,
    pub(crate) name: String,
    pub(crate) value: String,
}

/// Settings by name; each name is one that the server could take.
#[derive(Clone, Debug, Default)]
pub(crate) struct SettingsText(pub(crate) Vec<Entry>);

impl Shape for SettingsText {
    fn what() -> String {
        "a table of server settings".into()
    }

    fn example() -> String {
        r#"{ archive_timeout = "2s" }"#.into()
    }

    fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let mut entries = Vec::new();
        let Some(table) = value.get_ref().as_table() else { return mismatch(value, diagnostics) };
        for (key, value) in table {
            if diagnostics.len() >= MOST {
                break;
            }
            let name = key.get_ref().as_ref();
            if !setting::is_name(name) {
                let message = format!("{} can't be the name of a server setting", quoted(name));
                let dashed = name.replace('-', "_");
                let help = if setting::is_name(&dashed) {
                    format!("did you mean `{dashed}`?")
                } else {
                    "use letters, digits and underscores".into()
                };
                diagnostics.push(Diagnostic::value(key.span(), message).help(help));
            } else if name.chars().any(|c| c.is_ascii_uppercase()) {
                let help =
                    format!("write `{}`: Lifeboat itself looks some settings up", name.to_ascii_lowercase());
                diagnostics.push(Diagnostic::value(key.span(), "a setting in upper case").help(help));
            } else if let Some(text) = setting_text(value, name, diagnostics) {
                entries.push(Entry {
                    key: key.span(),
                    place: value.span(),
                    name: name.to_owned(),
                    value: text,
                });
            }
        }
        Some(Self(entries))
    }

    fn schema() -> Json {
        json!({
            "type": "object",
            "propertyNames": { "pattern": r"^[a-z_][a-z0-9_$]*(\.[a-z_][a-z0-9_$]*)*$" },
            "additionalProperties": { "type": ["string", "number", "boolean"] },
        })
    }
}

fn setting_text(value: &Value<'_>, name: &str, diagnostics: &mut Vec<Diagnostic>) -> Option<String> {
    let (message, help) = match value.get_ref() {
        DeValue::String(text) if !text.contains('\0') => return Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => return Some(number.as_str().replace('_', "")),
        DeValue::Float(number) => return Some(number.as_str().replace('_', "")),
        DeValue::Boolean(on) => return Some(if *on { "on" } else { "off" }.into()),
        DeValue::String(_) => ("a setting with a NUL character", "remove `\\u0000`".to_owned()),
        // A dotted key without quotes is a table to TOML.
        DeValue::Table(table) => match table.keys().next().map(|key| key.get_ref().as_ref()) {
            Some(part) => (
                "expected the value of a setting, found a table",
                format!("write the name in quotes: `\"{name}.{part}\"`"),
            ),
            None => (
                "expected the value of a setting, found a table",
                "write a string, a number or a boolean".into(),
            ),
        },
        DeValue::Integer(_) | DeValue::Datetime(_) | DeValue::Array(_) => (
            "expected the value of a setting",
            "write a string, a decimal number or a boolean; a list is one string with commas".into(),
        ),
    };
    diagnostics.push(Diagnostic::value(value.span(), message).help(help));
    None
}
