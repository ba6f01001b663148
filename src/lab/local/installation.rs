//! Finding installed PostgreSQL binaries.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    journal::Software,
    lab::{Installation, TOOLS},
    pg::{Major, Version},
};

/// Names directories with PostgreSQL's programs, parted by colons.
const VARIABLE: &str = "LIFEBOAT_PG_BIN";

/// Every installation on this machine with `postgres` and `initdb`, the newest release of each major version, by version.
///
/// Looked for in `LIFEBOAT_PG_BIN` (directories parted by colons), `pg_config --bindir`, PATH, and the folders of Debian,
/// Red Hat and Homebrew.
#[must_use]
pub fn find() -> BTreeMap<Major, Installation> {
    let mut found: BTreeMap<Major, Installation> = BTreeMap::new();
    let tools: BTreeSet<String> = tools_in_path();
    for bin in candidates() {
        let Some(version) = version_in(&bin) else { continue };
        let place = bin.to_string_lossy().into_owned();
        let installation = Installation {
            version,
            identity: format!("{version} {place}"),
            software: Software { programs: Some(place.clone()), ..Software::default() },
            bin: place,
            listen: "127.0.0.1",
            clients: "127.0.0.1/32",
            tools: tools.clone(),
        };
        let slot = found.entry(version.major).or_insert_with(|| installation.clone());
        if slot.version < version {
            *slot = installation;
        }
    }
    found
}

/// Directories that `LIFEBOAT_PG_BIN` names and that hold no PostgreSQL which could be used.
#[must_use]
pub fn named_in_vain() -> Vec<PathBuf> {
    listed(VARIABLE)
        .into_iter()
        .filter(|bin| version_in(bin).is_none() || !bin.join("initdb").exists())
        .collect()
}

/// How to get PostgreSQL, of a version where one is meant.
#[must_use]
pub fn how_to_get(major: Option<Major>) -> String {
    let package = major.map_or_else(|| "postgresql".to_owned(), |major| format!("postgresql-{major}"));
    format!("get it: apt-get install {package}, or set {VARIABLE} to the directory of its programs")
}

/// The directories in a variable such as PATH.
fn listed(variable: &str) -> Vec<PathBuf> {
    env::var_os(variable).map(|value| env::split_paths(&value).collect()).unwrap_or_default()
}

fn candidates() -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = Vec::new();
    all.extend(listed(VARIABLE));
    if let Ok(output) = Command::new("pg_config").arg("--bindir").stdin(Stdio::null()).output()
        && output.status.success()
    {
        all.push(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    all.extend(listed("PATH"));
    let families = [
        ("/usr/lib/postgresql", "", "bin"),
        ("/usr", "pgsql-", "bin"),
        ("/usr/local/opt", "postgresql@", "bin"),
        ("/opt/homebrew/opt", "postgresql@", "bin"),
    ];
    for (folder, prefix, leaf) in families {
        let Ok(entries) = fs::read_dir(folder) else { continue };
        let mut inside: Vec<PathBuf> = entries
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
            .map(|entry| entry.path().join(leaf))
            .collect();
        inside.sort();
        all.extend(inside);
    }
    let mut seen = BTreeSet::new();
    // A link such as /usr/local/bin/postgres leads to the directory that has the other programs, too.
    all.into_iter()
        .filter_map(|bin| fs::canonicalize(bin.join("postgres")).ok())
        .filter_map(|postgres| postgres.parent().map(Path::to_path_buf))
        .filter(|bin| bin.join("initdb").exists() && seen.insert(bin.clone()))
        .collect()
}

fn version_in(bin: &Path) -> Option<Version> {
    let output = Command::new(bin.join("postgres")).arg("--version").stdin(Stdio::null()).output().ok()?;
    let version = Version::from_banner(&String::from_utf8_lossy(&output.stdout)).ok()?;
    (version.major >= Major::OLDEST).then_some(version)
}

/// Which of [`TOOLS`] are on PATH.
fn tools_in_path() -> BTreeSet<String> {
    let folders = listed("PATH");
    TOOLS
        .into_iter()
        .filter(|name| folders.iter().any(|folder| folder.join(name).exists()))
        .map(str::to_owned)
        .collect()
}
