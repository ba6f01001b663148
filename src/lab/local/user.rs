//! The unprivileged user that servers run as.

use nix::unistd::{Gid, Uid, User, geteuid};

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
    /// Where the runner is root and the machine has neither.
    pub fn choose() -> Result<Self, LabError> {
        let what = "choose a user for the server";
        if !geteuid().is_root() {
            return Ok(Self { uid: geteuid(), gid: nix::unistd::getegid(), name: format!("uid {}", geteuid()), drop: false });
        }
        for name in ["postgres", "nobody"] {
            let user = User::from_name(name).map_err(|errno| LabError::io(what)(errno.into()))?;
            if let Some(user) = user {
                return Ok(Self { uid: user.uid, gid: user.gid, name: user.name, drop: true });
            }
        }
        Err(LabError::state(
            what,
            "lifeboat runs as root and there is no user `postgres` or `nobody`: create one, or run it as another user",
        ))
    }
}
