//! The chain of a journal's lines.
//!
//! Each line is a JSON object whose first member is its number and whose last is its hash: BLAKE3, in
//! hexadecimal digits, of the hash of the line before it (nothing, for the first) followed by the object
//! without the hash. A line that was changed, taken out, put in or moved no longer agrees, and neither does
//! any after it; a last line that was cut off is a run without its end.
//!
//! **Invariant:** this shows what was changed after it was written. It is no signature: who writes a whole
//! new journal writes a whole new chain. The hash of the last line is in every report, so that it can be kept
//! elsewhere.

use serde::Deserialize;

/// What stands between the rest of the object and the digits of the hash.
const BEFORE: &[u8] = b",\"hash\":\"";
/// What stands behind them.
const AFTER: &[u8] = b"\"}";
/// Hexadecimal digits of a hash.
const DIGITS: usize = 64;

/// The end of a chain: where the next line is added, or is expected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Chain {
    lines: u64,
    hash: String,
}

/// The number that a line gives itself.
#[derive(Deserialize)]
struct Numbered {
    line: u64,
}

impl Chain {
    /// The number of the line that comes next.
    pub(super) const fn next(&self) -> u64 {
        self.lines + 1
    }

    /// The hash of the last line; empty where there is none yet.
    pub(super) fn hash(&self) -> &str {
        &self.hash
    }

    /// Adds a line: `object` is the text of a JSON object that begins with its number. Returns the whole
    /// line.
    pub(super) fn add(&mut self, object: &[u8]) -> Vec<u8> {
        self.hash = hash(&self.hash, object);
        self.lines += 1;
        let open = object.strip_suffix(b"}").unwrap_or(object);
        [open, BEFORE, self.hash.as_bytes(), AFTER, b"\n"].concat()
    }

    /// Takes a line, without its end, that is to be the next. Returns the object that it is without its hash.
    ///
    /// # Errors
    /// Returns an error if something does not agree: a sentence that says what.
    pub(super) fn follow(&mut self, line: &[u8]) -> Result<Vec<u8>, String> {
        let (object, written) = split(line).ok_or_else(|| "the line has no hash at its end".to_owned())?;
        let hash = hash(&self.hash, &object);
        if hash.as_bytes() != written {
            return Err(self.disagreement(line));
        }
        self.lines += 1;
        self.hash = hash;
        Ok(object)
    }

    /// What a line that does not agree with its hash may have met.
    fn disagreement(&self, line: &[u8]) -> String {
        let number = serde_json::from_slice::<Numbered>(line).map(|numbered| numbered.line);
        let next = self.next();
        match number {
            Ok(number) if number > next => {
                let gone = if number == next + 1 {
                    format!("line {next} is missing")
                } else {
                    format!("lines {next} to {} are missing", number - 1)
                };
                format!("{gone}: a line that is numbered {number} stands in its place")
            }
            Ok(number) if number < next => format!("a line that is numbered {number} stands there"),
            _ => "the line does not agree with its hash: it was changed after it was written".to_owned(),
        }
    }
}

fn hash(before: &str, object: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(before.as_bytes());
    hasher.update(object);
    hasher.finalize().to_hex().to_string()
}

/// The object without its hash, and the hash's digits.
fn split(line: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let rest = line.strip_suffix(AFTER)?;
    let (rest, digits) = rest.split_at_checked(rest.len().checked_sub(DIGITS)?)?;
    let mut object = rest.strip_suffix(BEFORE)?.to_vec();
    object.push(b'}');
    Some((object, digits))
}
