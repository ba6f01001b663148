//! The keys that a backup is encrypted with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SecretRef;

/// What decrypts a source. Which of it is needed follows from its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Decrypt {
    /// A private key of GnuPG, exported. Without it, the user's own agent and key ring are asked.
    pub gpg_key: Option<SecretRef>,
    /// What opens that key, what was encrypted by a passphrase alone, or by `openssl enc`.
    pub passphrase: Option<SecretRef>,
    /// An identity of age, or several.
    pub age_identity: Option<SecretRef>,
    /// How `openssl enc` made its key of the passphrase.
    pub openssl: KeyDerivation,
}

/// How `openssl enc` makes a key of a passphrase: nothing in its output tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum KeyDerivation {
    /// `-pbkdf2`, with SHA-256 and this many iterations: 10,000 is its default.
    Pbkdf2(u32),
    /// Without `-pbkdf2`, as OpenSSL 1.1.0 and later do: SHA-256, once.
    Sha256,
    /// Without `-pbkdf2`, as OpenSSL before 1.1.0 did: MD5, once.
    Md5,
}

impl Default for KeyDerivation {
    fn default() -> Self {
        Self::Pbkdf2(10_000)
    }
}
