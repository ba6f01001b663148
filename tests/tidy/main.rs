//! What the design says of the source, as tests: layers, owners of foreign crates, sizes, reasons.
//!
//! Each rule is a function from files to findings, and each is shown to fail on a planted violation.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod joints;
mod paths;
mod rules;

use std::{fs, path::Path, process::Command};

/// A file of the repository: its path from the root, and its text.
type File = (String, String);

/// Every text file that git knows or would take.
fn repository() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output();
    let names: Vec<String> = match listed {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
        }
        // A tree without git, as in an unpacked package.
        _ => ["Cargo.toml", "benches", "ci", "drills", "fixtures", "src", "tests"]
            .iter()
            .flat_map(|name| below(root, name))
            .collect(),
    };
    names
        .into_iter()
        .filter_map(|name| Some((name.clone(), fs::read_to_string(root.join(&name)).ok()?)))
        .collect()
}

fn below(root: &Path, name: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(root.join(name)) else { return vec![name.to_owned()] };
    entries
        .flatten()
        .flat_map(|entry| below(root, &format!("{name}/{}", entry.file_name().to_string_lossy())))
        .collect()
}

fn holds(rule: impl Fn(&[File]) -> Vec<String>) {
    let files = repository();
    assert!(files.len() > 300, "only {} files were found", files.len());
    let findings = rule(&files);
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
}

/// The rule finds something in each of these files, and nothing in the others.
fn finds(rule: impl Fn(&[File]) -> Vec<String>, planted: &[(&str, &str)], innocent: &[(&str, &str)]) {
    let file = |(path, text): &(&str, &str)| (path.to_string(), text.to_string());
    for violation in planted {
        assert!(!rule(&[file(violation)]).is_empty(), "not noticed: {violation:?}");
    }
    for clean in innocent {
        assert_eq!(rule(&[file(clean)]), Vec::<String>::new(), "{clean:?}");
    }
}

#[test]
fn modules_import_only_from_those_before_them() {
    holds(rules::layers);
}

#[test]
fn a_layer_turned_round_is_noticed() {
    finds(
        rules::layers,
        &[
            ("src/judge/x.rs", "use crate::lab::Node;"),
            ("src/judge/x.rs", "use crate::{\n    journal::Event,\n    report::{Report, human},\n};"),
            ("src/pg/lsn.rs", "fn f() -> crate::drill::Name { todo!() }"),
            ("src/engine/run.rs", "use crate as lifeboat; use crate::cli;"),
            ("src/report/view/loss.rs", "use super::super::super::engine::Run;"),
            ("src/judge/mod.rs", "use super::report::Report;"),
            ("src/action/x.rs", "#[cfg(test)]\nmod tests {\n    use crate::engine::Run;\n}"),
            ("src/unheard_of/x.rs", "pub struct X;"),
        ],
        &[
            (
                "src/judge/x.rs",
                "// use crate::lab::Node;\n/* crate::cli::x */ const A: &str = \"crate::cli::x\"; use \
                 crate::judge::y;",
            ),
            ("src/cli/x.rs", "use crate::{engine::Run, lab::{Node, local}, pg::Lsn};"),
            ("src/cli/run.rs", "use super::{report, select};"),
            (
                "src/report/x.rs",
                "pub(crate) fn f<'a>(c: char) -> bool { c == '\"' || c == '\\'' } use crate::judge::X;",
            ),
        ],
    );
}

#[test]
fn engine_and_actions_know_no_judge_no_report_and_no_drill_file() {
    holds(joints::strangers);
}

#[test]
fn a_stranger_in_a_module_is_noticed() {
    finds(
        joints::strangers,
        &[
            ("src/engine/store.rs", "use crate::{judge::judge_run, journal::Event};"),
            ("src/action/x.rs", "fn f() -> crate::judge::Verdict { todo!() }"),
            ("src/engine/run.rs", "use crate::syntax;"),
            ("src/engine/run.rs", "use super::super::report::Report;"),
            ("src/report/x.rs", "use crate::lab::Node;"),
        ],
        &[
            ("src/engine/exercise/tests.rs", "use crate::{judge::judge_run, syntax};"),
            ("src/engine/x.rs", "use crate::lab;\n#[cfg(test)]\nmod tests { use crate::judge::Verdict; }"),
            ("src/cli/report.rs", "use crate::judge::Verdict;"),
            ("src/engine/x.rs", "use super::report; fn f(judge: u8) { judge; }"),
        ],
    );
}

#[test]
fn nobody_compares_with_one_variant_of_what_grows() {
    holds(joints::lone_variants);
}

#[test]
fn a_comparison_with_one_variant_is_noticed() {
    finds(
        joints::lone_variants,
        &[
            ("src/judge/x.rs", "fn f() -> bool { backup.method == BackupMethod::Dump }"),
            ("src/action/x.rs", "if method != crate::drill::ArchiveMethod::Command {}"),
            ("src/action/x.rs", "if *check == Check::Ledger {}"),
            ("src/judge/x.rs", "matches!(fault, Fault::Freeze { node } if f(node))"),
            ("src/cli/x.rs", "matches!(step.verb, Verb::Fault(Fault::Freeze { .. }))"),
        ],
        &[
            ("src/drill/x.rs", "matches!(fault, Fault::Freeze { .. })"),
            ("src/judge/x.rs", "match fault { Fault::Freeze { .. } => 1, Fault::KillNode { .. } => 2 }"),
            ("src/judge/x.rs", "let fault = Fault::Freeze { node };"),
            ("src/judge/x.rs", "#[cfg(test)]\nmod tests { fn f() { assert!(x == Check::Ledger) } }"),
            ("src/judge/x.rs", "if a == Other::Check { Check::Ledger }"),
        ],
    );
}

#[test]
fn pure_modules_touch_nothing_of_the_world() {
    holds(rules::purity);
}

#[test]
fn a_pure_module_that_reads_the_clock_or_a_file_is_noticed() {
    finds(
        rules::purity,
        &[
            ("src/judge/x.rs", "use std::{collections::BTreeMap, fs};"),
            ("src/judge/x.rs", "fn f() { std::process::exit(1) }"),
            ("src/report/x.rs", "use std::time::{Duration, Instant};"),
            ("src/pg/x.rs", "use std::time; fn f() { time::SystemTime::now(); }"),
            ("src/journal/x.rs", "use jiff::Timestamp; fn f() { Timestamp::now(); }"),
            ("src/syntax/x.rs", "async fn f() { tokio::task::yield_now().await }"),
            ("src/drill/x.rs", "use tokio_postgres as pg;"),
        ],
        &[
            ("src/judge/x.rs", "use std::time::Duration;\n#[cfg(test)]\nmod tests { use std::fs; }"),
            ("src/syntax/tests.rs", "use std::fs;"),
            ("src/lab/x.rs", "use std::{fs, time::Instant};"),
        ],
    );
}

#[test]
fn each_foreign_crate_has_one_owner() {
    holds(rules::owners);
}

#[test]
fn a_foreign_crate_outside_its_owner_is_noticed() {
    finds(
        rules::owners,
        &[
            ("src/engine/x.rs", "use bollard::Docker;"),
            ("src/lab/node.rs", "fn f(e: tokio_postgres::Error) {}"),
            ("src/report/markdown/mod.rs", "use comfy_table::Table;"),
            ("src/action/x.rs", "use nix::unistd::Pid;"),
            ("src/engine/run.rs", "use { clap::Parser, std::fs };"),
            ("src/judge/x.rs", "use ::toml::Value;"),
        ],
        &[
            ("src/lab/docker/x.rs", "use bollard::Docker;"),
            ("src/lab/session.rs", "use tokio_postgres::Client;"),
            ("src/cli/select.rs", "fn f() { strsim::jaro_winkler(a, b); }"),
            ("src/engine/reaper.rs", "use nix::unistd::setsid;"),
            ("src/engine/x.rs", "use crate::toml::x; // bollard::Docker"),
        ],
    );
}

#[test]
fn files_are_short() {
    holds(rules::sizes);
}

#[test]
fn a_long_file_and_a_long_median_are_noticed() {
    let long = "let x = 1;\n".repeat(401);
    let excused =
        format!("//! All cases.\n//!\n//! Over 400 lines: one table that is read as a whole.\n{long}");
    let middling = "let x = 1;\n".repeat(121);
    finds(
        rules::sizes,
        &[("src/a.rs", &long), ("src/a.rs", &middling)],
        &[("drills/a.toml", &long), ("src/b.rs", "")],
    );
    let findings = rules::sizes(&[("src/a.rs".into(), excused), ("src/b.rs".into(), String::new())]);
    assert_eq!(findings, Vec::<String>::new());
}

#[test]
fn sections_about_errors_say_when_there_is_one() {
    holds(rules::errors);
    finds(
        rules::errors,
        &[
            ("src/a.rs", "    /// # Errors\n    /// The first refusal.\n"),
            ("src/a.rs", "/// # Errors\n///\n"),
        ],
        &[
            ("src/a.rs", "/// # Errors\n/// Returns an error if it is gone.\n"),
            ("tests/a.rs", "/// # Errors\n"),
        ],
    );
}

#[test]
fn lines_are_short() {
    holds(rules::columns);
    let [long, good] = [111, 110].map(|columns| format!("// {}\n", "é".repeat(columns - 3)));
    finds(
        rules::columns,
        &[("src/a.rs", &long), ("tests/a/b.rs", &long), ("benches/a.rs", &long)],
        &[("src/a.rs", &good), ("drills/a.toml", &long)],
    );
}

#[test]
fn every_shipped_drill_begins_with_a_comment() {
    holds(rules::drills);
    finds(
        rules::drills,
        &[("drills/a/b.toml", "title = \"x\"\n"), ("drills/c.toml", "#\n")],
        &[("drills/c.toml", "# Why.\n")],
    );
}

#[test]
fn every_silenced_lint_has_a_reason() {
    holds(rules::reasons);
    finds(
        rules::reasons,
        &[
            ("src/a.rs", "#[allow(dead_code)]\nfn f() {}"),
            ("tests/a.rs", "#![expect(clippy::panic)]"),
            ("src/a.rs", "#![cfg_attr(test, allow(clippy::panic))]"),
        ],
        &[
            (
                "src/a.rs",
                "#[allow(dead_code, reason = \"it is written down\")]\nfn allow(x: u8) { expect(x) }",
            ),
            ("src/a.rs", "#![cfg_attr(\n    test,\n    allow(clippy::panic, reason = \"a test\")\n)]"),
        ],
    );
}

#[test]
fn nothing_mentions_the_place_where_it_was_made() {
    holds(rules::workplaces);
    let workplace = format!("/{}/{}", "work", "x");
    finds(
        rules::workplaces,
        &[("README.md", &workplace)],
        &[("README.md", "<work>/runs, --work-dir /var/lib/lifeboat/work")],
    );
}
