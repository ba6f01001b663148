//! Steps of the user's own: statements, and commands in a node.

use serde::{Deserialize, Serialize};

use super::{DatabaseName, NodeName, RoleName, SqlText};

/// Statements that psql runs in one session, as the superuser; the first that fails ends them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statements {
    /// The script.
    pub sql: SqlText,
    /// On which server; the one that serves where it is `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<NodeName>,
    /// In which database; the clients' where it is `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<DatabaseName>,
    /// The role that is set first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleName>,
}

/// A command in a node, as the server's user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exec {
    /// Where: a node, or the repository.
    pub on: NodeName,
    /// The program and its arguments.
    pub command: Vec<String>,
}

impl Statements {
    /// What they do, for people.
    #[must_use]
    pub fn describe(&self) -> String {
        let on = self.on.as_ref().map(|node| format!(" on {node}")).unwrap_or_default();
        format!("run {}{on}", self.sql.describe())
    }
}

impl Exec {
    /// What it does, for people.
    #[must_use]
    pub fn describe(&self) -> String {
        let text = SqlText { file: None, text: self.command.join(" ") };
        format!("execute {} on {}", text.describe(), self.on)
    }
}
