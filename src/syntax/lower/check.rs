//! Checks, and whether each has something to look at.

use super::{table, world::World, writers};
use crate::{
    drill::{Check, Fixture, Needs, SqlCheck, Verb},
    syntax::{
        declared::{self, CheckTable},
        diagnostic::{Diagnostic, Span},
        visible::quoted,
    },
};

pub(super) fn checks(
    world: &mut World<'_>,
    declared: &[declared::Check],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Verb> {
    something_recovered(world, diagnostics);
    let mut checks: Vec<(Span, Check)> = Vec::new();
    let mut right = !declared.is_empty();
    for item in declared {
        let before = diagnostics.len();
        let check = match item {
            declared::Check::Word(word, span) => {
                let check = word.check();
                nothing_to_see(world, &check, span.clone(), diagnostics);
                Some(check)
            }
            declared::Check::Table(table) => particular(world, table, diagnostics),
        };
        let Some(check) = check.filter(|_| diagnostics.len() == before) else {
            right = false;
            continue;
        };
        if let Some((first, _)) = checks.iter().find(|(_, known)| known.describe() == check.describe()) {
            let message = format!("{} appears twice in one step", quoted(&check.describe()));
            let help = if matches!(check, Check::Sql(_)) {
                "give each query a title of its own"
            } else {
                "take one away"
            };
            diagnostics.push(
                Diagnostic::meaning(item.span(), message)
                    .also(Some(first.clone()), "the first time")
                    .help(help),
            );
        }
        checks.push((item.span(), check));
    }
    right.then(|| Verb::Check(checks.into_iter().map(|(_, check)| check).collect()))
}

fn something_recovered(world: &World<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let ready = world.recoveries + world.rehearsals > 0 && (world.open.is_empty() || world.examinable);
    if ready || world.unsure {
        return;
    }
    let fault = world.open.last().map(|open| open.place.clone());
    let message = if fault.is_some() {
        "a check without a recovery since the fault"
    } else {
        "a check without a recovery before it"
    };
    let help = "add a `recover` or a `rehearse` step before it: checks examine what was recovered";
    diagnostics.push(Diagnostic::meaning(world.verb.clone(), message).also(fault, "the fault").help(help));
}

/// Says where a check would find nothing.
fn nothing_to_see(world: &World<'_>, check: &Check, place: Span, diagnostics: &mut Vec<Diagnostic>) {
    let file = world.file;
    let info = check.info();
    let mut nothing = |why: &str, cause: Option<(Span, &str)>, help: &str| {
        let diagnostic =
            Diagnostic::meaning(place.clone(), format!("`{}` has nothing to examine: {why}", info.name));
        let (cause, label) = cause.unzip();
        diagnostics.push(diagnostic.also(cause, label.unwrap_or_default()).help(help));
    };
    match info.needs {
        Needs::Cluster => {}
        Needs::Clients => {
            if writers(file) == Some(0) {
                let zero = file.workload.get().and_then(|workload| workload.writers.placed());
                nothing(
                    "the workload has no writers",
                    zero.map(|(place, _)| (place, "no writers")),
                    "take `writers = 0` away, or ask for `content`",
                );
            }
        }
        Needs::Dataset => {
            let fixture = file.dataset.get().map(|dataset| dataset.fixture.placed());
            let empty = match &fixture {
                None => !file.dataset.is_given(),
                Some(fixture) => matches!(fixture, Some((_, Fixture::Empty))),
            };
            if empty {
                nothing(
                    "the dataset is empty",
                    fixture.flatten().map(|(place, _)| (place, "nothing")),
                    "add `[dataset]` with `fixture = \"shop\"`, or ask for `ledger`",
                );
            }
        }
        Needs::Archive => {
            if !file.archive.is_given() {
                nothing("the drill has no archive", None, "add `[archive]` with `method = \"command\"`");
            }
        }
    }
}

fn particular(world: &World<'_>, declared: &CheckTable, diagnostics: &mut Vec<Diagnostic>) -> Option<Check> {
    if let Some(rows) = declared.rows.get() {
        // What a backup of the user's holds is not known here.
        if let Some((place, table)) = rows.table.placed().filter(|_| !world.file.source.is_given()) {
            table::table_or_view(world.file, table, place, diagnostics);
        }
        let (place, at_least) = rows.at_least.placed()?;
        if at_least.0 == 0 {
            diagnostics.push(
                Diagnostic::meaning(place, "an empty table would pass")
                    .help("write the minimum number of rows, at least 1"),
            );
        }
        return Some(Check::Rows { table: rows.table.get()?.clone(), at_least: at_least.0 });
    }
    let sql = declared.sql.get()?;
    if let Some((place, query)) = sql.query.placed()
        && query.0.is_empty()
    {
        diagnostics.push(
            Diagnostic::value(place, "an empty query")
                .help("write one statement, such as `select count(*) > 0 from shop.customer`"),
        );
    }
    let (place, expect) = sql.expect.placed()?;
    if expect.is_empty() {
        let message = "no rows are expected, and none is what a query gives over tables that are empty";
        let help = "ask for a number, as in `select count(*) filter (where …), count(*) > 0 from …` with \
            `[[0, true]]`";
        diagnostics.push(Diagnostic::meaning(place.clone(), message).help(help));
    }
    let widths: Vec<usize> = expect.iter().map(Vec::len).collect();
    if widths.contains(&0) || widths.windows(2).any(|pair| pair.first() != pair.last()) {
        let help = "give each row a value for every column, as in `[[\"1\", \"t\"], [\"2\", \"f\"]]`";
        diagnostics.push(
            Diagnostic::meaning(place, "rows that no query gives: their lengths differ, or are zero")
                .help(help),
        );
    }
    Some(Check::Sql(SqlCheck {
        title: sql.title.get()?.0.clone(),
        query: sql.query.get()?.0.clone(),
        expect: expect.iter().map(|row| row.iter().map(|cell| cell.0.clone()).collect()).collect(),
    }))
}
