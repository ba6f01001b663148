//! Server settings and the text of a configuration file.

use std::{collections::BTreeMap, time::Duration};

use super::quote;

/// Settings by name, in the order in which they are written; the same type in drill files, backup methods and
/// nodes.
pub type Settings = BTreeMap<String, String>;

/// The text of a configuration file with these settings, one a line.
#[must_use]
pub fn render(settings: &Settings) -> String {
    settings.iter().map(|(name, value)| format!("{name} = {}\n", quote::setting_value(value))).collect()
}

/// Whether `name` could name a server setting: letters, digits and underscores, with dots between an
/// extension's parts.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let word = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$')
    };
    !name.is_empty() && name.split('.').all(word)
}

/// The length of time in a setting whose base unit is `unit` (the unit of a bare number), such as
/// `archive_timeout = '1min'`.
///
/// Source: `convert_to_base_unit` in `src/backend/utils/misc/guc.c`: us, ms, s, min, h and d; units are
/// case-sensitive.
#[must_use]
pub fn duration(value: &str, unit: Duration) -> Option<Duration> {
    let value = value.trim();
    let split = value.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(value.len());
    let (number, suffix) = value.split_at(split);
    let scale = match suffix.trim() {
        "" => unit,
        "us" => Duration::from_micros(1),
        "ms" => Duration::from_millis(1),
        "s" => Duration::from_secs(1),
        "min" => Duration::from_mins(1),
        "h" => Duration::from_hours(1),
        "d" => Duration::from_hours(24),
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    Duration::try_from_secs_f64(scale.as_secs_f64() * number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_with_a_unit_is_a_length_of_time() {
        let second = Duration::from_secs(1);
        assert_eq!(duration("2s", second), Some(Duration::from_secs(2)));
        assert_eq!(duration("1min", second), Some(Duration::from_mins(1)));
        assert_eq!(duration("500 ms", second), Some(Duration::from_millis(500)));
        assert_eq!(duration("60", second), Some(Duration::from_mins(1)));
        assert_eq!(duration("1 Min", second), None);
        assert_eq!(duration("soon", second), None);
    }

    #[test]
    fn a_name_is_what_the_server_takes_for_one() {
        assert!(is_name("archive_timeout") && is_name("pg_stat_statements.max"));
        assert!(!is_name("") && !is_name("a b") && !is_name("a..b") && !is_name("x = 'y'\nz"));
    }
}
