//! `lifeboat report`: from a journal on disk to reports.

use std::path::Path;

use super::{
    arguments::{Format, Report},
    exit::Exit,
    print, terminal,
};
use crate::{
    engine::{Store, StoreError, judged},
    journal::ErrorChain,
    judge::RunJudgement,
    report::{self, Terminal},
};

pub(super) fn report(arguments: &Report) -> Exit {
    let given = Path::new(&arguments.run);
    let folder = if given.join("journal.jsonl").exists() { given.to_path_buf() } else { arguments.reports.join(&arguments.run) };
    let store = match Store::open(&folder) {
        Ok(store) => store,
        Err(error) => {
            let near = "give the folder of a run, or its name below the folder of all reports (--reports)";
            terminal::error(&format!("failed to {}\nhint: {near}", ErrorChain::of(&error)));
            return Exit::Usage;
        }
    };
    write(&store).map_or_else(|exit| exit, |run| show(&run, &store, arguments.format))
}

/// Judges a run and writes its reports.
///
/// # Errors
/// [`Exit::Report`], after saying why.
pub(super) fn write(store: &Store) -> Result<RunJudgement, Exit> {
    let written = judged(store).and_then(|run| store.write_reports(&run).map(|()| run));
    written.map_err(|error: StoreError| {
        terminal::error(&format!("failed to {}", ErrorChain::of(&error)));
        Exit::Report
    })
}

/// Prints the summary of a run, and gives the exit code that it ends with.
pub(super) fn show(run: &RunJudgement, store: &Store, format: Format) -> Exit {
    let printed = match format {
        Format::Text => {
            let folder = std::env::current_dir().ok().and_then(|here| store.folder().strip_prefix(here).ok().map(Path::to_path_buf));
            let folder = folder.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| store.folder().to_path_buf());
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
