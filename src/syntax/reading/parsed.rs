//! Texts that are read by a rule of their own, which says in its error what is wrong.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::{Shape, Value, mismatch};
use crate::{
    drill::{Location, Pick, SecretRef},
    syntax::diagnostic::Diagnostic,
};

/// Reads values by `FromStr`: what they are, an example, and how to mend one that is wrong.
macro_rules! parsed {
    ($($type:ty: $what:literal, $example:literal, $help:literal;)*) => {
        $(
            impl Shape for $type {
                fn what() -> String {
                    concat!($what, ", a string").into()
                }

                fn example() -> String {
                    format!("{:?}", $example)
                }

                fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
                    // TOML writes an instant without quotes.
                    let text = match value.get_ref() {
                        DeValue::String(text) => text.to_string(),
                        DeValue::Datetime(at) => at.to_string(),
                        _ => return mismatch(value, diagnostics),
                    };
                    match text.parse::<Self>() {
                        Ok(read) => Some(read),
                        Err(error) => {
                            let message = format!(concat!("no ", $what, ": {}"), error);
                            diagnostics.push(Diagnostic::value(value.span(), message).help($help));
                            None
                        }
                    }
                }

                fn schema() -> Json {
                    json!({ "type": "string", "minLength": 1 })
                }
            }
        )*
    };
}

parsed! {
    Location: "path or URL", "backups/shop-*.dump",
        "write a path, relative to this file, or a URL such as `s3://bucket/folder/shop-*.dump`";
    Pick: "choice of a backup", "latest",
        "write `latest`, `oldest`, `random`, a time with its offset, or the name of one of them";
    SecretRef: "reference to a secret", "env:BACKUP_PASSPHRASE",
        "write `env:NAME`, `file:PATH` or `command:PROGRAM`: the secret itself stands in no drill file";
}
