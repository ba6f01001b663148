//! System identifiers in text: a decimal string, since they are above 2^53 and JSON readers round such
//! numbers.

use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// What was written: a string; the first formats wrote a number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Number(u64),
}

/// Writes it as a string.
///
/// # Errors
/// Returns an error if the serializer fails.
pub fn serialize<S: Serializer>(identifier: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(identifier)
}

/// Reads it from a string or from a number.
///
/// # Errors
/// Returns an error if it is neither.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match Written::deserialize(deserializer)? {
        Written::Number(identifier) => Ok(identifier),
        Written::Text(text) => text.parse().map_err(D::Error::custom),
    }
}
