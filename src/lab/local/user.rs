//! The unprivileged user that servers run as.

use std::{
    io::ErrorKind,
    os::unix::process::CommandExt,
    process::{Command, Stdio},
};

use nix::unistd::{Gid, Uid, User, geteuid};

use super::WorkDir;
use crate::lab::LabError;

/// Whom servers run as: PostgreSQL refuses root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUser {
    /// The user.
    pub uid: Uid,
    /// The group.
    pub gid: Gid,
    /// The name.
    pub name: String,
    /// Whether the runner is root and must step down.
    pub drop: bool,
}

impl ServerUser {
    /// The runner itself, or where that is root, `postgres` or else `nobody`.
    ///
    /// # Errors
    /// Returns an error if the runner is root and the machine has neither ([`LabError::Refused`]).
    pub fn choose() -> Result<Self, LabError> {
        let what = "choose a user for the server";
        if !geteuid().is_root() {
            return Ok(Self {
                uid: geteuid(),
                gid: nix::unistd::getegid(),
                name: format!("uid {}", geteuid()),
                drop: false,
            });
        }
        for name in ["postgres", "nobody"] {
            let user = User::from_name(name).map_err(|errno| LabError::io(what)(errno.into()))?;
            if let Some(user) = user {
                return Ok(Self { uid: user.uid, gid: user.gid, name: user.name, drop: true });
            }
        }
        Err(LabError::missing(
            what,
            "lifeboat runs as root and there is no user `postgres` or `nobody`: create one, or run it as \
             another user",
        ))
    }
    /// Makes sure that the user can enter a work directory.
    ///
    /// # Errors
    /// Returns an error if it can't ([`LabError::Refused`]).
    pub fn enter(&self, work: &WorkDir) -> Result<(), LabError> {
        let there = work.nearest();
        let mut entering = Command::new("/bin/true");
        entering.current_dir(there).stdin(Stdio::null());
        if self.drop {
            entering.uid(self.uid.as_raw()).gid(self.gid.as_raw());
        }
        match entering.status() {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                let why = format!(
                    "servers run as {}, who can't enter {}; give --work-dir another",
                    self.name,
                    there.display()
                );
                Err(LabError::refused(format!("use the work directory {work}"), why))
            }
            // Anything else says nothing about the directory.
            Ok(_) | Err(_) => Ok(()),
        }
    }
}
