//! Tables that a drill names, and whether its dataset has them.

use crate::{
    drill::{Fixture, TableName},
    syntax::{
        declared,
        diagnostic::{Diagnostic, Span},
        nearest::{either, nearest},
        visible::quoted,
    },
};

/// Says where a name is none of the dataset's tables.
pub(super) fn table(
    file: &declared::Drill,
    name: &TableName,
    place: Span,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if let Some(fixture) = fixture(file) {
        known(fixture, name, place, &fixture.tables(), diagnostics);
    }
}

/// Says where a name is neither one of the dataset's tables nor of its views.
pub(super) fn table_or_view(
    file: &declared::Drill,
    name: &TableName,
    place: Span,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if let Some(fixture) = fixture(file) {
        known(fixture, name, place, &[fixture.tables(), fixture.views()].concat(), diagnostics);
    }
}

/// The dataset; `None` where that was said wrongly.
fn fixture(file: &declared::Drill) -> Option<Fixture> {
    if file.dataset.is_given() { file.dataset.get()?.fixture.get().copied() } else { Some(Fixture::Empty) }
}

fn known(
    fixture: Fixture,
    name: &TableName,
    place: Span,
    known: &[TableName],
    diagnostics: &mut Vec<Diagnostic>,
) {
    if known.contains(name) {
        return;
    }
    let names: Vec<String> = known.iter().map(TableName::to_string).collect();
    let words = || names.iter().map(String::as_str);
    let written = name.to_string();
    let help = match nearest(&written, words()) {
        Some(near) => format!("did you mean {}?", quoted(near)),
        None => format!("name one that it has, such as {}", either(words().take(3))),
    };
    let message = format!("the dataset `{}` has no table {}", fixture.name(), quoted(&written));
    diagnostics.push(Diagnostic::meaning(place, message).help(help));
}
