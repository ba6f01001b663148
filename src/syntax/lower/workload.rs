//! The clients and their transactions.

use super::{table, writers};
use crate::{
    drill::{SqlText, TableName, Transaction, Workload},
    syntax::{
        declared,
        diagnostic::{Diagnostic, Span},
        reading::{Field, PathText, Prose},
    },
};

/// Into which table the clients insert, where the file doesn't say.
const TABLE: (&str, &str) = ("lifeboat", "commits");

/// The workload.
pub(super) fn workload(file: &declared::Drill, diagnostics: &mut Vec<Diagnostic>) -> Option<Workload> {
    let own_table = || Some(TableName { schema: TABLE.0.into(), name: TABLE.1.into() });
    let Some(workload) = file.workload.get() else {
        return if file.workload.is_given() {
            None
        } else {
            Some(Workload::of_rows(writers(file)?, None, own_table()?))
        };
    };
    if let Some((place, table)) = workload.table.placed() {
        table::table(file, table, place.clone(), diagnostics);
        its_own(file, place, diagnostics);
    }
    Some(Workload {
        writers: writers(file)?,
        rate: workload.rate.optional()?.map(|rate| rate.0),
        table: workload.table.or_else(own_table)?,
        role: workload.role.optional()?,
        transactions: transactions(workload, diagnostics)?,
    })
}

/// Says where a table of the user's would be taken for the ledger's: only a fixture has one that is made for
/// it.
fn its_own(file: &declared::Drill, place: Span, diagnostics: &mut Vec<Diagnostic>) {
    let dataset = file.dataset.get();
    if dataset.is_some_and(|dataset| !dataset.fixture.is_given()) {
        let diagnostic =
            Diagnostic::meaning(place, "a table of your own for the rows that the clients are judged by");
        diagnostics.push(diagnostic.help(
            "say what your application commits in `sql`, which runs in one transaction with those rows, \
             or take `table` away",
        ));
    }
}

fn transactions(
    workload: &declared::Workload,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<Transaction>> {
    let mut given: Vec<(Span, &str)> = [
        (workload.sql.key(), "sql"),
        (workload.file.key(), "file"),
        (workload.transactions.key(), "transactions"),
    ]
    .into_iter()
    .filter_map(|(key, name)| Some((key?, name)))
    .collect();
    given.sort_by_key(|(key, _)| key.start);
    if let [(first, _), (second, name), ..] = given.as_slice() {
        let diagnostic = Diagnostic::meaning(second.clone(), "statements of the clients in two places");
        let help = format!("take `{name}` away, or put each into a `[[workload.transactions]]`");
        diagnostics.push(diagnostic.also(Some(first.clone()), "the first one").help(help));
    }
    let table = workload.table.key();
    if let (Some(table), Some((key, _))) = (table, given.first()) {
        let diagnostic = Diagnostic::meaning(table, "a table of the dataset beside statements of your own");
        let help = "take `table` away: the rows go to a table of Lifeboat's own";
        diagnostics.push(diagnostic.also(Some(key.clone()), "the statements").help(help));
    }
    if !workload.transactions.is_given() {
        let Some(sql) = text(&workload.sql, &workload.file, diagnostics)? else { return Some(Vec::new()) };
        return Some(vec![Transaction { weight: 1, read_only: false, sql }]);
    }
    let declared = &workload.transactions.get()?.0;
    let mut transactions = Vec::new();
    for transaction in declared {
        transactions.push(Transaction {
            weight: u32::try_from(transaction.weight.optional()?.map_or(1, |weight| weight.0)).ok()?,
            read_only: transaction.read_only.or(false)?,
            sql: text(&transaction.sql, &transaction.file, diagnostics)??,
        });
    }
    if let Some((place, _)) = workload.transactions.placed()
        && transactions.iter().all(|transaction| transaction.read_only)
    {
        let diagnostic = Diagnostic::meaning(place, "transactions that only read: nothing could be lost");
        diagnostics.push(diagnostic.help("add one that writes"));
    }
    Some(transactions)
}

/// The statements at one of two keys; `None` where that was said wrongly.
fn text(
    sql: &Field<Prose>,
    file: &Field<PathText>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Option<SqlText>> {
    if let Some(path) = file.optional()? {
        return Some(Some(SqlText { file: Some(path.0), text: String::new() }));
    }
    if !sql.is_given() {
        return Some(None);
    }
    let (place, text) = sql.placed()?;
    let transaction =
        Transaction { weight: 1, read_only: false, sql: SqlText { file: None, text: text.0.clone() } };
    if let Err(error) = transaction.script() {
        let diagnostic =
            Diagnostic::meaning(place, format!("this can't be a transaction: {}", error.message));
        diagnostics.push(diagnostic.help(format!("look at line {} of it", error.line)));
        return None;
    }
    Some(Some(transaction.sql))
}
