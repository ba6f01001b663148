//! The examples for CI systems are well-formed, and call Lifeboat as it is.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::{collections::BTreeSet, fs, path::PathBuf, process::Command};

use yaml_rust2::{Yaml, YamlLoader};

fn examples() -> Vec<(PathBuf, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/ci/examples");
    let files = fs::read_dir(folder).expect("the examples");
    let mut found: Vec<_> = files
        .map(|entry| entry.expect("an entry").path())
        .map(|path| (path.clone(), fs::read_to_string(path).expect("text")))
        .collect();
    found.sort();
    found
}

/// The lines of every text in a document; a list that begins with the command is one line.
#[expect(clippy::wildcard_enum_match_arm, reason = "a test names the variants that it is about")]
fn lines(yaml: &Yaml, found: &mut Vec<String>) {
    match yaml {
        Yaml::String(text) => found.extend(text.lines().map(str::to_owned)),
        Yaml::Array(items) => {
            if items.first().and_then(Yaml::as_str) == Some("lifeboat") {
                found.push(items.iter().filter_map(Yaml::as_str).collect::<Vec<_>>().join(" "));
            }
            for item in items {
                lines(item, found);
            }
        }
        Yaml::Hash(pairs) => pairs.values().for_each(|value| lines(value, found)),
        _ => {}
    }
}

fn all_lines(path: &std::path::Path, text: &str) -> Vec<String> {
    if !path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml") {
        return text.lines().map(str::to_owned).collect();
    }
    let documents = YamlLoader::load_from_str(text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut found = Vec::new();
    for document in &documents {
        lines(document, &mut found);
    }
    found
}

/// The words of a help text that are commands or options.
fn words(arguments: &[&str]) -> BTreeSet<String> {
    let help = Command::new(env!("CARGO_BIN_EXE_lifeboat")).args(arguments).arg("--help").output();
    let help = String::from_utf8(help.expect("lifeboat").stdout).expect("UTF-8");
    help.split_whitespace().map(|word| word.trim_end_matches(['.', ',']).to_owned()).collect()
}

#[test]
fn every_command_and_option_of_the_examples_is_in_the_help() {
    let commands = words(&[]);
    let examples = examples();
    assert_eq!(examples.len(), 4, "{examples:?}");
    for (path, text) in &examples {
        let mut runs = 0;
        for line in all_lines(path, text) {
            let line = line.trim().trim_start_matches("exec ");
            let Some(rest) = line.strip_prefix("lifeboat ") else { continue };
            let (command, arguments) = rest.split_once(' ').unwrap_or((rest, ""));
            assert!(commands.contains(command), "{}: no command {command}: {line}", path.display());
            let known = words(&[command]);
            for option in arguments.split_whitespace().filter(|word| word.starts_with('-')) {
                let option = option.split('=').next().unwrap_or(option);
                assert!(known.contains(option), "{}: no option {option}: {line}", path.display());
            }
            runs += usize::from(command == "run");
        }
        assert_eq!(runs, 1, "{}: one drill", path.display());
    }
}

#[test]
fn the_examples_need_nothing_of_this_repository_but_its_source_at_one_revision() {
    for (path, text) in examples() {
        let name = path.display();
        assert!(!text.contains("ci/drill"), "{name} calls a script that only this repository has");
        assert!(text.contains("LIFEBOAT_URL") && text.contains("LIFEBOAT_REVISION"), "{name}");
        assert!(
            text.contains("cargo install --locked --path") || text.contains("cargo +stable install --locked")
        );
    }
}

#[test]
fn every_action_is_pinned_by_the_hash_of_a_commit() {
    for (path, text) in examples() {
        for line in text.lines().filter(|line| line.trim().trim_start_matches("- ").starts_with("uses:")) {
            let hash = line.split('@').nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
            let pinned = hash.len() == 40 && hash.chars().all(|c| c.is_ascii_hexdigit());
            assert!(pinned, "{}: {line}", path.display());
        }
    }
}
