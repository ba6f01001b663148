//! Paths of files beside the drill file, and sizes.

use serde_json::{Value as Json, json};

use super::{Shape, Value, mismatch};
use crate::syntax::{diagnostic::Diagnostic, visible::quoted};

/// The path of a file, absolute or relative to the folder of the drill file. Whether it is there is not known
/// here.
#[derive(Clone, Debug)]
pub(crate) struct PathText(pub(crate) String);

impl Shape for PathText {
    fn what() -> String {
        "the path of a file, a string".into()
    }

    fn example() -> String {
        r#""schema.sql""#.into()
    }

    fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let Some(text) = value.get_ref().as_str() else { return mismatch(value, diagnostics) };
        let message = if text.is_empty() {
            "an empty path"
        } else if text.chars().any(char::is_control) {
            "a path with line breaks or control characters"
        } else {
            return Some(Self(text.to_owned()));
        };
        let help = "write the path of a file, relative to the folder of this one";
        diagnostics.push(Diagnostic::value(value.span(), message).help(help));
        None
    }

    fn schema() -> Json {
        json!({ "type": "string", "minLength": 1 })
    }
}

/// A size in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size(pub(crate) u64);

const UNITS: [(&str, u64); 7] = [
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

impl Shape for Size {
    fn what() -> String {
        r#"a size such as "20GB""#.into()
    }

    fn example() -> String {
        r#""20GB""#.into()
    }

    fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let Some(text) = value.get_ref().as_str() else { return mismatch(value, diagnostics) };
        let size = bytes(text);
        if size.is_none() {
            let help =
                "write a number with a unit: `\"500MB\"`, `\"20GB\"`, or `\"20GiB\"` for powers of 1024";
            diagnostics
                .push(Diagnostic::value(value.span(), format!("{} is no size", quoted(text))).help(help));
        }
        size.map(Self)
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*(kB|MB|GB|TB|MiB|GiB|TiB)\s*$" })
    }
}

fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let (unit, factor) =
        UNITS.iter().filter(|(unit, _)| text.ends_with(unit)).max_by_key(|(unit, _)| unit.len())?;
    let number = text.strip_suffix(unit)?.trim_end();
    let plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    let parts: Vec<&str> = number.splitn(2, '.').collect();
    if !parts.iter().all(|part| plain(part)) {
        return None;
    }
    let bytes = number.parse::<f64>().ok()? * *factor as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is within the bounds")]
    (1.0..1e18).contains(&bytes).then_some(bytes as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_number_and_a_unit() {
        for (text, size) in [
            ("20GB", Some(20_000_000_000)),
            (" 1.5 GiB ", Some(3 << 29)),
            ("1kB", Some(1_000)),
            ("20", None),
            ("-1GB", None),
            ("1e3GB", None),
            ("GB", None),
            (".5GB", None),
            ("0MB", None),
            ("99999999999TB", None),
            ("20gb", None),
        ] {
            assert_eq!(bytes(text), size, "{text}");
        }
    }
}
