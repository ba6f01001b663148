//! Words of closed enums; their spelling and meaning are those of the enum itself.

use serde_json::Value as Json;

use super::{Shape, Value, mismatch};
use crate::syntax::{
    diagnostic::Diagnostic,
    nearest::{either, mend},
    visible::quoted,
};

/// An enum whose serde names are words of the file.
pub(crate) trait Word: schemars::JsonSchema + for<'de> serde::Deserialize<'de> {
    /// What it chooses: `method of backup`.
    const KIND: &'static str;
}

/// Makes enums words.
macro_rules! words {
    ($($type:ty: $kind:literal;)*) => {
        $(
            impl $crate::syntax::reading::Word for $type {
                const KIND: &'static str = $kind;
            }
        )*
    };
}
pub(crate) use words;

/// The words of an enum, in the order of its declaration.
pub(crate) fn all<T: Word>() -> Vec<String> {
    // schemars parts the variants that have a description from those that have none.
    let schema = schema::<T>();
    let several =
        |value: &Json, key: &str| value.get(key).and_then(Json::as_array).cloned().unwrap_or_default();
    let mut words = several(&schema, "enum");
    for one in several(&schema, "oneOf") {
        words.extend(one.get("const").cloned());
        words.extend(several(&one, "enum"));
    }
    words.iter().filter_map(Json::as_str).map(str::to_owned).collect()
}

fn schema<T: Word>() -> Json {
    T::json_schema(&mut schemars::SchemaGenerator::default()).to_value()
}

impl<T: Word> Shape for T {
    fn what() -> String {
        format!("a string, one of {}", either(all::<T>().iter().map(String::as_str)))
    }

    fn example() -> String {
        format!("{:?}", all::<T>().first().map_or("", String::as_str))
    }

    fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let Some(text) = value.get_ref().as_str() else { return mismatch(value, diagnostics) };
        let read = T::deserialize(serde::de::value::StrDeserializer::<serde::de::value::Error>::new(text));
        if read.is_err() {
            let help = mend(text, all::<T>().iter().map(String::as_str));
            diagnostics.push(
                Diagnostic::value(value.span(), format!("{} is not a known {}", quoted(text), T::KIND))
                    .help(help),
            );
        }
        read.ok()
    }

    fn schema() -> Json {
        schema::<T>()
    }
}
