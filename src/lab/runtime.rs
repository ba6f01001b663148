//! What a place to run nodes must be able to do.

use async_trait::async_trait;

use super::{Address, Command, Installation, LabError, NodePaths, Output, PreparedKey};
use crate::drill::{Capability, NodeName, RuntimeKind};

/// How a node begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provision {
    /// With nothing in its data volume.
    Empty,
    /// With a prepared cluster's directory at [`NodePaths::prepared`], writable, empty where nobody has
    /// filled it yet.
    Prepared(PreparedKey),
}

/// What a runtime sees of the processes of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Processes {
    /// Some may run.
    Running,
    /// There are some, and all of them stand still.
    Frozen,
    /// There is none.
    Gone,
}

/// A runtime of one exercise: it owns that exercise's nodes and all that belongs to them.
///
/// A node is a place with a data volume of its own; the server in it is started and stopped by commands, so
/// that everything about PostgreSQL is written once, above this trait. Methods are called for different nodes
/// jobs. Every method comes to an end within a deadline of its own or of its command.
#[async_trait]
pub trait Runtime: Send + Sync {
    /// Which it is.
    fn kind(&self) -> RuntimeKind;

    /// What it can do to nodes.
    fn capabilities(&self) -> &'static [Capability];

    /// The PostgreSQL that its nodes run.
    fn installation(&self) -> &Installation;

    /// Paths inside a node.
    fn paths(&self, node: &NodeName) -> NodePaths;

    /// Makes a node: its volumes or directories, owned by the server's user, and a place to run commands in.
    /// The node [`crate::drill::REPOSITORY`] has no data volume.
    ///
    /// # Errors
    /// Returns an error if it can't be created, or a node of this name is there.
    async fn create(&self, node: &NodeName, provision: Provision) -> Result<(), LabError>;

    /// Where the node's server answers or will answer.
    ///
    /// # Errors
    /// Returns an error if the node is not there.
    async fn address(&self, node: &NodeName) -> Result<Address, LabError>;

    /// Runs a command in a node to its end; at its deadline it is killed inside the node as well.
    ///
    /// # Errors
    /// Returns an error if it could not be run, or came to its deadline; an exit code other than 0 is no
    /// error here.
    async fn exec(&self, node: &NodeName, command: &Command) -> Result<Output, LabError>;

    /// SIGKILL to every process of the node at once; nothing in it can be run any more. Its files stay, out
    /// of reach.
    ///
    /// # Errors
    /// Returns an error if the node is not there or is dead already.
    async fn kill(&self, node: &NodeName) -> Result<(), LabError>;

    /// What the node's processes do. A node that was destroyed has none.
    ///
    /// # Errors
    /// Returns an error if that can't be determined.
    async fn processes(&self, node: &NodeName) -> Result<Processes, LabError>;

    /// Stops every process of the node where it is.
    ///
    /// # Errors
    /// Returns an error if the node is not there.
    async fn freeze(&self, node: &NodeName) -> Result<(), LabError>;

    /// Lets a frozen node go on.
    ///
    /// # Errors
    /// Returns an error if the node is not there or is not frozen.
    async fn thaw(&self, node: &NodeName) -> Result<(), LabError>;

    /// Kills the node (where it still lives) and removes it with its data volume; repository and logs stay.
    ///
    /// # Errors
    /// Returns an error if something of it is still there.
    async fn destroy(&self, node: &NodeName) -> Result<(), LabError>;

    /// What is proven to be left of a node: `None` where neither processes nor data volume exist any more.
    ///
    /// # Errors
    /// Returns an error if that can't be determined.
    async fn remains(&self, node: &NodeName) -> Result<Option<String>, LabError>;

    /// Removes everything that this exercise made, in reverse order, going on past failures; frozen nodes are
    /// thawed. Returns what is left, with the reason. Prepared clusters stay, within their bound.
    async fn clean_up(&self) -> Vec<String>;
}
