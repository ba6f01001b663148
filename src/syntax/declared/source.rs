//! An existing backup in the place of a cluster.

use crate::{
    drill::{Location, NodeName, Period, Pick, SecretRef, SourceKind},
    syntax::reading::{Positive, Size, Whole, section, words},
};

words! {
    SourceKind: "kind of backup";
    KeyDerivationWord: "way to make a key";
}

/// How `openssl enc` made its key of the passphrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum KeyDerivationWord {
    /// `-pbkdf2`, with SHA-256.
    Pbkdf2,
    /// Without `-pbkdf2`, by OpenSSL 1.1.0 or later.
    Sha256,
    /// Without `-pbkdf2`, by an older OpenSSL.
    Md5,
}

section! {
    /// A backup of your own, opened read-only and restored into a throw-away server: with it, a drill has
    /// neither nodes nor clients nor faults.
    Source at "in `[source]`";

    /// Where it lies: a path relative to this file, or a URL (`s3://`, `gs://`, `az://`); a `*` in its last
    /// part stands for any text.
    "backup" backup: Location = required;
    /// What it is, where its bytes are not to be asked.
    "kind" kind: SourceKind;
    /// Which one of several; the newest where it is left out.
    "pick" pick: Pick;
    /// What `pg_dumpall --globals-only` wrote: the roles that a dump needs.
    "globals" globals: Location;
    /// The keys that it is encrypted with.
    "decrypt" decrypt: Decrypt;
    /// How old it may be, as in `26h`.
    "max-age" max_age: Positive;
    /// How large it is at least as it lies there, as in `500MB`.
    "min-size" min_size: Size;
    /// What the throw-away server is called; `restored` where it is left out.
    "onto" onto: NodeName;
    /// How long the restore may take; two hours where it is left out.
    "deadline" deadline: Period;
}

section! {
    /// The keys of an encrypted backup, each by reference.
    Decrypt at "in `decrypt`", "iterations" needs "passphrase", "key-derivation" needs "passphrase";

    /// A private key of GnuPG, exported; your own agent and key ring are asked where it is left out.
    "gpg-key" gpg_key: SecretRef;
    /// What opens that key, or what `gpg --symmetric` or `openssl enc` was given.
    "passphrase" passphrase: SecretRef;
    /// An identity of age, or several.
    "age-identity" age_identity: SecretRef;
    /// How `openssl enc` made its key of the passphrase; `pbkdf2` where it is left out.
    "key-derivation" key_derivation: KeyDerivationWord;
    /// The iterations of `pbkdf2`; 10000, its default, where it is left out.
    "iterations" iterations: Whole<1, 100_000_000>;
}
