//! Where a secret is read from. The secret itself is no part of a drill.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A reference to a secret: `env:NAME`, `file:PATH` or `command:PROGRAM ARGUMENTS`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SecretRef {
    /// The value of an environment variable of the runner.
    Env(String),
    /// The content of a file of the runner's machine, relative to the drill file.
    File(String),
    /// What a command of the runner's machine prints, run by `sh`.
    Command(String),
}

/// Why a text is no reference to a secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotASecret {
    /// It begins with none of the ways.
    #[error("a secret is given by reference: `env:NAME`, `file:PATH` or `command:…`, never as itself")]
    NoWay,
    /// Nothing follows the way.
    #[error("`{0}:` is followed by nothing")]
    Empty(&'static str),
    /// No variable can be called that.
    #[error("`{0}` can't be the name of an environment variable")]
    Variable(String),
}

impl FromStr for SecretRef {
    type Err = NotASecret;

    fn from_str(text: &str) -> Result<Self, NotASecret> {
        // The text may be the secret itself: no error repeats it.
        let (way, rest) = text.split_once(':').ok_or(NotASecret::NoWay)?;
        let given =
            |way| if rest.trim().is_empty() { Err(NotASecret::Empty(way)) } else { Ok(rest.to_owned()) };
        match way {
            "env" => {
                let name = given("env")?;
                let is_name = name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
                    && !name.starts_with(|char: char| char.is_ascii_digit());
                if is_name { Ok(Self::Env(name)) } else { Err(NotASecret::Variable(name)) }
            }
            "file" => Ok(Self::File(given("file")?)),
            "command" => Ok(Self::Command(given("command")?)),
            _ => Err(NotASecret::NoWay),
        }
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{path}"),
            Self::Command(command) => write!(f, "command:{command}"),
        }
    }
}

impl TryFrom<String> for SecretRef {
    type Error = NotASecret;

    fn try_from(text: String) -> Result<Self, NotASecret> {
        text.parse()
    }
}

impl From<SecretRef> for String {
    fn from(secret: SecretRef) -> Self {
        secret.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_by_its_way_and_no_error_repeats_it() {
        assert_eq!("env:GPG_KEY".parse(), Ok(SecretRef::Env("GPG_KEY".into())));
        assert_eq!("file:/run/secrets/a b".parse(), Ok(SecretRef::File("/run/secrets/a b".into())));
        assert_eq!("command:pass show x:y".parse(), Ok(SecretRef::Command("pass show x:y".into())));
        for text in ["hunter2", "pass:hunter2", ":hunter2", "hunter2:env"] {
            let error = text.parse::<SecretRef>().expect_err(text);
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
        assert_eq!("env: ".parse::<SecretRef>(), Err(NotASecret::Empty("env")));
        assert_eq!("env:1A".parse::<SecretRef>(), Err(NotASecret::Variable("1A".into())));
    }
}
