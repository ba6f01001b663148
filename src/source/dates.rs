//! When a backup was taken, by its name.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// When a backup was taken, and what says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dated {
    /// The time.
    pub time: Timestamp,
    /// What says so.
    pub basis: DateBasis,
}

/// What says when a backup was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateBasis {
    /// A date and a time in its name; without a zone they are taken as UTC.
    NameTime,
    /// A date in its name: the start of that day, UTC.
    NameDate,
    /// Seconds since 1970 in its name.
    NameEpoch,
    /// When it was last modified.
    Modified,
}

impl DateBasis {
    /// Says it.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::NameTime => "the date and time in its name (UTC where it has no zone)",
            Self::NameDate => "the date in its name (the start of that day, UTC)",
            Self::NameEpoch => "the seconds since 1970 in its name",
            Self::Modified => "when it was last modified",
        }
    }
}

/// The years that a backup of today can be of.
const YEARS: std::ops::RangeInclusive<i64> = 1990..=2099;

/// When a backup was taken: by its name, or else by when it was modified.
#[must_use]
pub fn dated(name: &str, modified: Option<Timestamp>) -> Option<Dated> {
    date_of_name(name).or_else(|| modified.map(|time| Dated { time, basis: DateBasis::Modified }))
}

/// The first date in a name: `2026-11-27`, `20261127`, with or without a time after `T`, `_`, `-`, `.` or a
/// space, or ten digits of seconds since 1970.
#[must_use]
pub fn date_of_name(name: &str) -> Option<Dated> {
    let mut starts = name.char_indices().filter(|(at, char)| {
        let is_after_digit = name.get(..*at).is_some_and(|left| left.ends_with(|c: char| c.is_ascii_digit()));
        char.is_ascii_digit() && !is_after_digit
    });
    starts.find_map(|(at, _)| date_at(name.get(at..)?))
}

fn date_at(text: &str) -> Option<Dated> {
    let run = text.chars().take_while(char::is_ascii_digit).count();
    if run == 10 {
        let time = Timestamp::from_second(text.get(..10)?.parse().ok()?).ok()?;
        let is_likely = YEARS.contains(&i64::from(time.to_zoned(TimeZone::UTC).year()));
        if is_likely && time.as_second() >= 946_684_800 {
            return Some(Dated { time, basis: DateBasis::NameEpoch });
        }
    }
    let mut reader = Reader(text);
    let year = reader.number(4).filter(|year| YEARS.contains(year))?;
    let is_apart = reader.skip(&['-', '_', '.']);
    let month = reader.number(2)?;
    if is_apart && !reader.skip(&['-', '_', '.']) {
        return None;
    }
    let day = reader.number(2)?;
    let date = DateTime::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
        0,
        0,
        0,
        0,
    );
    let date = date.ok()?;
    let of = |time: DateTime, basis| {
        let time = time.to_zoned(TimeZone::UTC).ok()?.timestamp();
        Some(Dated { time, basis })
    };
    match time_of_day(reader) {
        Some((hour, minute, second, offset)) => {
            let time = date.with().hour(hour).minute(minute).second(second).build().ok()?;
            let dated = of(time, DateBasis::NameTime)?;
            let time = dated.time.checked_sub(jiff::SignedDuration::from_secs(offset)).ok()?;
            Some(Dated { time, ..dated })
        }
        // Digits that go on are no date.
        None if reader.0.starts_with(|char: char| char.is_ascii_digit()) => None,
        None => of(date, DateBasis::NameDate),
    }
}

/// A time after a date, and the seconds that its zone is ahead of UTC.
fn time_of_day(mut reader: Reader<'_>) -> Option<(i8, i8, i8, i64)> {
    let is_apart = reader.skip(&['T', 't', '_', '-', '.', ' ']);
    let hour = reader.number(2).filter(|hour| *hour < 24)?;
    let has_colons = is_apart && reader.skip(&[':', '-', '_', '.', 'h']);
    let minute = reader.number(2).filter(|minute| *minute < 60)?;
    let mut seconds = reader;
    let goes_on = !has_colons || seconds.skip(&[':', '-', '_', '.']);
    let second = if goes_on { seconds.number(2).filter(|second| *second < 60) } else { None };
    if second.is_some() {
        reader = seconds;
    }
    if reader.0.starts_with(|char: char| char.is_ascii_digit()) {
        return None;
    }
    let byte = |number: i64| i8::try_from(number).ok();
    Some((byte(hour)?, byte(minute)?, byte(second.unwrap_or(0))?, offset(reader)))
}

/// `+0100` or `+01:00`; anything else is UTC.
fn offset(mut reader: Reader<'_>) -> i64 {
    let sign = if reader.skip(&['+']) { 1 } else { return 0 };
    let hours = reader.number(2).unwrap_or(0);
    reader.skip(&[':']);
    sign * (hours * 3600 + reader.number(2).unwrap_or(0) * 60)
}

/// Reads a name from its front.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a str);

impl Reader<'_> {
    fn number(&mut self, digits: usize) -> Option<i64> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        self.0 = if is_number { rest } else { return None };
        number.parse().ok()
    }

    fn skip(&mut self, any: &[char]) -> bool {
        match self.0.strip_prefix(any) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_from_names_and_say_their_basis() {
        use DateBasis::{NameDate, NameEpoch, NameTime};
        for (name, time, basis) in [
            ("shop-2026-11-27.dump", "2026-11-27T00:00:00Z", NameDate),
            ("shop-20261127.sql.gz", "2026-11-27T00:00:00Z", NameDate),
            ("20261127T030000Z", "2026-11-27T03:00:00Z", NameTime),
            ("20261127T030000+0100.dump", "2026-11-27T02:00:00Z", NameTime),
            ("2026-11-27_03-00.tar", "2026-11-27T03:00:00Z", NameTime),
            ("2026-11-27T03:04:05.dump", "2026-11-27T03:04:05Z", NameTime),
            ("db1_20261127_0304.gz", "2026-11-27T03:04:00Z", NameTime),
            ("20261127-030405F_20261128-030405I", "2026-11-27T03:04:05Z", NameTime),
            ("20261127030405.dump", "2026-11-27T03:04:05Z", NameTime),
            ("shop_1795748645.dump", "2026-11-27T03:04:05Z", NameEpoch),
        ] {
            let expected = Dated { time: time.parse().expect("a time"), basis };
            assert_eq!(date_of_name(name), Some(expected), "{name}");
        }
    }

    #[test]
    fn what_is_no_date_leaves_the_time_of_modification() {
        let modified = Timestamp::from_second(1).ok();
        for name in ["shop.dump", "shop-v15.3.dump", "2026-13-01.dump", "shop-123456789012345.dump", "2026"] {
            assert_eq!(date_of_name(name), None, "{name}");
            assert_eq!(dated(name, modified).map(|dated| dated.basis), Some(DateBasis::Modified), "{name}");
        }
        assert_eq!(dated("shop.dump", None), None);
    }
}
