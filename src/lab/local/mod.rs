//! The `local` runtime: nodes are processes of installed PostgreSQL binaries.
//!
//! **Invariant:** every process of a node has its working directory below the node's directory, and that is
//! how it is found.

mod claim;
mod here;
mod installation;
mod lab;
mod processes;
mod shared_memory;
mod sweep;
mod user;
mod work;
#[cfg(test)]
mod tests;

pub use claim::{Claim, Found, Note};
pub use here::run_here;
pub use installation::{find, how_to_get, named_in_vain};
pub use lab::LocalLab;
pub use sweep::{is_in_use, prepared, remove_prepared, remove_run, runs};
pub use user::ServerUser;
pub use work::WorkDir;

use crate::drill::Capability;

/// What this runtime can do to nodes.
pub const CAPABILITIES: &[Capability] = &[Capability::Signals, Capability::Volumes];
