//! Where WAL goes.
//!
//! **Invariant:** what tells one method from another stands in its row here; how it is done stands in
//! `action/archive/`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The archive of a drill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archive {
    /// The means.
    pub method: ArchiveMethod,
}

/// What is known of a method, in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArchiveInfo {
    /// Its name in drill files.
    pub name: &'static str,
    /// The programs that it is made of, beside the shell's own.
    pub programs: &'static [&'static str],
}

/// Declares the methods, and from them the words of a drill file.
macro_rules! archive_methods {
    ($(
        $(#[doc = $doc:literal])*
        $name:ident = $word:literal { programs: [$($program:literal),*], }
    )*) => {
        /// The means by which WAL reaches the repository.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub enum ArchiveMethod {
            $($(#[doc = $doc])* #[serde(rename = $word)] $name,)*
        }

        impl ArchiveMethod {
            /// What is known of it.
            #[must_use]
            pub const fn info(self) -> ArchiveInfo {
                match self {
                    $(Self::$name => ArchiveInfo { name: $word, programs: &[$($program),*] },)*
                }
            }
        }
    };
}

archive_methods! {
    /// `archive_command` copies each completed segment.
    Command = "command" { programs: [], }
}
