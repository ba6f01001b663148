//! The `local` runtime: nodes are processes of installed PostgreSQL binaries.
//!
//! **Invariant:** every process of a node has its working directory below the node's directory, and that is how it is found.

mod installation;
mod lab;
mod owner;
mod processes;
mod shared_memory;
mod sweep;
mod user;

pub use installation::find;
pub use lab::LocalLab;
pub use owner::Owner;
pub use sweep::{make_passable, open_run, prepared, remove_run, stale_runs};
pub use user::ServerUser;
