//! Lengths of time as numbers.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::journal::Moment;

/// Seconds, to the microsecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
pub struct Seconds(#[schemars(with = "f64", range(min = 0))] pub Duration);

impl From<Moment> for Seconds {
    fn from(at: Moment) -> Self {
        Self(Duration::from_micros(at.0))
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // One division rounds once, so the shortest decimal that reads back as this number has at most six
        // paths.
        #[expect(clippy::cast_precision_loss, reason = "microseconds of less than 285 years fit 53 bits")]
        let micros = self.0.as_micros() as f64;
        serializer.serialize_f64(micros / 1e6)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_the_decimal_that_people_would_write() {
        for (micros, text) in [
            (0, "0.0"),
            (1, "1e-6"),
            (1_118_000, "1.118"),
            (1_234_567, "1.234567"),
            (3_600_000_000, "3600.0"),
        ] {
            assert_eq!(
                serde_json::to_string(&Seconds(Duration::from_micros(micros))).expect("a number"),
                text
            );
        }
    }
}
