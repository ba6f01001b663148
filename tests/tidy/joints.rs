//! The rules for what grows: who may never know whom, and who alone may know a single variant.

use super::{
    File,
    paths::{paths, tokens},
    rules::{product, rust, top_module},
};

/// A module, and one that its product code never names although it comes later in the order of layers.
const NEVER: [(&str, &str); 12] = [
    ("engine", "judge"),
    ("engine", "report"),
    ("engine", "syntax"),
    ("action", "judge"),
    ("action", "report"),
    ("action", "syntax"),
    ("lab", "judge"),
    ("lab", "report"),
    ("report", "lab"),
    ("source", "judge"),
    ("source", "report"),
    ("source", "syntax"),
];

/// Enums that grow. What a variant means stands in its table in `src/drill/`; a comparison with one of them
/// elsewhere compiles silently, and wrongly, when the next is added.
const GROWING: [&str; 4] = ["ArchiveMethod", "BackupMethod", "Check", "Fault"];

/// Where comparisons with one variant stand: the tables, and what reads a drill file word by word.
const TABLES: [&str; 2] = ["src/drill/", "src/syntax/"];

/// The engine and the actions know no judge, no report and no drill file, and a report no lab.
pub(crate) fn strangers(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in rust(files, &["src/"]).filter(|(path, _)| !is_test(path)) {
        for (module, stranger) in NEVER {
            if !path.starts_with(&format!("src/{module}/")) {
                continue;
            }
            let named = paths(product(text))
                .into_iter()
                .filter(|found| top_module(path, found).is_some_and(|top| top == stranger));
            findings.extend(
                named.map(|found| format!("{path}: {module} never names {stranger} ({})", found.join("::"))),
            );
        }
    }
    findings
}

/// Nobody compares with one variant of what grows, outside its table.
pub(crate) fn lone_variants(files: &[File]) -> Vec<String> {
    comparisons(files)
        .into_iter()
        .map(|(path, growing)| {
            format!(
                "{path}: a comparison with one {growing}; ask its table in src/drill/ or match all by name"
            )
        })
        .collect()
}

/// Files with a comparison with one variant of what grows: `== X::A`, `!= X::A`, `matches!(…, X::A)`.
fn comparisons(files: &[File]) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    for (path, text) in rust(files, &["src/"]) {
        let exempt = TABLES.iter().any(|table| path.starts_with(table)) || path.contains("/testing/");
        if exempt || is_test(path) {
            continue;
        }
        let tokens = tokens(product(text));
        for growing in GROWING {
            let is_compared = tokens.windows(2).enumerate().any(|(at, pair)| {
                pair == [growing, "::"] && (after_an_equals_sign(&tokens, at) || in_a_matches(&tokens, at))
            });
            if is_compared {
                found.push((path.clone(), growing));
            }
        }
    }
    found
}

/// Whether a comparison stands before the path that this token is part of.
fn after_an_equals_sign(tokens: &[String], at: usize) -> bool {
    let before: Vec<&str> = tokens
        .iter()
        .take(at)
        .rev()
        .skip_while(|token| matches!(token.as_str(), "::" | "drill" | "crate" | "*" | "&"))
        .take(2)
        .map(String::as_str)
        .collect();
    matches!(before.as_slice(), ["=", "=" | "!"])
}

/// Whether this token stands in the parentheses of a `matches!`.
fn in_a_matches(tokens: &[String], at: usize) -> bool {
    let mut depth = 0_usize;
    for (i, token) in tokens.iter().enumerate().take(at).rev() {
        match token.as_str() {
            ")" => depth += 1,
            "(" if depth > 0 => depth -= 1,
            "(" => {
                let before = |n: usize| i.checked_sub(n).and_then(|at| tokens.get(at)).map(String::as_str);
                if (before(1), before(2)) == (Some("!"), Some("matches")) {
                    return true;
                }
            }
            // A pattern may have braces; a statement ends the search.
            ";" if depth == 0 => return false,
            _ => {}
        }
    }
    false
}

fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/") || path.ends_with("/testing.rs")
}
