//! What the databases hold.

use std::time::Duration;

use crate::{
    drill::{DatabaseName, Dataset, DatasetContent, Fixture, LARGEST_SCALE, Period},
    syntax::{declared, diagnostic::Diagnostic},
};

/// How long the user's command may take, where the file doesn't say.
const COMMAND_WITHIN: Period = Period(Duration::from_hours(2));

/// The dataset.
pub(super) fn dataset(file: &declared::Drill, diagnostics: &mut Vec<Diagnostic>) -> Option<Dataset> {
    if !file.dataset.is_given() {
        return Some(Dataset::fixture(Fixture::Empty, 1));
    }
    let dataset = file.dataset.get()?;
    let content = content(dataset, diagnostics)?;
    let database = dataset.database.optional()?;
    if let (DatasetContent::Fixture { fixture: Fixture::Shop, .. }, Some((place, database))) =
        (&content, dataset.database.placed())
        && *database != Fixture::Shop.database()
    {
        let diagnostic = Diagnostic::meaning(place, "the fixture `shop` makes a database of its own");
        diagnostics.push(diagnostic.help("take `database` away: it is called `shop`"));
    }
    let own = match &content {
        DatasetContent::Fixture { fixture, .. } => fixture.database(),
        DatasetContent::Sql { .. } | DatasetContent::Dump { .. } | DatasetContent::Command { .. } => {
            DatabaseName::postgres()
        }
    };
    Some(Dataset { content, database: database.unwrap_or(own) })
}

fn content(dataset: &declared::Dataset, diagnostics: &mut Vec<Diagnostic>) -> Option<DatasetContent> {
    if dataset.fixture.is_given() {
        let fixture = *dataset.fixture.get()?;
        let scale = scale(dataset, fixture, diagnostics)?;
        Some(DatasetContent::Fixture { fixture, scale })
    } else if dataset.sql.is_given() {
        let sql = dataset.sql.get()?.0.iter().map(|path| path.0.clone()).collect();
        Some(DatasetContent::Sql { sql })
    } else if dataset.dump.is_given() {
        let globals = dataset.globals.optional()?.map(|path| path.0);
        Some(DatasetContent::Dump { dump: dataset.dump.get()?.0.clone(), globals })
    } else {
        let command = dataset.command.get()?.0.iter().map(|word| word.0.clone()).collect();
        let cache_key = dataset.cache_key.optional()?.map(|key| key.0);
        let deadline = dataset.deadline.optional()?.map_or(COMMAND_WITHIN, |deadline| deadline.0);
        Some(DatasetContent::Command { command, cache_key, deadline })
    }
}

fn scale(dataset: &declared::Dataset, fixture: Fixture, diagnostics: &mut Vec<Diagnostic>) -> Option<u32> {
    if let (Some((size, _)), Some(scale)) = (dataset.size.placed(), dataset.scale.key()) {
        let diagnostic = Diagnostic::meaning(size, "a size and a scale: each says how large the fixture is");
        diagnostics.push(diagnostic.also(Some(scale), "the scale").help("take one of them away"));
    }
    let of_size = dataset.size.optional()?.map(|size| fixture.scale_for(size.0));
    if let (Some((place, _)), Some(scale)) = (dataset.size.placed(), of_size)
        && scale > LARGEST_SCALE
    {
        let diagnostic = Diagnostic::meaning(place, "a size that the fixture does not reach");
        diagnostics.push(diagnostic.help("write at most `\"150GB\"`, or load a dump of your own"));
        return None;
    }
    u32::try_from(of_size.or(dataset.scale.optional()?.map(|scale| scale.0)).unwrap_or(1)).ok()
}
