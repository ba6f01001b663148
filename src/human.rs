//! Lengths of time, sizes, counts and instants as people read them.
//!
//! **Invariant:** the only place that rounds for people: judge, reports, terminal and messages write every
//! length, size and count through it. Rounding is to the nearest, and never makes a missed objective look met
//! (see [`against`]).

use std::time::Duration;

use jiff::Timestamp;

/// What stands where nothing was measured.
pub const NOTHING: &str = "–";

/// A length of time: `350 µs`, `450 ms`, `1.108 s`, `16.9 s`, `12 min 3 s`, `3 h 5 min`, `2 d 4 h`.
///
/// Below ten seconds it is exact to the millisecond, as PostgreSQL's log is, and below a minute to the tenth
/// of a second, without a fraction where the length has none. Above, the two largest units are shown, the
/// lesser one unless it is zero.
#[must_use]
pub fn duration(length: Duration) -> String {
    let micros = length.as_micros();
    let to = |unit: u128| (micros + unit / 2) / unit;
    let (millis, tenths) = (to(1000), to(100_000));
    let (seconds, minutes) = (to(1_000_000), to(60_000_000));
    if micros == 0 {
        "0 s".into()
    } else if micros < 1000 {
        format!("{micros} µs")
    } else if millis < 1000 {
        format!("{millis} ms")
    } else if tenths < 600 && micros.is_multiple_of(100_000) {
        exact(length)
    } else if millis < 10_000 {
        format!("{}.{:03} s", millis / 1000, millis % 1000)
    } else if tenths < 600 {
        format!("{}.{} s", tenths / 10, tenths % 10)
    } else if seconds < 3600 {
        two(seconds, 60, "min", "s")
    } else if minutes < 24 * 60 {
        two(minutes, 60, "h", "min")
    } else {
        two(to(3_600_000_000), 24, "d", "h")
    }
}

fn two(lesser: u128, per: u128, greater_unit: &str, lesser_unit: &str) -> String {
    match lesser % per {
        0 => format!("{} {greater_unit}", lesser / per),
        rest => format!("{} {greater_unit} {rest} {lesser_unit}", lesser / per),
    }
}

/// Seconds to the microsecond, without trailing zeros: `60.004 s`.
#[must_use]
pub fn exact(length: Duration) -> String {
    let text = format!("{}.{:06}", length.as_secs(), length.subsec_micros());
    format!("{} s", text.trim_end_matches('0').trim_end_matches('.'))
}

/// A measured length as it stands beside a limit: exact where both would otherwise read the same and are not.
#[must_use]
pub fn against(measured: Duration, limit: Option<Duration>) -> String {
    let text = duration(measured);
    match limit {
        Some(limit) if limit != measured && duration(limit) == text => exact(measured),
        Some(_) | None => text,
    }
}

/// A bound as it stands beside a limit: what rounding to hours or minutes would hide is told: `1 d + 1.009
/// s`.
#[must_use]
pub fn bound(length: Duration, limit: Option<Duration>) -> String {
    const HOUR: u64 = 3600;
    let unit = match length.as_secs() {
        days if days >= 24 * HOUR => HOUR,
        hours if hours >= HOUR => 60,
        _ => return against(length, limit),
    };
    let whole = Duration::from_secs(length.as_secs() / unit * unit);
    match length.saturating_sub(whole) {
        Duration::ZERO => duration(whole),
        rest => format!("{} + {}", duration(whole), duration(rest)),
    }
}

/// A length of time that may be missing.
#[must_use]
pub fn maybe(length: Option<Duration>) -> String {
    length.map_or_else(|| NOTHING.into(), duration)
}

/// A size in bytes: `512 B`, `1.5 KiB`, `16 MiB`.
#[must_use]
pub fn bytes(size: u64) -> String {
    if size < 1024 {
        return format!("{size} B");
    }
    let mut unit = 1024_u128;
    let mut name = "KiB";
    for larger in ["MiB", "GiB", "TiB", "PiB", "EiB"] {
        if tenths_of(size, unit) < 10_240 {
            break;
        }
        unit *= 1024;
        name = larger;
    }
    match tenths_of(size, unit) {
        tenths if tenths % 10 == 0 => format!("{} {name}", tenths / 10),
        tenths => format!("{}.{} {name}", tenths / 10, tenths % 10),
    }
}

const fn tenths_of(size: u64, unit: u128) -> u128 {
    (size as u128 * 10 + unit / 2) / unit
}

/// A count with commas between thousands: `12,345`.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count and what is counted, for words that take an s: `1 commit`, `2,345 commits`.
#[must_use]
pub fn count_of(number: u64, word: &str) -> String {
    counted(number, word, &format!("{word}s"))
}

/// Lost commits, and beside them those that were discarded: `0 (+809 discarded)`.
#[must_use]
pub fn lost(lost: Option<u64>, discarded: Option<u64>) -> String {
    let lost = lost.map_or_else(|| NOTHING.into(), count);
    match discarded {
        Some(discarded @ 1..) => format!("{lost} (+{} discarded)", count(discarded)),
        Some(0) | None => lost,
    }
}

/// A count and what is counted: `1 entry`, `2,345 entries`.
#[must_use]
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A part of a whole: `13 %`, `<1 %`; empty where there is no whole.
#[must_use]
pub fn share(part: Duration, whole: Duration) -> String {
    let (part, whole) = (part.as_micros(), whole.as_micros());
    match (part * 100 + whole / 2).checked_div(whole) {
        None => String::new(),
        Some(0) if part > 0 => "<1 %".into(),
        Some(percent) => format!("{percent} %"),
    }
}

/// An instant of the wall clock, to the second, in UTC.
#[must_use]
pub fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_bound_hides_nothing_behind_its_hours() {
        let bound = |micros, limit| bound(Duration::from_micros(micros), limit);
        assert_eq!(bound(86_400_000_000, None), "1 d");
        assert_eq!(bound(86_401_009_000, None), "1 d + 1.009 s");
        assert_eq!(bound(187_212_300_000, None), "2 d 4 h + 12.3 s");
        assert_eq!(bound(11_120_400_000, None), "3 h 5 min + 20.4 s");
        assert_eq!(bound(302_000_000, None), "5 min 2 s");
        assert_eq!(bound(300_004_000, Some(Duration::from_mins(5))), "300.004 s");
    }

    #[test]
    fn a_length_is_read_in_the_unit_that_fits_it() {
        let cases = [
            (0, "0 s"),
            (350, "350 µs"),
            (999, "999 µs"),
            (1_000, "1 ms"),
            (450_400, "450 ms"),
            (999_499, "999 ms"),
            (999_500, "1.000 s"),
            (1_000_000, "1 s"),
            (1_300_000, "1.3 s"),
            (1_108_124, "1.108 s"),
            (9_999_499, "9.999 s"),
            (9_999_600, "10.0 s"),
            (16_949_999, "16.9 s"),
            (59_949_999, "59.9 s"),
            (59_960_000, "1 min"),
            (723_400_000, "12 min 3 s"),
            (3_599_600_000, "1 h"),
            (11_100_000_000, "3 h 5 min"),
            (187_200_000_000, "2 d 4 h"),
        ];
        for (micros, text) in cases {
            assert_eq!(duration(Duration::from_micros(micros)), text, "{micros}");
        }
    }

    #[test]
    fn a_missed_objective_never_reads_as_a_met_one() {
        let limit = Duration::from_mins(1);
        assert_eq!(against(Duration::from_millis(60_004), Some(limit)), "60.004 s");
        assert_eq!(against(limit, Some(limit)), "1 min");
        assert_eq!(against(limit, None), "1 min");
    }

    #[test]
    fn sizes_and_counts_are_read_at_a_glance() {
        let sizes = [0, 1023, 1024, 1536, 16 << 20, (1 << 30) - 1, u64::MAX].map(bytes);
        assert_eq!(sizes, ["0 B", "1023 B", "1 KiB", "1.5 KiB", "16 MiB", "1 GiB", "16 EiB"]);
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([1, 2_345].map(|number| count_of(number, "commit")), ["1 commit", "2,345 commits"]);
        assert_eq!([1, 2].map(|number| counted(number, "entry", "entries")), ["1 entry", "2 entries"]);
        assert_eq!(lost(Some(0), Some(1_809)), "0 (+1,809 discarded)");
        assert_eq!((lost(Some(3), Some(0)), lost(None, None)), ("3".into(), NOTHING.into()));
    }

    proptest! {
        #[test]
        fn a_length_is_never_nothing_but_for_zero(micros in 1..u64::MAX) {
            prop_assert!(!duration(Duration::from_micros(micros)).starts_with("0 "));
        }

        #[test]
        fn a_limit_is_told_apart(measured in 0..100_000_000_u64, limit in 0..100_u64) {
            let (measured, limit) = (Duration::from_micros(measured), Duration::from_secs(limit));
            prop_assert_eq!(against(measured, Some(limit)) == duration(limit), measured == limit);
        }
    }
}
