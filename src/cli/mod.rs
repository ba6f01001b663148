//! The command line: arguments, dispatch, exit codes.
//!
//! **Invariant:** data on standard output, everything else on standard error; one place maps what happened to
//! an exit code.

mod arguments;
mod bug;
mod check;
mod clean;
mod completions;
mod doctor;
mod exit;
mod judged;
mod list;
mod manual;
mod new;
mod progress;
mod report;
mod restore_test;
mod run;
mod select;
mod terminal;

use std::{io::Write, process::ExitCode};

use arguments::{Arguments, Document, Subcommand};
use clap::Parser;
use exit::Exit;

pub use judged::{JudgingError, judged};

use crate::journal::ErrorChain;

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // A message that can't be shown (a closed terminal) changes nothing.
            drop(error.print());
            return if error.use_stderr() { Exit::Usage } else { Exit::Passed }.into();
        }
    };
    terminal::choose(arguments.color);
    logging(&arguments);
    bug::guarded(|| perform(arguments)).into()
}

fn perform(arguments: Arguments) -> Exit {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            terminal::error(&format!("failed to start: {error}"));
            return Exit::Bug;
        }
    };
    let exit = runtime.block_on(dispatch(arguments.subcommand));
    // What still runs (a read of standard input, say) must not hold the process.
    runtime.shutdown_background();
    exit
}

/// Diagnostics for developers, on standard error: `LIFEBOAT_LOG=debug`, or `-v`.
fn logging(arguments: &Arguments) {
    let level = match arguments.verbose {
        0 => "error",
        1 => "lifeboat=debug",
        _ => "lifeboat=trace",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_env("LIFEBOAT_LOG").unwrap_or_else(|_| level.into());
    // The engine's client logs whole requests, passwords in environments included.
    let filter = match "bollard=info".parse() {
        Ok(directive) => filter.add_directive(directive),
        Err(_) => filter,
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(terminal::colour_on_stderr())
        .init();
}

async fn dispatch(subcommand: Subcommand) -> Exit {
    match subcommand {
        Subcommand::Run(arguments) => run::run(arguments).await,
        Subcommand::RestoreTest(arguments) => restore_test::restore_test(*arguments).await,
        Subcommand::Check(arguments) => check::check(&arguments),
        Subcommand::List(arguments) => list::list(&arguments),
        Subcommand::Schema { document } => {
            let schema = match document {
                Document::Drill => crate::syntax::schema(),
                Document::Report => crate::report::json::schema(),
            };
            print(&format!("{schema:#}\n"))
        }
        Subcommand::New(arguments) => new::new(&arguments),
        Subcommand::Report(arguments) => report::report(&arguments),
        Subcommand::Clean(arguments) => clean::clean(&arguments).await,
        Subcommand::Doctor(arguments) => doctor::doctor(&arguments).await,
        Subcommand::Completions { shell } => completions::completions(shell),
        Subcommand::Man { command } => manual::manual(command.as_deref()),
        Subcommand::Reap { run, runtime, work } => reap(&run, runtime, &work).await,
    }
}

/// The reaper's end; nobody listens to it any more.
async fn reap(run: &str, runtime: arguments::Runtime, work: &arguments::Work) -> Exit {
    let left = match work.directory() {
        Ok(work) => crate::engine::reap(run, runtime.kind(), &work).await,
        Err(error) => Err(error),
    };
    if left.is_ok_and(|left| left.is_empty()) { Exit::Passed } else { Exit::LeftBehind }
}

/// Says why a command could not be done, and how it ends.
fn failed<E: std::error::Error + 'static>(error: &E) -> Exit
where
    for<'a> Exit: From<&'a E>,
{
    terminal::error(&format!("failed to {}", ErrorChain::of(error)));
    error.into()
}

/// Puts data on standard output. A reader that went away (`| head`) is no error.
fn print(data: &str) -> Exit {
    let mut out = std::io::stdout().lock();
    match out.write_all(data.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Exit::Passed,
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Exit::Passed,
        Err(error) => {
            terminal::error(&format!("failed to write to standard output: {error}"));
            Exit::Report
        }
    }
}
