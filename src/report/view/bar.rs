//! Where a recovery's time went, as a chart of characters.

use std::time::Duration;

use crate::{
    human,
    journal::{Moment, Phase},
    judge::RecoveryJudgement,
};

/// How many characters the whole measured time takes.
const WIDTH: u64 = 40;
/// Parts of a character that can be drawn.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// The chart: each phase where it lies on the clock, to scale. Declared time is told below it and not drawn,
/// or minutes of it would squash seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bar {
    /// The measured phases in order, then what the phases leave out, if that is anything to speak of.
    pub rows: Vec<BarRow>,
    /// Declared time and the sum, below the chart.
    pub totals: Vec<BarRow>,
}

/// A row of the chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BarRow {
    /// The phase.
    pub name: String,
    /// How long it took.
    pub took: String,
    /// Its part of what was measured.
    pub share: String,
    /// The bar, or a remark.
    pub drawn: String,
}

impl Bar {
    /// The chart of a recovery whose time was promised to be at most `limit`; `None` where no phase was
    /// measured.
    #[must_use]
    pub fn of(recovery: &RecoveryJudgement, limit: Option<Duration>) -> Option<Self> {
        let measured: Vec<_> = recovery.phases.iter().filter(|span| span.phase != Phase::Manual).collect();
        let end = recovery.first_write.into_iter().chain(measured.iter().map(|span| span.to)).max()?;
        let begin = measured.iter().map(|span| span.from).min()?.min(recovery.from);
        let whole = end.since(begin);
        let mut rows: Vec<_> = measured
            .iter()
            .map(|span| {
                let took = span.to.since(span.from);
                BarRow {
                    name: span.phase.name().into(),
                    took: human::duration(took),
                    share: human::share(took, whole),
                    drawn: draw(span.from.since(begin), took, whole),
                }
            })
            .collect();
        let phases = measured
            .iter()
            .map(|span| span.to.since(span.from))
            .fold(Duration::ZERO, Duration::saturating_add);
        let between = whole.saturating_sub(phases);
        if between.as_micros() * 100 > whole.as_micros() {
            let remark = "unattributed".to_owned();
            rows.push(BarRow {
                name: "(rest)".into(),
                took: human::duration(between),
                share: human::share(between, whole),
                drawn: remark,
            });
        }
        Some(Self { rows, totals: totals(recovery, limit, begin, whole) })
    }

    /// The chart as lines whose columns stand below one another.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let rows = || self.rows.iter().chain(&self.totals);
        let width =
            |cell: fn(&BarRow) -> &str| rows().map(|row| cell(row).chars().count()).max().unwrap_or(0);
        let (name, took, share) = (width(|row| &row.name), width(|row| &row.took), width(|row| &row.share));
        rows()
            .map(|row| {
                let line =
                    format!("{:name$}  {:>took$}  {:>share$}  {}", row.name, row.took, row.share, row.drawn);
                line.trim_end().to_owned()
            })
            .collect()
    }
}

fn totals(
    recovery: &RecoveryJudgement,
    limit: Option<Duration>,
    begin: Moment,
    whole: Duration,
) -> Vec<BarRow> {
    let row = |name: &str, took: String, remark: &str| BarRow {
        name: name.into(),
        took,
        share: String::new(),
        drawn: remark.into(),
    };
    let since = if begin < recovery.from { "before the fault" } else { "" };
    match (recovery.rto, recovery.declared) {
        (Some(rto), Some(declared)) => vec![
            row("measured", human::duration(whole), since),
            row("manual", human::duration(declared.duration()), "declared, not measured, not drawn"),
            row("RTO", human::against(rto, limit), "measured + declared"),
        ],
        (Some(rto), None) => vec![row("RTO", human::against(rto, limit), since)],
        (None, _) => vec![row("so far", human::duration(whole), "no acknowledged write, RTO unknown")],
    }
}

fn draw(offset: Duration, length: Duration, whole: Duration) -> String {
    let scale = |part: Duration, cells: u64| -> usize {
        let eighths = (part.as_micros() * u128::from(cells)).checked_div(whole.as_micros()).unwrap_or(0);
        usize::try_from(eighths).unwrap_or(0)
    };
    let most = scale(whole, WIDTH);
    let before = scale(offset, WIDTH).min(most.saturating_sub(1));
    let eighths = scale(length, WIDTH * 8).clamp(1, (most.saturating_sub(before) * 8).max(1));
    let part = EIGHTHS.get(eighths % 8).copied().unwrap_or_default();
    format!("{}{}{part}", " ".repeat(before), "█".repeat(eighths / 8))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn micros(length: u64) -> Duration {
        Duration::from_micros(length)
    }

    #[test]
    fn a_millisecond_is_seen_beside_ten_minutes() {
        assert_eq!(draw(micros(0), micros(1000), micros(600_000_000)), "▏");
        assert_eq!(draw(micros(0), micros(600_000_000), micros(600_000_000)), "█".repeat(40));
        assert_eq!(draw(micros(599_999_000), micros(1000), micros(600_000_000)), " ".repeat(39) + "▏");
        assert_eq!(draw(micros(0), micros(0), micros(0)), "▏");
    }

    proptest! {
        #[test]
        fn a_bar_stays_in_its_room(
            offset in 0..1_000_000_u64,
            length in 0..1_000_000_u64,
            whole in 0..1_000_000_u64,
        ) {
            let drawn = draw(micros(offset), micros(length), micros(whole));
            prop_assert!((1..=40).contains(&drawn.chars().count()), "{:?}", drawn);
            prop_assert!(!drawn.trim().is_empty());
        }
    }
}
