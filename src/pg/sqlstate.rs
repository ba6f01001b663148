//! SQLSTATEs, by which errors of a server are told apart.
//!
//! Source: appendix A of the manual.

/// Whether a server that says this has found its own files damaged or gone: `data_corrupted`, `index_corrupted`, and
/// `undefined_file`, which is what a relation, or a part of the commit log, is told as whose file is missing.
#[must_use]
pub fn is_damage(state: &str) -> bool {
    matches!(state, "XX001" | "XX002" | "58P01")
}
