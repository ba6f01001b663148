//! Everything that an exercise provisions, and the means to reach it.
//!
//! **Invariant:** every resource is named before it is made and is removed by [`Runtime::clean_up`] on every
//! path, or by the reaper when the runner dies; nothing here knows objectives or steps.

mod certificates;
pub mod clock;
mod command;
pub mod docker;
mod error;
mod feed;
#[cfg(test)]
pub mod fake;
pub mod local;
pub mod node;
mod node_paths;
mod output;
mod runtime;
pub mod session;
mod time_left;
pub mod session_settings;
pub mod wait;

pub use certificates::Authority;
pub use command::{Command, Output};
pub use error::LabError;
pub use feed::Feed;
pub use node_paths::{Address, Installation, NodePaths, PreparedKey, TOOLS, repository};
pub use runtime::{Processes, Provision, Runtime};
pub use time_left::TimeLeft;
