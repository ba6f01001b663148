//! Lifeboat runs disaster-recovery drills for PostgreSQL.
//!
//! ```text
//! drills/x.toml ─syntax→ Drill ─engine(lab)→ Journal + Ledger + Evidence ─judge→ Judgement ─report→ reports/
//! ```
//!
//! No arrow goes back: the engine never sees an objective, the judge never sees a container, a renderer never
//! computes.
//!
//! **Invariant:** a module imports only from those listed before it; each foreign crate has one owner.
//! `tests/tidy` enforces both.

#![cfg_attr(
    test,
    allow(
        clippy::expect_used,
        clippy::unwrap_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "a test fails by panicking"
    )
)]

pub mod human;
pub mod pg;
pub mod drill;
pub mod syntax;
pub mod journal;
pub mod judge;
pub mod report;
pub mod lab;
pub mod source;
pub mod action;
pub mod engine;
pub mod cli;
