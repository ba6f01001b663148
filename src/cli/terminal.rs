//! What is known of the terminal, and messages on standard error.

use std::{
    io::{IsTerminal, Write},
    sync::OnceLock,
};

use super::arguments::Color;
use crate::report::escape::line::visible;

/// What `--color` says; it is known before anything is written.
static CHOICE: OnceLock<Color> = OnceLock::new();

/// Takes what `--color` says; the first choice counts.
pub(super) fn choose(color: Color) {
    CHOICE.get_or_init(|| color);
}

/// Whether colour is wanted on standard error: `--color` says so, or it is a terminal and `NO_COLOR` is not
/// set.
pub(super) fn colour_on_stderr() -> bool {
    is_coloured(std::io::stderr().is_terminal())
}

/// Whether colour is wanted on standard output.
pub(super) fn colour_on_stdout() -> bool {
    is_coloured(std::io::stdout().is_terminal())
}

fn is_coloured(is_terminal: bool) -> bool {
    match CHOICE.get().copied().unwrap_or(Color::Auto) {
        Color::Auto => is_terminal && colour_is_welcome(),
        Color::Always => true,
        Color::Never => false,
    }
}

fn colour_is_welcome() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// The width of the terminal. Where there is none, as in the log of a CI job, a drill has room in one line.
pub(super) fn width() -> u16 {
    terminal_size::terminal_size().map_or(120, |(terminal_size::Width(columns), _)| columns.clamp(40, 160))
}

/// Writes to standard error; nothing can be done where that fails.
pub(super) fn say(text: &str) {
    drop(writeln!(std::io::stderr().lock(), "{text}"));
}

/// Says what went wrong.
pub(super) fn error(text: &str) {
    let text = text.lines().map(visible).collect::<Vec<_>>().join("\n");
    say(&if colour_on_stderr() {
        format!("\u{1b}[1;31merror\u{1b}[0m: {text}")
    } else {
        format!("error: {text}")
    });
}
