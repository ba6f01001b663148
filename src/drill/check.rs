//! Questions to the recovered cluster.
//!
//! **Invariant:** what tells one check from another stands in its row here; how it is made stands in
//! `action/check/`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Property, TableName};

/// What a check looks at: a drill without it has nothing to examine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// The recovered cluster alone.
    Cluster,
    /// Clients that commit.
    Clients,
    /// Something in the database before the drill.
    Dataset,
    /// An archive.
    Archive,
}

/// What is known of a check, in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckInfo {
    /// Its name in drill files and reports.
    pub name: &'static str,
    /// What it proves where it passes.
    pub proves: &'static [Property],
    /// What it looks at.
    pub needs: Needs,
    /// Whether it only compares or counts, so that the one rule for all of these judges it.
    pub only_counts: bool,
    /// The programs of PostgreSQL that it runs in the node.
    pub programs: &'static [&'static str],
    /// What to do where it does not pass; `{folder}` stands for the exercise's, `{table}` for that of the
    /// clients.
    pub hint: &'static str,
}

/// Declares the checks that need no more than their name, and from them the words of a drill file and the
/// enum.
macro_rules! checks {
    ($(
        $(#[doc = $doc:literal])*
        $name:ident = $word:literal {
            proves: [$($property:ident),*],
            needs: $needs:ident,
            only_counts: $counts:literal,
            programs: [$($program:literal),*],
            hint: $hint:literal,
        }
    )*) => {
        /// A check that needs no more than its name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
        pub enum CheckWord {
            $($(#[doc = $doc])* #[serde(rename = $word)] $name,)*
        }

        /// A check. Each leaves facts in the journal; whether they are good enough is the judge's to say.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "check")]
        pub enum Check {
            $($(#[doc = $doc])* #[serde(rename = $word)] $name,)*
            /// A table holds at least so many rows.
            #[serde(rename = "rows")]
            Rows {
                /// The table.
                table: TableName,
                /// The least number that is right.
                at_least: u64,
            },
            /// The user's own query.
            #[serde(rename = "sql")]
            Sql(SqlCheck),
        }

        impl CheckWord {
            /// All of them, in the order of their rows.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The check.
            #[must_use]
            pub const fn check(self) -> Check {
                match self {
                    $(Self::$name => Check::$name,)*
                }
            }
        }

        impl Check {
            /// What is known of it.
            #[must_use]
            pub const fn info(&self) -> CheckInfo {
                match self {
                    $(Self::$name => CheckInfo {
                        name: $word,
                        proves: &[$(Property::$property),*],
                        needs: Needs::$needs,
                        only_counts: $counts,
                        programs: &[$($program),*],
                        hint: $hint,
                    },)*
                    Self::Rows { .. } => particular("rows"),
                    Self::Sql(_) => particular("sql"),
                }
            }

            /// Its name with what tells it from others of its kind, stable from run to run.
            #[must_use]
            pub fn describe(&self) -> String {
                match self {
                    $(Self::$name => $word.to_owned(),)*
                    Self::Rows { table, .. } => format!("rows {table}"),
                    Self::Sql(sql) => format!("sql {}", sql.title),
                }
            }
        }
    };
}

checks! {
    /// The rows of the workload against the ledger of acknowledged commits.
    Ledger = "ledger" {
        proves: [Commits],
        needs: Clients,
        only_counts: false,
        programs: [],
        hint: "compare {folder}/ledger.jsonl with the rows of {table}",
    }
    /// A fingerprint of every table against the baseline.
    Content = "content" {
        proves: [Content],
        needs: Dataset,
        only_counts: false,
        programs: [],
        hint: "the tables that differ are named in the finding: compare them with the fingerprints in \
            {folder}/evidence",
    }
    /// Every table and index of every database, by PostgreSQL's own amcheck.
    Amcheck = "amcheck" {
        proves: [Indexes],
        needs: Cluster,
        only_counts: true,
        programs: ["pg_amcheck"],
        hint: "the objects are named in the finding: reindex an index, and restore another backup where a \
            table is damaged",
    }
    /// The recovered server archives again, and a new backup of it verifies.
    Reprotect = "reprotect" {
        proves: [Protection],
        needs: Archive,
        only_counts: false,
        programs: [],
        hint: "the recovered server is not protected: take a backup before it serves",
    }
}

/// What is known of a check with particulars: a number of rows, or what a query of the user says, proves no
/// property of the whole cluster, and what to do about it follows from its particulars.
const fn particular(name: &'static str) -> CheckInfo {
    CheckInfo { name, proves: &[], needs: Needs::Cluster, only_counts: false, programs: &[], hint: "" }
}

/// A query with the result that is right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SqlCheck {
    /// What it proves; it names the case in reports.
    pub title: String,
    /// One statement.
    pub query: String,
    /// The rows, each a row of texts; NULL is `None`.
    pub expect: Vec<Vec<Option<String>>>,
}

impl Check {
    /// Whether it proves this where it passes.
    #[must_use]
    pub fn proves(&self, property: Property) -> bool {
        self.info().proves.contains(&property)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_written_as_its_check_is_told() {
        for word in CheckWord::ALL {
            let written = serde_json::to_value(word.check()).expect("JSON");
            let name = word.check().info().name;
            assert_eq!((written["check"].as_str(), word.check().describe().as_str()), (Some(name), name));
            assert!(!word.check().info().hint.is_empty(), "{name}");
        }
    }
}
