//! SQLSTATEs, by which errors of a server are told apart.
//!
//! Source: appendix A of the manual.

/// `numeric_value_out_of_range`.
pub const NUMERIC_VALUE_OUT_OF_RANGE: &str = "22003";

/// `invalid_authorization_specification`: `pg_hba.conf` lets nobody in like this.
pub const INVALID_AUTHORIZATION: &str = "28000";

/// Whether a transaction that was refused so may well be committed when it is tried again:
/// `serialization_failure` and `deadlock_detected`.
#[must_use]
pub fn is_worth_another_try(state: &str) -> bool {
    matches!(state, "40001" | "40P01")
}

/// Whether a server that says this has found its own files damaged or gone: `data_corrupted`,
/// `index_corrupted`, and `undefined_file`, which is what a relation, or a part of the commit log, is told as
/// whose file is missing.
#[must_use]
pub fn is_damage(state: &str) -> bool {
    matches!(state, "XX001" | "XX002" | "58P01")
}

/// Whether a server that says this lacks something of the machine it runs on: class 53 (disk, memory,
/// connections) and `io_error`.
#[must_use]
pub fn is_lack_of_resources(state: &str) -> bool {
    state.starts_with("53") || state == "58030"
}

/// Whether a server that says this could not make something of a value, for reasons that lie in the types and
/// functions of the user: classes of unsupported features, data, functions, syntax and access, `PL/pgSQL` and
/// foreign data.
#[must_use]
pub fn is_refusal_of_a_value(state: &str) -> bool {
    ["0A", "22", "38", "39", "42", "HV", "P0"].iter().any(|class| state.starts_with(class))
}
