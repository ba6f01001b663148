//! Tells a release build the commit that it is made from: `LIFEBOAT_COMMIT` where the builder says it, else git's word.
//!
//! Other builds don't ask, so that a commit alone makes nothing to compile.

use std::process::Command;

/// What is compiled in: where one of these is changed, the build is no longer of the commit alone.
const SOURCES: [&str; 5] = ["src", "drills", "fixtures", "Cargo.toml", "Cargo.lock"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=LIFEBOAT_COMMIT");
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if !is_release || std::env::var_os("LIFEBOAT_COMMIT").is_some() {
        return;
    }
    let Some(commit) = git(&["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]) else {
        return;
    };
    println!("cargo::rustc-env=LIFEBOAT_COMMIT={commit}");
    let places = ["HEAD", "logs/HEAD"].iter().filter_map(|name| git(&["rev-parse", "--git-path", name]));
    for path in SOURCES.iter().map(|path| (*path).to_owned()).chain(places) {
        println!("cargo::rerun-if-changed={path}");
    }
}

/// What git says, where it is there and this is a working tree of its own: a copy of the sources within another repository
/// is not of that repository's commit.
fn git(arguments: &[&str]) -> Option<String> {
    if !std::path::Path::new(".git").exists() {
        return None;
    }
    let output =
        Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    let said = String::from_utf8(output.stdout).ok()?;
    Some(said.trim().to_owned()).filter(|said| !said.is_empty())
}
