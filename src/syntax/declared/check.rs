//! Checks.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use crate::{
    drill::{CheckWord, TableName},
    syntax::{
        diagnostic::Diagnostic,
        reading::{Cell, Line, Prose, Shape, Value, Whole, mismatch, section, words},
    },
};

words! {
    CheckWord: "check";
}

section! {
    /// A check with particulars.
    CheckTable at "in `check`", one "check" of ["rows", "sql"];

    /// A table holds at least so many rows.
    "rows" rows: Rows;
    /// A query of your own, with the result that is right.
    "sql" sql: Sql;
}

section! {
    /// A table holds at least so many rows.
    Rows at "in `rows`";

    /// The table, as `schema.table`.
    "table" table: TableName = required;
    /// The least number that is right, from 1 on.
    "at-least" at_least: Whole<0, { i64::MAX as u64 }> = required;
}

section! {
    /// A query with the result that is right.
    Sql at "in `sql`";

    /// What it proves; it names the case in reports.
    "title" title: Line = required;
    /// One statement.
    "query" query: Prose = required;
    /// The rows, each a list of values as `psql` shows them: `[["t"]]`; NULL is `{ null = true }`.
    "expect" expect: Vec<Vec<Cell>> = required;
}

/// A check: a word, or a table with particulars.
#[derive(Debug)]
pub(crate) enum Check {
    Word(CheckWord, std::ops::Range<usize>),
    Table(Box<CheckTable>),
}

impl Check {
    /// Its place.
    pub(crate) fn span(&self) -> std::ops::Range<usize> {
        match self {
            Self::Word(_, span) => span.clone(),
            Self::Table(table) => table.span.clone(),
        }
    }
}

impl Shape for Check {
    fn what() -> String {
        "a check: a word such as `\"ledger\"`, or a table such as `{ rows = … }`".into()
    }

    fn example() -> String {
        CheckWord::example()
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the kinds of TOML that fit are named, and every other does not"
    )]
    fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        match value.get_ref() {
            DeValue::Table(_) => CheckTable::read(value, diagnostics).map(Box::new).map(Self::Table),
            DeValue::String(word) if word == "rows" || word == "sql" => {
                let help = match word.as_ref() {
                    "rows" => r#"write `{ rows = { table = "schema.table", at-least = 1 } }`"#,
                    _ => r#"write `{ sql = { title = "…", query = "select …", expect = [["t"]] } }`"#,
                };
                diagnostics
                    .push(Diagnostic::value(value.span(), format!("`{word}` needs parameters")).help(help));
                None
            }
            DeValue::String(_) => {
                CheckWord::read(value, diagnostics).map(|word| Self::Word(word, value.span()))
            }
            _ => mismatch(value, diagnostics),
        }
    }

    fn schema() -> Json {
        json!({ "anyOf": [CheckWord::schema(), CheckTable::schema()] })
    }
}
