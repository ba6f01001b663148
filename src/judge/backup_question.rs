//! What is asked of a backup of the user's.

use serde::Serialize;

/// What is asked of a backup as it lies there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackupQuestion {
    /// How old it is.
    Age,
    /// How large it is.
    Size,
    /// What its tool said while it was restored.
    Messages,
    /// Whether it holds anything.
    Rows,
}

impl BackupQuestion {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Age, Self::Size, Self::Messages, Self::Rows];

    /// The name of the finding.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Age => "backup age",
            Self::Size => "backup size",
            Self::Messages => "restore messages",
            Self::Rows => "backup content",
        }
    }
}
