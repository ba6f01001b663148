//! Names that drill files give to things.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::pg::quote;

/// A text that can't be the name of something.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{text}` is not a valid {what}: {rule}")]
pub struct NotAName {
    /// What it was to be the name of.
    pub what: &'static str,
    /// The text.
    pub text: String,
    /// What a name must look like.
    pub rule: &'static str,
}

/// The name of the place that keeps backups, archive and logs and runs no server; it outlives every fault,
/// and no node may have it.
pub const REPOSITORY: &str = "repository";

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal, $rule:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = NotAName;

            fn from_str(text: &str) -> Result<Self, NotAName> {
                let valid: fn(&str) -> bool = $valid;
                if valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(NotAName { what: $what, text: text.to_owned(), rule: $rule })
                }
            }
        }

        impl TryFrom<String> for $type {
            type Error = NotAName;

            fn try_from(text: String) -> Result<Self, NotAName> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fn is_word(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.ends_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

name! {
    /// The name of a drill: words of lower-case letters, digits and dashes, in folders: `loss/pitr-latest`.
    DrillName, "name of a drill",
    "use lower-case letters, digits and dashes, in folders separated by slashes, at most 100 characters",
    |text| text.len() <= 100 && text.split('/').all(is_word)
}
name! {
    /// The name of a node; it becomes part of container names and paths, so at least two characters.
    NodeName, "name of a node",
    "use two to forty lower-case letters, digits and dashes, a letter first",
    |text| text.len() >= 2 && is_word(text)
}
name! {
    /// The label of a backup.
    Label, "label of a backup",
    "use at most forty lower-case letters, digits and dashes, a letter first",
    is_word
}
name! {
    /// The name of a restore point; the server takes at most 63 bytes.
    RestorePointName, "name of a restore point",
    "use at most forty lower-case letters, digits and dashes, a letter first",
    is_word
}

/// A table: schema and name, each any text that PostgreSQL takes, so it is hostile until it is quoted.
///
/// As text it is `schema.table`. A part that holds a dot, or begins with a quote, is quoted as in SQL: no two
/// tables have the same text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TableName {
    /// The schema.
    pub schema: String,
    /// The table within the schema.
    pub name: String,
}

impl TableName {
    /// Both parts quoted for SQL.
    #[must_use]
    pub fn quoted(&self) -> String {
        format!("{}.{}", quote::identifier(&self.schema), quote::identifier(&self.name))
    }
}

/// The part of a table's name that a text begins with, and what follows it.
fn part(text: &str, end: fn(&str) -> usize) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (part, rest) = text.split_at_checked(end(text))?;
        return Some((part.to_owned(), rest));
    };
    // A quote within is doubled.
    let end = quoted.replace("\"\"", "\0\0").find('"')?;
    let (part, rest) = quoted.split_at_checked(end)?;
    Some((part.replace("\"\"", "\""), rest.get(1..)?))
}

impl FromStr for TableName {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let valid = |part: &str| (1..=63).contains(&part.len()) && !part.contains('\0');
        let parse = || {
            let (schema, rest) = part(text, |text| text.find('.').unwrap_or(text.len()))?;
            let (name, rest) = part(rest.strip_prefix('.')?, str::len)?;
            (valid(&schema) && valid(&name) && rest.is_empty()).then_some(Self { schema, name })
        };
        parse().ok_or_else(|| NotAName {
            what: "table",
            text: text.to_owned(),
            rule: "write schema.table, as the system catalog spells them; quote a part that holds a dot",
        })
    }
}

impl TryFrom<String> for TableName {
    type Error = NotAName;

    fn try_from(text: String) -> Result<Self, NotAName> {
        text.parse()
    }
}

impl From<TableName> for String {
    fn from(table: TableName) -> Self {
        table.to_string()
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |part: &str| {
            let is_clear = !part.contains('.') && !part.starts_with('"');
            if is_clear { part.to_owned() } else { quote::identifier(part) }
        };
        write!(f, "{}.{}", part(&self.schema), part(&self.name))
    }
}

macro_rules! identifier {
    ($(#[$doc:meta])* $type:ident, $what:literal) => {
        $(#[$doc])*
        ///
        /// **Invariant:** it can't be displayed: a script or a statement takes one of its quoted forms.
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// The name as the system catalog spells it: for a parameter of a connection and for people.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Quoted for SQL.
            #[must_use]
            pub fn quoted(&self) -> String {
                quote::identifier(&self.0)
            }
        }

        impl FromStr for $type {
            type Err = NotAName;

            fn from_str(text: &str) -> Result<Self, NotAName> {
                if (1..=63).contains(&text.len()) && !text.contains('\0') {
                    return Ok(Self(text.to_owned()));
                }
                Err(NotAName {
                    what: $what,
                    text: text.to_owned(),
                    rule: "write it as the system catalog spells it, without quotes, in at most 63 bytes",
                })
            }
        }

        impl TryFrom<String> for $type {
            type Error = NotAName;

            fn try_from(text: String) -> Result<Self, NotAName> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0
            }
        }
    };
}

identifier! {
    /// A database: any name that PostgreSQL takes, so it is hostile until it is quoted.
    DatabaseName, "name of a database"
}
identifier! {
    /// A role: any name that PostgreSQL takes, so it is hostile until it is quoted.
    RoleName, "name of a role"
}
identifier! {
    /// An extension.
    ExtensionName, "name of an extension"
}

impl DatabaseName {
    /// A name that is known to be one.
    pub(super) fn known(name: &'static str) -> Self {
        Self(name.to_owned())
    }

    /// The database that every cluster has.
    #[must_use]
    pub fn postgres() -> Self {
        Self::known("postgres")
    }

    /// A connection string that names it.
    #[must_use]
    pub fn conninfo(&self) -> String {
        format!("dbname={}", quote::conninfo_value(&self.0))
    }

    /// What stands after `-d` in a shell script. PostgreSQL's programs take a name with `=` in it, or one
    /// that begins like a URL, for a connection string: a name that is not plain is given to them as one.
    #[must_use]
    pub fn shell_argument(&self) -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if self.0.chars().all(plain) { self.0.clone() } else { quote::shell_word(&self.conninfo()) }
    }

    /// A name for a file of its own, without characters that a shell or a file system minds.
    #[must_use]
    pub fn file_name(&self) -> String {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
        let letter = |byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02x}") };
        self.0.bytes().map(letter).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_database_name_is_quoted_for_whoever_reads_it() {
        let database: DatabaseName = r#"a'b"c $(id) d=e\f/.."#.parse().expect("a name that PostgreSQL takes");
        assert_eq!(database.quoted(), r#""a'b""c $(id) d=e\f/..""#);
        assert_eq!(database.conninfo(), r#"dbname='a\'b"c $(id) d=e\\f/..'"#);
        assert_eq!(database.shell_argument(), r#"'dbname='\''a\'\''b"c $(id) d=e\\f/..'\'''"#);
        assert_eq!(DatabaseName::postgres().shell_argument(), "postgres");
        assert_eq!(database.file_name(), "a%27b%22c%20%24%28id%29%20d%3de%5cf%2f%2e%2e");
        assert_eq!(DatabaseName::postgres().file_name(), "postgres");
        for bad in ["", "a\0b", &"x".repeat(64)] {
            assert!(bad.parse::<DatabaseName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_name_can_go_into_a_path_and_a_container_name() {
        for good in ["primary", "node-2", "aa"] {
            assert!(good.parse::<NodeName>().is_ok(), "{good}");
        }
        for bad in ["", "a", "-a", "a-", "A1", "../x", "a b", "a_b", "1a"] {
            assert!(bad.parse::<NodeName>().is_err(), "{bad}");
        }
        assert!("loss/pitr-latest".parse::<DrillName>().is_ok());
        assert!("loss//x".parse::<DrillName>().is_err());
    }

    #[test]
    fn a_table_name_is_quoted_part_by_part() {
        let table: TableName = r#"shop.Odd "table""#.parse().expect("two parts");
        assert_eq!(table.quoted(), r#""shop"."Odd ""table""""#);
        assert!("noschema".parse::<TableName>().is_err());
    }

    #[test]
    fn no_two_tables_have_the_same_text_and_each_is_read_back() {
        let parts = ["a", "b", "a.b", "b.c", "\"a", "a\"", "a\"b", "\"a\".b", "\"", ".", " ", "a. b"];
        let all = || parts.iter().flat_map(|schema| parts.iter().map(move |name| (*schema, *name)));
        let table =
            |(schema, name): (&str, &str)| TableName { schema: schema.to_owned(), name: name.to_owned() };
        let texts: std::collections::BTreeSet<String> = all().map(|both| table(both).to_string()).collect();
        assert_eq!(texts.len(), parts.len() * parts.len());
        for both in all() {
            assert_eq!(table(both).to_string().parse::<TableName>(), Ok(table(both)), "{both:?}");
        }
    }
}
