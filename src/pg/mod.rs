//! PostgreSQL's words, as values.
//!
//! **Invariant:** nothing here talks to a server, a file or a clock; every parser takes text that somebody
//! else fetched.

pub mod resolved_target;
pub mod restore_errors;
pub mod control_data;
pub mod lsn;
pub mod pgbench;
pub mod quote;
pub mod server_log;
pub mod setting;
pub mod sqlstate;
pub mod system_identifier;
pub mod timeline;
pub mod version;

pub use control_data::ControlData;
pub use lsn::Lsn;
pub use resolved_target::ResolvedTarget;
pub use timeline::Timeline;
pub use version::{Major, Version};
