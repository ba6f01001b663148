//! What the README says of the shipped drills is what is shipped.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use std::{collections::BTreeSet, process::Command};

#[test]
fn the_table_of_drills_names_each_shipped_drill_once() {
    let section = include_str!("../README.md").split("## The drills\n").nth(1).expect("the section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows: Vec<_> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `"))
        .filter_map(|line| line.split('`').next())
        .collect();
    let folder = tempfile::tempdir().expect("a folder without drills");
    let list = Command::new(env!("CARGO_BIN_EXE_lifeboat")).arg("list").current_dir(&folder).output();
    let list = String::from_utf8(list.expect("lifeboat").stdout).expect("UTF-8");
    let words = list
        .split_whitespace()
        .filter(|word| ["loss/", "crash/", "human-error/"].iter().any(|group| word.starts_with(group)));
    let shipped: BTreeSet<_> = words.collect();
    assert!(!shipped.is_empty(), "{list}");
    assert_eq!(rows.len(), shipped.len(), "{rows:?}");
    assert_eq!(rows.into_iter().collect::<BTreeSet<_>>(), shipped);
}

#[test]
fn every_exit_code_of_the_help_is_in_the_readme() {
    let help = Command::new(env!("CARGO_BIN_EXE_lifeboat")).args(["run", "--help"]).output();
    let help = String::from_utf8(help.expect("lifeboat").stdout).expect("UTF-8");
    let codes = help.split("Exit codes:\n").nth(1).expect("the exit codes").lines();
    let codes: Vec<_> = codes.filter_map(|line| line.trim().split_once(' ')).collect();
    assert!(codes.iter().any(|(code, _)| *code == "6"), "{codes:?}");
    for (code, meaning) in codes {
        let row = format!("| {code} | {} |", meaning.trim());
        assert!(include_str!("../README.md").contains(&row), "{row}");
    }
}
