//! Numbers: whole ones within bounds, rates, and the version of PostgreSQL.

use serde_json::{Value as Json, json};
use toml::de::{DeInteger, DeValue};

use super::{Shape, Value, mismatch};
use crate::{
    pg::Major,
    syntax::{diagnostic::Diagnostic, visible::quoted},
};

/// A whole number from `MIN` to `MAX`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whole<const MIN: u64, const MAX: u64>(pub(crate) u64);

fn whole(integer: &DeInteger<'_>) -> Option<i128> {
    i128::from_str_radix(&integer.as_str().replace('_', ""), integer.radix()).ok()
}

impl<const MIN: u64, const MAX: u64> Whole<MIN, MAX> {
    fn bounds() -> String {
        // The largest number of TOML means: as many as you like.
        if MAX < i64::MAX as u64 { format!("from {MIN} to {MAX}") } else { format!("from {MIN} on") }
    }
}

impl<const MIN: u64, const MAX: u64> Shape for Whole<MIN, MAX> {
    fn what() -> String {
        format!("a whole number {}", Self::bounds())
    }

    fn example() -> String {
        MIN.max(1).to_string()
    }

    fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let DeValue::Integer(integer) = value.get_ref() else { return mismatch(value, diagnostics) };
        let number = whole(integer)
            .and_then(|number| u64::try_from(number).ok())
            .filter(|number| (MIN..=MAX).contains(number));
        if number.is_none() {
            let message = format!("{} is out of range", quoted(integer.as_str()));
            diagnostics
                .push(Diagnostic::value(value.span(), message).help(format!("write {}", Self::what())));
        }
        number.map(Self)
    }

    fn schema() -> Json {
        json!({ "type": "integer", "minimum": MIN, "maximum": MAX })
    }
}

impl Shape for Major {
    fn what() -> String {
        "a major version such as `17`".into()
    }

    fn example() -> String {
        "17".into()
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the kinds of TOML that fit are named, and every other does not"
    )]
    fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let range = format!(
            "write a major version from {} to {}, or omit the key to run on any",
            Self::OLDEST,
            Self::NEWEST
        );
        match value.get_ref() {
            DeValue::Integer(integer) => {
                let major = whole(integer).and_then(|number| u16::try_from(number).ok()).map(Self);
                let supported = major.filter(|major| (Self::OLDEST..=Self::NEWEST).contains(major));
                if supported.is_none() {
                    let message = format!("PostgreSQL {} is not supported", quoted(integer.as_str()));
                    diagnostics.push(Diagnostic::value(value.span(), message).help(range));
                }
                supported
            }
            DeValue::Float(float) => {
                let major = float.as_str().split('.').next().unwrap_or_default();
                diagnostics.push(
                    Diagnostic::value(value.span(), "a release, where a major version is wanted")
                        .help(format!("write `{major}`: the minor release is that of the installed server")),
                );
                None
            }
            _ => mismatch(value, diagnostics),
        }
    }

    fn schema() -> Json {
        json!({ "type": "integer", "minimum": Self::OLDEST.0, "maximum": Self::NEWEST.0 })
    }
}

/// So many a second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate(pub(crate) f64);

/// One an hour: a drill with fewer would prove nothing, and the pause between two could overflow a clock.
const SLOWEST: f64 = 1.0 / 3600.0;
const FASTEST: f64 = 1e6;

impl Shape for Rate {
    fn what() -> String {
        r#"a rate such as "200/s""#.into()
    }

    fn example() -> String {
        r#""200/s""#.into()
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the kinds of TOML that fit are named, and every other does not"
    )]
    fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let (rate, written) = match value.get_ref() {
            DeValue::String(text) => (per_second(text), text.as_ref()),
            DeValue::Integer(integer) => (whole(integer).map(|number| number as f64), integer.as_str()),
            DeValue::Float(float) => (float.as_str().replace('_', "").parse().ok(), float.as_str()),
            _ => return mismatch(value, diagnostics),
        };
        let rate = rate.filter(|rate| (SLOWEST..=FASTEST).contains(rate));
        if rate.is_none() {
            let help = "write commits per second or minute, from one per hour to a million per second: \
                `\"200/s\"`, `\"30/min\"`; \
                        omit the key for an unlimited rate";
            diagnostics.push(
                Diagnostic::value(value.span(), format!("{} is not a rate", quoted(written))).help(help),
            );
        }
        rate.map(Self)
    }

    fn schema() -> Json {
        json!({ "oneOf": [
            { "type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*/\s*(s|min)\s*$" },
            { "type": "number", "exclusiveMinimum": 0 },
        ] })
    }
}

fn per_second(text: &str) -> Option<f64> {
    let (number, unit) = text.split_once('/')?;
    let number = number.trim();
    let number: f64 =
        number.parse().ok().filter(|_| number.chars().all(|c| c.is_ascii_digit() || c == '.'))?;
    match unit.trim() {
        "s" => Some(number),
        "min" => Some(number / 60.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_neither_so_low_nor_so_high_that_nobody_could_mean_it() {
        for (text, is_rate) in [
            ("1e-300", false),
            ("0.0", false),
            ("1e7", false),
            ("\"0.01/min\"", false),
            ("\"0.02/min\"", true),
            ("1e6", true),
        ] {
            let text = format!("rate = {text}");
            let table = toml::de::DeTable::parse(&text).unwrap();
            let mut diagnostics = Vec::new();
            assert_eq!(
                Rate::read(table.get_ref().get("rate").unwrap(), &mut diagnostics).is_some(),
                is_rate,
                "{text}"
            );
            assert_eq!(diagnostics.is_empty(), is_rate, "{text}");
        }
    }

    #[test]
    fn a_rate_is_a_number_and_a_unit() {
        assert_eq!(per_second("200/s"), Some(200.0));
        assert_eq!(per_second("30 / min"), Some(0.5));
        for text in ["200", "200/h", "/s", "-1/s", "inf/s", "1e3/s", "2/s/s"] {
            assert_eq!(per_second(text), None, "{text}");
        }
    }
}
