//! The keys of a source, read.

use std::{path::Path, time::Duration};

use super::{Secret, SourceError, read_secret};
use crate::drill::{Decrypt, KeyDerivation, SecretRef};

/// What decrypts a source, at hand.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// A private key of GnuPG, exported.
    pub gpg_key: Option<Secret>,
    /// A passphrase: of that key, of `openssl enc`, of age, of GnuPG's symmetric encryption.
    pub passphrase: Option<Secret>,
    /// Identities of age.
    pub age_identity: Option<Secret>,
    /// How `openssl enc` made its key of the passphrase.
    pub openssl: KeyDerivation,
}

impl Keys {
    /// Reads what a drill refers to; files are relative to its folder.
    ///
    /// # Errors
    /// Returns an error if one of the secrets can't be read within the deadline.
    pub async fn read(decrypt: &Decrypt, folder: &Path, deadline: Duration) -> Result<Self, SourceError> {
        Ok(Self {
            gpg_key: read(decrypt.gpg_key.as_ref(), folder, deadline).await?,
            passphrase: read(decrypt.passphrase.as_ref(), folder, deadline).await?,
            age_identity: read(decrypt.age_identity.as_ref(), folder, deadline).await?,
            openssl: decrypt.openssl,
        })
    }
}

async fn read(
    reference: Option<&SecretRef>,
    folder: &Path,
    deadline: Duration,
) -> Result<Option<Secret>, SourceError> {
    match reference {
        Some(reference) => read_secret(reference, folder, deadline).await.map(Some),
        None => Ok(None),
    }
}
