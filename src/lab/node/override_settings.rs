//! Settings for a while, over those that a server has.

use super::Node;
use crate::{
    lab::{Command, LabError},
    pg::setting::{self, Settings},
};

impl Node {
    /// Puts settings over those that the server was configured with, until [`Self::lift`], and reloads.
    ///
    /// # Errors
    /// Returns an error if the file can't be written or the server can't be asked.
    pub async fn override_settings(&self, settings: &Settings) -> Result<(), LabError> {
        let file = format!("{}/postgresql.conf", self.paths().run);
        let script = format!("cp {file} {file}.own; cat >> {file}");
        let what = format!("configure {} for a while", self.name);
        // From standard input: a command among the settings may hold a key, and everybody sees argument
        // lists.
        self.run(Command::shell(what, script).stdin(setting::render(settings))).await?;
        self.reload().await
    }

    /// Gives the server its own settings back and reloads.
    ///
    /// # Errors
    /// Returns an error if the file can't be put back or the server can't be asked.
    pub async fn restore_settings(&self) -> Result<(), LabError> {
        let script = format!("cd {}; mv postgresql.conf.own postgresql.conf", self.paths().run);
        self.run(Command::shell(format!("give {} its configuration back", self.name), script)).await?;
        self.reload().await
    }
}
