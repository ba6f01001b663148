//! `lifeboat man`: the manual page, with the sections that man pages have and the generator does not write.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_mangen::Man;

use super::{arguments::Arguments, exit::Exit, print, terminal};

/// Variables that no option stands for.
const VARIABLES: [(&str, &str); 4] = [
    ("DOCKER_HOST", "the address of the container engine, in the form unix:///run/docker.sock"),
    ("LIFEBOAT_PG_BIN", "directories of PostgreSQL's programs for the runtime local, separated by colons"),
    ("LIFEBOAT_LOG", "what to log on standard error, such as lifeboat=debug"),
    ("NO_COLOR", "no colour, whatever the terminal; --color takes precedence"),
];

/// What it reads and writes.
const FILES: [(&str, &str); 4] = [
    ("drills/*.toml", "drill files; lifeboat new writes one, lifeboat schema describes them"),
    (
        "reports/RUN/",
        "report.md, junit.xml, report.json, journal.jsonl and a folder of evidence for each drill",
    ),
    ("reports/latest", "a link to the latest run"),
    (
        "$TMPDIR/lifeboat-UID/",
        "local servers while they run, and prepared clusters between runs (--work-dir)",
    ),
];

/// Prints the manual page of a subcommand, or where none is named, of the command.
pub(super) fn manual(wanted: Option<&str>) -> Exit {
    let mut command = Arguments::command();
    command.build();
    let pages = || command.get_subcommands().filter(|subcommand| !subcommand.is_hide_set());
    let Some(page) =
        wanted.map_or(Some(&command), |wanted| pages().find(|subcommand| subcommand.get_name() == wanted))
    else {
        let names: Vec<_> = pages().map(clap::Command::get_name).collect();
        terminal::error(&format!(
            "no such command: {}; commands: {}",
            wanted.unwrap_or_default(),
            names.join(", ")
        ));
        return Exit::Usage;
    };
    let mut rendered = Vec::new();
    match render(page, &command, &mut rendered) {
        Ok(()) => print(&String::from_utf8_lossy(&rendered)),
        Err(error) => {
            terminal::error(&format!("failed to render the manual: {error}"));
            Exit::Bug
        }
    }
}

fn render(page: &clap::Command, whole: &clap::Command, out: &mut Vec<u8>) -> io::Result<()> {
    let man = Man::new(page.clone());
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    if page.has_subcommands() {
        man.render_subcommands_section(out)?;
    }
    let codes = Exit::codes().map(|(code, meaning)| (code.to_string(), meaning.to_owned()));
    listed(out, "EXIT STATUS", codes)?;
    listed(out, "ENVIRONMENT", environment(page, whole))?;
    let owned = |(name, about): (&str, &str)| (name.to_owned(), about.to_owned());
    listed(out, "FILES", FILES.into_iter().map(owned))?;
    if let Some(examples) = examples(page).or_else(|| examples(whole.find_subcommand("run")?)) {
        writeln!(out, ".SH EXAMPLES\n.nf")?;
        for line in examples.lines() {
            writeln!(out, "{}", escaped(line))?;
        }
        writeln!(out, ".fi")?;
    }
    Ok(())
}

/// The examples of a command's help.
fn examples(page: &clap::Command) -> Option<String> {
    let help = page.get_after_help()?.to_string();
    let (head, examples) = help.split_once('\n')?;
    let examples = examples.split("\n\nExit codes:").next()?;
    head.starts_with("Example").then(|| examples.to_owned())
}

/// The variables that a command minds: those of its options, or of all where it is the whole.
fn environment(page: &clap::Command, whole: &clap::Command) -> impl Iterator<Item = (String, String)> {
    let is_whole = page.has_subcommands();
    let pages = whole.get_subcommands().filter(move |other| is_whole || other.get_name() == page.get_name());
    let mut found: Vec<(String, String)> = Vec::new();
    for argument in pages.flat_map(clap::Command::get_arguments) {
        let (Some(name), Some(long)) = (argument.get_env(), argument.get_long()) else { continue };
        let name = name.to_string_lossy().into_owned();
        if !found.iter().any(|(known, _)| *known == name) {
            found.push((name, format!("the default of --{long}")));
        }
    }
    found.extend(VARIABLES.map(|(name, about)| (name.to_owned(), about.to_owned())));
    found.into_iter()
}

fn listed(
    out: &mut Vec<u8>,
    heading: &str,
    entries: impl Iterator<Item = (String, String)>,
) -> io::Result<()> {
    writeln!(out, ".SH \"{heading}\"")?;
    for (name, about) in entries {
        writeln!(out, ".TP\n\\fB{}\\fR\n{}", escaped(&name), escaped(&about))?;
    }
    Ok(())
}

/// A line that roff shows as it is: a backslash and a hyphen are its own, and so is a dot or a quote at the
/// beginning.
fn escaped(line: &str) -> String {
    let line = line.replace('\\', "\\e").replace('-', "\\-");
    if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(wanted: Option<&str>) -> String {
        let mut command = Arguments::command();
        command.build();
        let page = wanted.map_or(&command, |wanted| command.find_subcommand(wanted).expect("a command"));
        let mut out = Vec::new();
        render(page, &command, &mut out).expect("memory");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn every_page_has_exit_status_environment_files_and_examples() {
        for wanted in [None, Some("run"), Some("clean"), Some("check"), Some("doctor")] {
            let page = page(wanted);
            for section in [
                ".SH \"EXIT STATUS\"\n.TP\n\\fB0\\fR\n",
                ".SH \"ENVIRONMENT\"",
                "\\fBNO_COLOR\\fR",
                ".SH \"FILES\"",
                ".SH EXAMPLES\n.nf\n  lifeboat ",
            ] {
                assert!(page.contains(section), "{wanted:?} lacks {section:?}:\n{page}");
            }
            assert!(!page.contains(".SH EXTRA"), "{wanted:?}");
        }
        assert!(page(Some("run")).contains("\\fBLIFEBOAT_IMAGE\\fR"));
        assert!(!page(Some("check")).contains("LIFEBOAT_IMAGE"));
    }

    #[test]
    fn a_line_of_an_example_commands_roff_nothing() {
        assert_eq!(escaped(".x 'a' \\ -b"), "\\&.x 'a' \\e \\-b");
    }
}
