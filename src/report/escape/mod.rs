//! Text that others chose, made harmless for one format each.
//!
//! **Invariant:** what comes out says what came in, visibly: nothing is dropped, and a character that can't
//! be shown becomes one that can.

pub mod line;
pub mod markdown;
pub mod terminal;
pub mod xml;
