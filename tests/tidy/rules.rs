//! The rules: functions from files to findings.

use super::{
    File,
    paths::{paths, tokens},
};

/// The modules, each of which imports only from those before it.
const LAYERS: [&str; 12] = [
    "human", "pg", "drill", "syntax", "journal", "judge", "report", "lab", "source", "action", "engine",
    "cli",
];

/// How many of them are pure.
const PURE: usize = 7;

/// Foreign crates and the files, or folders, that may name them.
const OWNERS: [(&str, &[&str]); 28] = [
    ("toml", &["src/syntax/"]),
    ("miette", &["src/syntax/"]),
    ("strsim", &["src/syntax/", "src/cli/select.rs"]),
    ("junit_report", &["src/report/junit.rs"]),
    ("quick_xml", &["src/report/junit/"]),
    ("comfy_table", &["src/report/terminal.rs"]),
    ("bollard", &["src/lab/docker/"]),
    ("tokio_postgres", &["src/lab/session.rs"]),
    ("clap", &["src/cli/"]),
    ("clap_complete", &["src/cli/"]),
    ("clap_mangen", &["src/cli/"]),
    ("indicatif", &["src/cli/"]),
    ("terminal_size", &["src/cli/"]),
    ("nix", &["src/lab/local/", "src/cli/", "src/engine/reaper.rs", "src/source/"]),
    ("aes", &["src/source/decode/"]),
    ("age", &["src/source/decode/", "src/source/tests/"]),
    ("bzip2", &["src/source/decode/", "src/source/tests/"]),
    ("cbc", &["src/source/decode/"]),
    ("flate2", &["src/source/decode/", "src/source/tests/"]),
    ("liblzma", &["src/source/decode/", "src/source/tests/"]),
    ("lz4_flex", &["src/source/decode/", "src/source/tests/"]),
    ("md5", &["src/source/decode/"]),
    ("object_store", &["src/source/store/"]),
    ("pbkdf2", &["src/source/decode/"]),
    ("reqwest", &[]),
    ("sha2", &["src/source/decode/"]),
    ("zeroize", &["src/source/"]),
    ("zstd", &["src/source/decode/", "src/source/tests/"]),
];

/// A file may have so many lines without saying why it has more.
const LINES: usize = 400;

/// The median of all source files is at most this.
const MEDIAN: usize = 120;

/// A line has so many columns at most, as rustfmt has it for code: what is longer is not read, or hides a
/// nesting.
const COLUMNS: usize = 110;

/// A file without the tests at its end.
pub(crate) fn product(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default()
}

pub(crate) fn rust<'a>(files: &'a [File], folders: &'a [&'a str]) -> impl Iterator<Item = &'a File> {
    files.iter().filter(move |(path, _)| {
        path.ends_with(".rs") && folders.iter().any(|folder| path.starts_with(folder))
    })
}

/// The layer of a file, by its number; `Err` where it is in no known module.
fn layer(path: &str) -> Option<Result<usize, &str>> {
    let inside = path.strip_prefix("src/")?;
    let module = inside.split(['/', '.']).next()?;
    if matches!(inside, "lib.rs" | "main.rs") {
        return None;
    }
    Some(LAYERS.iter().position(|layer| *layer == module).ok_or(module))
}

/// How deep below the crate's root the module of a file is.
fn depth(path: &str) -> usize {
    let parts = path.trim_start_matches("src/").split('/').count();
    if path.ends_with("/mod.rs") { parts - 1 } else { parts }
}

/// The top module of this crate that a path within a file names; `None` where it names something nearer, or
/// foreign.
pub(crate) fn top_module<'a>(file: &str, path: &'a [String]) -> Option<&'a String> {
    let ups = path.iter().take_while(|part| *part == "super").count();
    match path.first().map(String::as_str) {
        Some("crate") => path.get(1),
        Some("super") if ups >= depth(file) => path.get(ups),
        _ => None,
    }
}

/// A module imports only from those before it.
pub(crate) fn layers(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in rust(files, &["src/"]) {
        let own = match layer(path) {
            Some(Ok(own)) => own,
            Some(Err(module)) => {
                findings.push(format!("{path}: the module {module} is in no layer"));
                continue;
            }
            None => continue,
        };
        for found in paths(text) {
            let wanted =
                top_module(path, &found).and_then(|name| LAYERS.iter().position(|layer| layer == name));
            if wanted.is_some_and(|wanted| wanted > own) {
                findings.push(format!("{path}: {} is a later layer", found.join("::")));
            }
        }
    }
    findings
}

/// Pure modules know no files, processes, sockets or clocks; their tests may read fixtures.
pub(crate) fn purity(files: &[File]) -> Vec<String> {
    let pure = |path: &str| matches!(layer(path), Some(Ok(layer)) if layer < PURE);
    let only_tests = |path: &str| path.ends_with("/tests.rs") || path.contains("/tests/");
    let mut findings = Vec::new();
    for (path, text) in rust(files, &["src/"]).filter(|(path, _)| pure(path) && !only_tests(path)) {
        for found in paths(product(text)) {
            let names: Vec<&str> = found.iter().map(String::as_str).collect();
            let impure = matches!(
                names.as_slice(),
                ["tokio" | "tokio_util" | "tokio_postgres" | "bollard" | "nix" | "futures_util", ..]
                    | ["std", "fs" | "process" | "net" | "env" | "thread", ..]
                    | [.., "Timestamp" | "Zoned", "now"]
                    | ["Instant" | "SystemTime", _, ..]
                    | [_, .., "Instant" | "SystemTime"]
                    | [_, .., "Instant" | "SystemTime", _]
            );
            if impure {
                findings.push(format!("{path}: {} has no place in a pure module", found.join("::")));
            }
        }
    }
    findings
}

/// Each of the foreign crates is named by its owner alone.
pub(crate) fn owners(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in rust(files, &["src/"]) {
        for found in paths(text) {
            let Some((name, owners)) =
                OWNERS.iter().find(|(name, _)| found.first().is_some_and(|first| first == name))
            else {
                continue;
            };
            // A word alone is a variable or a field, but where it is imported under its own name, which
            // nobody needs.
            if found.len() > 1 && !owners.iter().any(|owner| path.starts_with(owner)) {
                findings.push(format!("{path}: {} belongs to {}", found.join("::"), owners.join(" and ")));
            } else if found.len() == 1
                && imported(text, name)
                && !owners.iter().any(|owner| path.starts_with(owner))
            {
                findings.push(format!("{path}: {name} belongs to {}", owners.join(" and ")));
            }
        }
    }
    findings
}

fn imported(text: &str, name: &str) -> bool {
    tokens(text).windows(2).any(|pair| pair == ["use", name] || pair == ["crate", name])
}

/// The section about errors of a doc comment says when there is one, in the same words everywhere.
pub(crate) fn errors(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in rust(files, &["src/"]) {
        let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
        let heads = lines.windows(2).zip(2..).filter(|(pair, _)| pair.first() == Some(&"/// # Errors"));
        let says =
            |pair: &[&str]| pair.last().is_some_and(|line| line.starts_with("/// Returns an error if "));
        let other = heads.filter(|(pair, _)| !says(pair));
        findings.extend(other.map(|(_, line)| format!("{path}:{line}: not `Returns an error if …`")));
    }
    findings
}

/// Lines are short, those of comments and texts too.
pub(crate) fn columns(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in rust(files, &["src/", "tests/", "benches/"]) {
        let lines = text.lines().map(|line| line.chars().count()).zip(1..);
        let long = lines.filter(|(columns, _)| *columns > COLUMNS);
        findings.extend(long.map(|(columns, line)| format!("{path}:{line}: {columns} columns")));
    }
    findings
}

/// Files are short, or say in their first comment why they are not; and most are much shorter.
pub(crate) fn sizes(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    let mut lengths = Vec::new();
    for (path, text) in rust(files, &["src/", "tests/", "benches/"]) {
        let lines = text.lines().count();
        if path.starts_with("src/") {
            lengths.push(lines);
        }
        let comment: Vec<&str> = text.lines().take_while(|line| line.starts_with("//")).collect();
        if lines > LINES && !comment.join(" ").contains("ver 400 lines:") {
            findings.push(format!(
                "{path}: {lines} lines, and no reason (`Over 400 lines: …`) in the first comment"
            ));
        }
    }
    lengths.sort_unstable();
    let median = lengths.get(lengths.len().saturating_sub(1) / 2).copied().unwrap_or_default();
    if median > MEDIAN {
        findings.push(format!("the median file has {median} lines"));
    }
    findings
}

/// A shipped drill begins with a comment that says something.
pub(crate) fn drills(files: &[File]) -> Vec<String> {
    let is_drill = |path: &str| path.starts_with("drills/") && path.ends_with(".toml");
    let says = |text: &str| {
        text.lines()
            .next()
            .and_then(|line| line.strip_prefix('#'))
            .is_some_and(|rest| !rest.trim().is_empty())
    };
    files
        .iter()
        .filter(|(path, text)| is_drill(path) && !says(text))
        .map(|(path, _)| format!("{path}: no comment at its top"))
        .collect()
}

/// A lint that is silenced has a reason.
pub(crate) fn reasons(files: &[File]) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in rust(files, &["src/", "tests/", "benches/"]) {
        let tokens = tokens(text);
        let mut attribute = 0_usize;
        for (i, token) in tokens.iter().enumerate() {
            let after = |n: usize| tokens.get(i + n).map_or("", String::as_str);
            let before = |n: usize| i.checked_sub(n).and_then(|at| tokens.get(at)).map_or("", String::as_str);
            let opens = before(1) == "#" || (before(1) == "!" && before(2) == "#");
            match token.as_str() {
                "[" if opens || attribute > 0 => attribute += 1,
                "]" => attribute = attribute.saturating_sub(1),
                "allow" | "expect" if attribute > 0 && after(1) == "(" => {
                    let inside = tokens.iter().skip(i + 2).take_while(|token| *token != ")");
                    if !inside.into_iter().any(|token| token == "reason") {
                        findings.push(format!("{path}: {token}({}…) without a reason", after(2)));
                    }
                }
                _ => {}
            }
        }
    }
    findings
}

/// No file names a directory of the machine on which it was written.
pub(crate) fn workplaces(files: &[File]) -> Vec<String> {
    let workplace = format!("/{}/", "work");
    let names_it = |line: &&str| {
        line.match_indices(&workplace).any(|(at, _)| {
            !line.get(..at).is_some_and(|before| {
                before.ends_with(|c: char| c.is_alphanumeric() || "<>}_.~-".contains(c))
            })
        })
    };
    files
        .iter()
        .flat_map(|(path, text)| text.lines().filter(names_it).map(move |line| format!("{path}: {line}")))
        .collect()
}
