//! Where backups lie and how they are wrapped: listed, picked, fetched and unwrapped, read-only.
//!
//! ```text
//! Location ─Store::open→ Store ─list→ [Found] ─pick→ Found ─Store::read(part)→ Unwrapped ─AsyncRead→ bytes
//! ```
//!
//! A restore reads a source in five steps:
//! 1. [`Keys::read`] fetches the secrets that the drill refers to.
//! 2. [`Store::open`] addresses the [`Location`](crate::drill::Location); [`Store::list`] says what lies
//!    there: each [`Found`] is one backup with its [`Part`]s, its size and its date, which says its basis.
//! 3. [`pick`] chooses one.
//! 4. [`Store::read`] opens a part. [`Unwrapped::layers`] and [`Unwrapped::content`] say at once how it is
//!    wrapped and what its first bytes are.
//! 5. It is read to its end as an `AsyncRead`. [`Unwrapped::progress`] tells how far it is, and
//!    [`Unwrapped::fetched`], after the end, where the time went ([`Times`], phases of the RTO that add up),
//!    how many bytes there were at each level, and the hash of the bytes as they lie there.
//!
//! An error of the stream is a [`SourceError`] within the `io::Error`. The end of the stream is a promise:
//! the size is the one that was listed, each layer came to its own end, and nothing follows after it. Layers
//! without [`Layer::has_integrity`] promise no more than that: what they hold is to be proven by a restore.
//!
//! **Invariant:** nothing here writes to a source: [`Store`] has no way to. Memory is bounded by the layers,
//! never by the size of a backup. No secret is in an error, a debug form or an argument of a program.

mod dates;
mod decode;
mod error;
mod keys;
mod layer;
mod pass;
mod pick;
mod secret;
mod stopwatch;
mod store;
mod unwrapped;

pub use dates::{DateBasis, Dated, date_of_name, dated};
pub use error::SourceError;
pub use keys::Keys;
pub use layer::{Beginning, Content, HEAD, Layer, MAX_LAYERS, beginning, layers_of_name};
pub use pick::pick;
pub use secret::{Secret, read_secret};
pub use stopwatch::Times;
pub use store::{Access, Found, Part, Patience, Raw, Store};
pub use unwrapped::{Fetched, Progress, Unwrapped, Unwrapping};

#[cfg(test)]
mod tests;
