//! Lengths of time.

use std::time::Duration;

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::{Shape, Value, mismatch};
use crate::{
    drill::{AtWorst, Period, UNBOUNDED},
    syntax::{diagnostic::Diagnostic, visible::quoted},
};

/// Ten years. More is a slip, and could overflow a clock.
const LONGEST: Duration = Duration::from_hours(10 * 365 * 24);

/// A length of time above zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Positive(pub(crate) Period);

impl Shape for Period {
    fn what() -> String {
        r#"a duration such as "10s""#.into()
    }

    fn example() -> String {
        r#""10s""#.into()
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the kinds of TOML that fit are named, and every other does not"
    )]
    fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let text = match value.get_ref() {
            DeValue::String(text) => text.as_ref(),
            DeValue::Integer(integer) => {
                let message = format!("expected {}, found a number without a unit", Self::what());
                let number = integer.as_str().trim_start_matches('-');
                diagnostics.push(
                    Diagnostic::value(value.span(), message)
                        .help(format!(r#"write `"{number}s"` or `"{number}m"`"#)),
                );
                return None;
            }
            _ => return mismatch(value, diagnostics),
        };
        let (message, help) = match text.parse::<Self>() {
            Ok(period) if period.duration() <= LONGEST => return Some(period),
            Ok(_) => {
                (format!("{} is longer than ten years", quoted(text)), "write a shorter duration".to_owned())
            }
            Err(_) => (format!("{} is not a duration", quoted(text)), mend(text.trim())),
        };
        diagnostics.push(Diagnostic::value(value.span(), message).help(help));
        None
    }

    fn schema() -> Json {
        json!({ "type": "string", "pattern": r"^\s*[Pp0-9]", "examples": ["10s", "5m", "1h30m", "250ms"] })
    }
}

fn mend(text: &str) -> String {
    let digits = text.trim_end_matches(|c: char| c.is_alphabetic() || c.is_whitespace());
    let unit = text.get(digits.len()..).unwrap_or_default().trim();
    match (digits.parse::<u32>(), unit) {
        (Ok(number), "") => format!(r#"write the unit: `"{number}s"`, `"{number}m"` or `"{number}h"`"#),
        (Ok(number), "d" | "day" | "days") => {
            format!(r#"days are not all equally long: write hours, `"{}h"`"#, u64::from(number) * 24)
        }
        (Ok(number), "w" | "week" | "weeks") => format!(r#"write hours, `"{}h"`"#, u64::from(number) * 168),
        _ if text.starts_with('-') => "it can't be negative: write a duration such as `\"5m\"`".into(),
        _ => r#"write a number and its unit: `"250ms"`, `"10s"`, `"5m"`, `"1h30m"`"#.into(),
    }
}

impl Shape for AtWorst {
    fn what() -> String {
        r#"a length of time such as "10m", or "unbounded""#.into()
    }

    fn example() -> String {
        format!("{UNBOUNDED:?}")
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the kinds of TOML that fit are named, and every other does not"
    )]
    fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        match value.get_ref() {
            DeValue::String(text) if text.trim() == UNBOUNDED => Some(Self::Unbounded),
            DeValue::String(text)
                if text.trim().starts_with(char::is_alphabetic) && !text.starts_with('P') =>
            {
                let message = format!("{} is no worst case", quoted(text));
                let help = "write a length of time such as `\"10m\"`, or `\"unbounded\"`";
                diagnostics.push(Diagnostic::value(value.span(), message).help(help));
                None
            }
            DeValue::String(_) | DeValue::Integer(_) => Period::read(value, diagnostics).map(Self::Within),
            _ => mismatch(value, diagnostics),
        }
    }

    fn schema() -> Json {
        json!({ "anyOf": [{ "const": UNBOUNDED }, Period::schema()] })
    }
}

impl Shape for Positive {
    fn what() -> String {
        Period::what()
    }

    fn example() -> String {
        Period::example()
    }

    fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let period = Period::read(value, diagnostics)?;
        if period.duration().is_zero() {
            diagnostics.push(
                Diagnostic::value(value.span(), "a duration of zero")
                    .help(r#"write a duration above zero, such as `"10s"`"#),
            );
            return None;
        }
        Some(Self(period))
    }

    fn schema() -> Json {
        Period::schema()
    }
}
