//! The passwords of a machine's clusters.

use crate::lab::{Authority, session::Credentials};

/// The passwords of a machine's clusters: one for each role, the same for all its runs, so that prepared
/// clusters can be copied.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// For [`super::SUPERUSER`].
    pub superuser: Credentials,
    /// For [`super::APPLICATION_ROLE`].
    pub application: Credentials,
}

impl Secrets {
    /// The same over encrypted connections, to servers that this authority knows.
    #[must_use]
    pub fn encrypted(mut self, authority: &Authority) -> Self {
        for credentials in [&mut self.superuser, &mut self.application] {
            credentials.authority = Some(authority.clone());
        }
        self
    }
}
