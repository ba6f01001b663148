//! The command as a user runs it, on the `local` runtime: no container is needed.
//!
//! Each test has a folder and a work directory of its own; only prepared clusters are shared.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

mod all_shipped;
mod checks;
mod clean;
mod commands;
mod damage;
mod deaths;
mod doctor;
mod during;
mod environment;
mod field;
mod frozen;
mod interrupt;
mod kill;
mod kill_docker;
mod left_behind;
mod output;
mod own_image;
mod promises;
mod recoveries;
mod reports;
mod restore_test;
mod runtimes;
mod sabotage;
mod second;
mod secrets;
mod selection;
mod side_by_side;
mod tls;
mod unwritable;
mod users;
mod users_forms;
