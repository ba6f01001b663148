//! `lifeboat clean`: what dead runs have left, and the cache where that is asked for.

use std::{collections::BTreeMap, path::Path};

use super::{arguments::Clean, exit::Exit, failed, print, terminal};
use crate::{
    human,
    journal::ErrorChain,
    lab::{
        LabError,
        docker::{self, Outcome},
        local::{self, Found, Note, WorkDir},
    },
};

pub(super) async fn clean(arguments: &Clean) -> Exit {
    let work = match arguments.work.directory() {
        Ok(work) => work,
        Err(error) => return failed(&error),
    };
    let mut told = Told::default();
    let notes = directories(arguments, &work, &mut told).await;
    let engine = match docker::Engine::connect().await {
        Ok(engine) => resources(arguments, &engine, &notes, &mut told).await,
        Err(error) => {
            terminal::say(&format!("containers were not inspected: failed to {}", ErrorChain::of(&error)));
            Ok(())
        }
    };
    let printed = print(&told.table());
    match engine {
        Err(error) => {
            failed(&error);
            Exit::LeftBehind
        }
        Ok(()) if told.failed => Exit::LeftBehind,
        Ok(()) => printed,
    }
}

/// The directories of runs and, where that is asked for, prepared clusters. Returns what the dead runs say of
/// themselves.
async fn directories(arguments: &Clean, work: &WorkDir, told: &mut Told) -> BTreeMap<String, Note> {
    let mut notes = BTreeMap::new();
    for (directory, found) in local::runs(work) {
        let name = directory.display().to_string();
        match found {
            Found::Alive => {
                told.tell("directory", &name, &Outcome::Kept("its run is in progress".to_owned()), None);
            }
            Found::Unknown(why) => told.tell("directory", &name, &Outcome::Kept(why), None),
            // The claim is held until the directory is gone.
            Found::Dead(claim) => {
                let outcome = removed(arguments, &directory).await;
                told.tell("directory", &name, &outcome, Some(&origin(claim.note())));
                notes.insert(claim.note().run.clone(), claim.note().clone());
            }
        }
    }
    for directory in if arguments.cache { local::prepared(work) } else { Vec::new() } {
        let outcome = prepared_removed(arguments, &directory);
        told.tell("directory", &directory.display().to_string(), &outcome, Some("a cache"));
    }
    notes
}

async fn removed(arguments: &Clean, directory: &Path) -> Outcome {
    if arguments.dry_run {
        return Outcome::WouldRemove;
    }
    let left = local::remove_run(directory).await;
    if left.is_empty() { Outcome::Removed } else { Outcome::Failed(left.join("; ")) }
}

fn prepared_removed(arguments: &Clean, directory: &Path) -> Outcome {
    let removed = if arguments.dry_run {
        local::is_in_use(directory).map(|used| !used)
    } else {
        local::remove_prepared(directory)
    };
    match removed {
        Ok(true) if arguments.dry_run => Outcome::WouldRemove,
        Ok(true) => Outcome::Removed,
        Ok(false) => Outcome::Kept("in use by a run".to_owned()),
        Err(error) => Outcome::Failed(error.to_string()),
    }
}

/// What carries Lifeboat's labels in an engine.
async fn resources(
    arguments: &Clean,
    engine: &docker::Engine,
    notes: &BTreeMap<String, Note>,
    told: &mut Told,
) -> Result<(), LabError> {
    let which = docker::Which::Everything { cache: arguments.cache };
    for resource in docker::sweep(engine, which, arguments.dry_run).await? {
        let origin = match &resource.run {
            // Its directory has told the whole story, and its name stands in that of the resource.
            Some(run) if notes.contains_key(run) => None,
            Some(run) => Some(format!("left by the run {run}, which has ended")),
            None => Some("a cache".to_owned()),
        };
        told.tell(&resource.kind.to_string(), &resource.name, &resource.outcome, origin.as_deref());
    }
    Ok(())
}

/// Where what a dead run has left comes from.
fn origin(note: &Note) -> String {
    let (run, began, reports) = (&note.run, human::instant(note.began), note.reports.display());
    match note.kept.as_slice() {
        [] => format!("left by the run {run} of {began}, which has ended; reports: {reports}"),
        kept => format!(
            "kept by the run {run} of {began}, because {} did not pass; reports: {reports}",
            kept.join(" and ")
        ),
    }
}

/// What was looked at, and whether something failed.
#[derive(Default)]
struct Told {
    rows: Vec<Row>,
    failed: bool,
}

/// One resource; rows are printed in the order of their kinds and names, so that two calls can be compared.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    kind: String,
    name: String,
    did: &'static str,
    why: String,
}

impl Told {
    fn tell(&mut self, kind: &str, name: &str, outcome: &Outcome, origin: Option<&str>) {
        let (did, why) = match outcome {
            Outcome::Removed => ("removed", origin),
            Outcome::WouldRemove => ("would remove", origin),
            Outcome::Kept(why) => ("kept", Some(why.as_str())),
            Outcome::Failed(why) => {
                self.failed = true;
                ("failed", Some(why.as_str()))
            }
        };
        let why = why.unwrap_or_default().to_owned();
        self.rows.push(Row { kind: kind.to_owned(), name: name.to_owned(), did, why });
    }

    /// The rows as lines with aligned columns.
    fn table(&mut self) -> String {
        if self.rows.is_empty() {
            return "nothing to clean\n".to_owned();
        }
        self.rows.sort();
        let width = |of: fn(&Row) -> usize| self.rows.iter().map(of).max().unwrap_or_default();
        let (did, kind) = (width(|row| row.did.len()), width(|row| row.kind.len()));
        let name = width(|row| row.name.len());
        let line = |row: &Row| {
            let line = format!("{:did$}  {:kind$}  {:name$}  {}", row.did, row.kind, row.name, row.why);
            line.trim_end().to_owned() + "\n"
        };
        self.rows.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_listed_by_kind_and_name_in_columns() {
        let mut told = Told::default();
        told.tell(
            "volume",
            "lifeboat-b-primary",
            &Outcome::WouldRemove,
            Some("left by the run b, which has ended"),
        );
        told.tell("container", "lifeboat-b", &Outcome::Kept("its run is in progress".into()), None);
        told.tell("volume", "lifeboat-a", &Outcome::WouldRemove, None);
        assert_eq!(
            told.table(),
            "kept          container  lifeboat-b          its run is in progress\n\
             would remove  volume     lifeboat-a\n\
             would remove  volume     lifeboat-b-primary  left by the run b, which has ended\n"
        );
        assert!(!told.failed);
        assert_eq!(Told::default().table(), "nothing to clean\n");
    }
}
