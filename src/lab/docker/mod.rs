//! Nodes as containers of a Docker engine.
//!
//! A node is a container whose first process waits, and kills at a word; every command is run in it by
//! `exec`, as the server's user. Data, repository, logs and prepared clusters are named volumes; what a
//! server needs to run stands on a tmpfs.
//!
//! **Invariant:** a resource has its name and its labels in the call that makes it, so that whoever scans the
//! labels later finds it, however the runner ended; nothing anonymous is ever made. Nothing without the label
//! `lifeboat=1` is touched, but for images that carry `lifeboat.cache=image`. Every call to the engine has a
//! deadline. Only this module knows bollard.
//!
//! The runner must reach the addresses of containers: it runs on the engine's machine, outside a container,
//! on Linux.

mod engine;
mod exec;
mod first_process;
mod image;
mod lab;
mod names;
mod network;
mod node;
mod owner;
mod prepared;
mod pull;
mod scan;
mod image_probe;
mod subnet;
mod sweep;

pub use engine::Engine;
pub use image::{Image, LocalImage, VERSION};
pub use lab::Lab;
pub use sweep::{Kind, Outcome, Resource, Which, sweep};

use crate::drill::Capability;

/// What this runtime can do to nodes.
pub const CAPABILITIES: &[Capability] =
    &[Capability::Signals, Capability::Volumes, Capability::BoundedVolumes];
