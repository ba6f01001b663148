//! A backup that is there already: where it lies, which one is meant, how it is wrapped, and what is asked of
//! it as a file.

mod decrypt;
mod kind;
mod location;
mod pick;
mod secret;

use serde::{Deserialize, Serialize};

pub use decrypt::{Decrypt, KeyDerivation};
pub use kind::SourceKind;
pub use location::{Location, LocationKind, NotALocation};
pub use pick::{NotAPick, Pick};
pub use secret::{NotASecret, SecretRef};

use super::Period;

/// An existing backup, opened read-only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Source {
    /// Where it lies; with a `*` in its last part, where its like lie.
    pub backup: Location,
    /// What it is, where its own bytes are not to be asked.
    pub kind: Option<SourceKind>,
    /// Which one of several.
    pub pick: Pick,
    /// What `pg_dumpall --globals-only` wrote: the roles that a dump needs.
    pub globals: Option<Location>,
    /// The keys that it is encrypted with.
    pub decrypt: Decrypt,
    /// How old it may be.
    pub max_age: Option<Period>,
    /// How many bytes it has at least, as it lies there.
    pub min_size: Option<u64>,
}
