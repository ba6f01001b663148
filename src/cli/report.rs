//! `lifeboat report`: from a journal on disk to reports.

use std::path::Path;

use super::{
    arguments::{Format, Report},
    exit::Exit,
    failed,
    judged::judged,
    print, terminal,
};
use crate::{
    engine::Store,
    journal::ErrorChain,
    judge::RunJudgement,
    report::{self, Terminal},
};

pub(super) fn report(arguments: &Report) -> Exit {
    let given = Path::new(&arguments.run);
    let named = arguments.reports.join(&arguments.run);
    let found =
        Store::open(given).or_else(|error| if named.exists() { Store::open(&named) } else { Err(error) });
    match found {
        Ok(store) => write(&store).map_or_else(|exit| exit, |run| show(&run, &store, arguments.format)),
        Err(error) => {
            terminal::error(&format!(
                "failed to {}\nhint: {}",
                ErrorChain::of(&error),
                how_to_name_a_run(&arguments.reports)
            ));
            Exit::Usage
        }
    }
}

/// What would have been right, with the runs that there are.
fn how_to_name_a_run(reports: &Path) -> String {
    const NAMED: usize = 3;
    let runs = Store::runs(reports);
    let there = match runs.get(..NAMED.min(runs.len())).unwrap_or_default() {
        [] => "no run was found".to_owned(),
        latest if latest.len() < runs.len() => format!("the latest are {}", latest.join(", ")),
        all => format!("there are {}", all.join(", ")),
    };
    format!(
        "give the folder of a run, or its name in {} (--reports), or `latest`; {there}",
        reports.display()
    )
}

/// Judges a run and writes its reports.
///
/// # Errors
/// Returns an error if one can't be written ([`Exit::Report`]), after saying why.
pub(super) fn write(store: &Store) -> Result<RunJudgement, Exit> {
    let run = judged(store).map_err(|error| failed(&error))?;
    store.write(report::files(&run)).map_err(|error| failed(&error))?;
    Ok(run)
}

/// Prints the summary of a run, and gives the exit code that it ends with.
pub(super) fn show(run: &RunJudgement, store: &Store, format: Format) -> Exit {
    let printed = match format {
        Format::Text => {
            let folder = std::env::current_dir()
                .ok()
                .and_then(|here| store.folder().strip_prefix(here).ok().map(Path::to_path_buf));
            let folder = folder
                .filter(|folder| !folder.as_os_str().is_empty())
                .unwrap_or_else(|| store.folder().to_path_buf());
            let terminal = Terminal {
                width: terminal::width(),
                colour: terminal::colour_on_stdout(),
                reports: Some(folder.to_string_lossy().into_owned()),
            };
            print(&terminal.render(run))
        }
        Format::Json => print(&String::from_utf8_lossy(&report::Format::Json.render(run))),
    };
    if printed == Exit::Passed { Exit::of(run) } else { printed }
}
