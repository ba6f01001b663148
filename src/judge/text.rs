//! Lengths and counts, as people write them.

use std::time::Duration;

use crate::drill::Period;

/// A measured length: to the millisecond below 100 s, in whole seconds above, in microseconds where it is less than one millisecond.
pub(super) fn length(length: Duration) -> String {
    if length.is_zero() {
        "0s".to_owned()
    } else if length < Duration::from_millis(1) {
        format!("{}µs", length.as_micros().max(1))
    } else if length < Duration::from_secs(100) {
        format!("{:.3}s", length.as_secs_f64())
    } else {
        Period::from_secs(length.as_secs()).to_string()
    }
}

/// `1 commit`, `2 commits`; for words that take an s.
pub(super) fn count(number: u64, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_as_exactly_as_they_matter() {
        assert_eq!(length(Duration::ZERO), "0s");
        assert_eq!(length(Duration::from_micros(7)), "7µs");
        assert_eq!(length(Duration::from_micros(4_132_455)), "4.132s");
        assert_eq!(length(Duration::from_millis(310_500)), "5m10s");
        assert_eq!((count(1, "commit"), count(0, "commit")), ("1 commit".into(), "0 commits".into()));
    }
}
