//! The name of a drill, which is where its file stands.

use std::path::{Component, Path};

use super::visible::{escaped, quoted};
use crate::drill::DrillName;

/// A path that can't be that of a drill file.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{path} is not a drill file: {why}")]
pub struct NotADrillFile {
    /// The path, free of control characters.
    pub path: String,
    /// What is wrong with it, and how to mend it.
    pub why: String,
}

/// The name of the drill in the file at `path`: its path below the last folder called `drills`, without
/// `.toml`; the file's own name where no folder is called so.
///
/// # Errors
/// Returns an error if the file does not end in `.toml`, or where a part of its name is not made of
/// lower-case letters, digits and dashes.
pub fn name_of(path: &Path) -> Result<DrillName, NotADrillFile> {
    let no = |why: String| NotADrillFile { path: escaped(&path.to_string_lossy()), why };
    if path.extension().is_none_or(|ending| ending != "toml") {
        return Err(no("its name must end in .toml".into()));
    }
    let stem = path.with_extension("");
    let mut parts = Vec::new();
    for component in stem.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => parts.clear(),
        }
    }
    // The file's own name is no folder.
    let folders = parts.len().saturating_sub(1);
    let below = match parts.iter().take(folders).rposition(|part| part == "drills") {
        Some(root) => root + 1,
        None => folders,
    };
    let name = parts.split_off(below).join("/");
    match name.parse::<DrillName>() {
        Ok(name) => Ok(name),
        Err(error) => Err(no(format!("{} is not a valid drill name; {}", quoted(&name), error.rule))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drill_is_named_by_its_place() {
        let name =
            |path: &str| name_of(Path::new(path)).map(|name| name.to_string()).map_err(|no| no.to_string());
        for path in [
            "drills/loss/pitr-latest.toml",
            "/srv/x/drills/loss/pitr-latest.toml",
            "./drills/./loss/pitr-latest.toml",
        ] {
            assert_eq!(name(path), Ok("loss/pitr-latest".to_owned()), "{path}");
        }
        assert_eq!(name("mine.toml"), Ok("mine".to_owned()));
        assert_eq!(name("../My Files/mine.toml"), Ok("mine".to_owned()));
        assert_eq!(
            name("drills/x.yaml"),
            Err("drills/x.yaml is not a drill file: its name must end in .toml".to_owned())
        );
        insta::assert_snapshot!(name("drills/Loss/x\u{1b}y.toml").unwrap_err());
    }
}
