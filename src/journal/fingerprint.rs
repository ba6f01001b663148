//! What the databases of a cluster hold, whatever the order of their rows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Moment;
use crate::drill::{DatabaseName, TableName};

/// Fingerprints of all tables of all databases at one point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct Fingerprint {
    /// When the snapshot of the clients' database was taken.
    pub at: Moment,
    /// What each database holds.
    pub databases: BTreeMap<DatabaseName, DatabaseFingerprint>,
    /// The databases that could not be looked into, and why.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub not_covered: BTreeMap<DatabaseName, String>,
    /// The first transaction that the snapshot of the clients' database does not hold, nor any after it: by
    /// it, rows that were there are told from rows that came later. `None` where transactions are numbered
    /// anew since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizon: Option<u64>,
    /// Milliseconds that it took.
    pub millis: u64,
}

/// A fingerprint that lies in a file of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFingerprint {
    /// Its path within the exercise's folder.
    pub file: String,
    /// The BLAKE3 hash of its content, in hexadecimal digits.
    pub hash: String,
}

/// What one database holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseFingerprint {
    /// Its tables, and its materialized views.
    pub tables: BTreeMap<TableName, TableFingerprint>,
    /// Tables that were left out, with the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub left_out: BTreeMap<TableName, LeftOut>,
}

/// The content of one table, whatever the order of its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFingerprint {
    /// Rows.
    pub rows: u64,
    /// The sum of the rows' 64-bit hashes, as a decimal number.
    pub hash: String,
    /// Whether clients write to it, so that only an exact point can be compared.
    pub live: bool,
    /// Whether clients add rows to it and change none, by a second look: its earlier rows can be compared.
    #[serde(default, skip_serializing_if = "is_false")]
    pub grows: bool,
    /// The rows that came before the horizon of the fingerprint with which it is compared; only looked for
    /// where the table is not what it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Rows>,
    /// What its values are computed from, where they are not only what somebody wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derived: Option<Derived>,
    /// The extension that it belongs to: a dump holds the extension's name and not its members.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
}

/// Some rows of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// How many.
    pub rows: u64,
    /// The sum of their hashes.
    pub hash: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Values that are computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Derived {
    /// A materialized view.
    View {
        /// What its query gives at the same point; only looked for where the view is not what it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        query: Option<QueryResult>,
        /// Its query, which is asked after a recovery: the recovered view's own may be another.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        definition: Option<String>,
    },
    /// A table with generated columns.
    Columns {
        /// The generated columns.
        names: Vec<String>,
        /// The sum of the hashes of the rows without them.
        others: String,
    },
}

/// What a query gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QueryResult {
    /// Rows.
    Rows {
        /// How many.
        rows: u64,
        /// The sum of their hashes.
        hash: String,
    },
    /// An error.
    Refused {
        /// The server's words.
        error: String,
    },
}

/// Why a table was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeftOut {
    /// It is unlogged.
    Unlogged,
    /// A materialized view without rows of its own yet.
    NeverPopulated {
        /// Whether its query reads a foreign table, whose server a lab does not reach.
        foreign: bool,
    },
    /// The server refused to read it.
    Unreadable {
        /// The server's words.
        error: String,
    },
    /// A reason of an older journal.
    #[serde(untagged)]
    Told(String),
}

impl LeftOut {
    /// The reason, for people.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Unlogged => "unlogged: emptied by every crash and recovery".to_owned(),
            Self::NeverPopulated { foreign: false } => {
                "a materialized view that was never populated".to_owned()
            }
            Self::NeverPopulated { foreign: true } => {
                "a materialized view that is not populated, over a foreign server that a lab does not reach"
                    .to_owned()
            }
            Self::Unreadable { error } => format!("it could not be read ({error})"),
            Self::Told(reason) => reason.clone(),
        }
    }
}

/// A fingerprint as it is stored: journals of the first version knew one database, and did not name it.
#[derive(Deserialize)]
struct Stored {
    at: Moment,
    #[serde(default)]
    databases: BTreeMap<DatabaseName, DatabaseFingerprint>,
    #[serde(default)]
    not_covered: BTreeMap<DatabaseName, String>,
    #[serde(default)]
    tables: BTreeMap<TableName, TableFingerprint>,
    #[serde(default)]
    left_out: BTreeMap<TableName, LeftOut>,
    #[serde(default)]
    horizon: Option<u64>,
    millis: u64,
}

impl From<Stored> for Fingerprint {
    fn from(stored: Stored) -> Self {
        let Stored { at, mut databases, not_covered, tables, left_out, horizon, millis } = stored;
        if databases.is_empty() && !(tables.is_empty() && left_out.is_empty()) {
            databases.insert(DatabaseName::postgres(), DatabaseFingerprint { tables, left_out });
        }
        Self { at, databases, not_covered, horizon, millis }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_whose_dotted_names_are_equal_stay_two_on_disk() {
        let table = |schema: &str, name: &str| TableName { schema: schema.into(), name: name.into() };
        let print = |hash: &str| TableFingerprint { hash: hash.into(), ..TableFingerprint::default() };
        let tables = [
            (table("a.b", "c"), print("1")),
            (table("a", "b.c"), print("2")),
            (table("\"a", "b"), print("3")),
        ]
        .into();
        let left_out = [(table("a", "\"b\""), LeftOut::Unlogged)].into();
        let database = DatabaseFingerprint { tables, left_out };
        let whole = Fingerprint {
            at: Moment(1),
            databases: [("x y".parse().expect("a database"), database)].into(),
            not_covered: BTreeMap::new(),
            horizon: Some(1),
            millis: 1,
        };
        let text = serde_json::to_string(&whole).expect("JSON");
        assert_eq!(serde_json::from_str::<Fingerprint>(&text).expect("a fingerprint"), whole, "{text}");
    }

    #[test]
    fn a_fingerprint_of_the_first_journals_is_read() {
        let text = r#"{"at":5,"tables":{"shop.a":{"rows":3,"hash":"7","live":true}},
                       "left_out":{"shop.b":"unlogged: emptied by every crash and recovery"},"millis":2}"#;
        let read: Fingerprint = serde_json::from_str(text).expect("a fingerprint");
        let database = read.databases.values().next().expect("a database");
        let reason = database.left_out.values().next().map(LeftOut::describe);
        assert_eq!((database.tables.len(), read.millis), (1, 2));
        assert_eq!(reason.as_deref(), Some("unlogged: emptied by every crash and recovery"));
    }
}
