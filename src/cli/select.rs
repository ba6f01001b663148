//! Finding the drills that the command line means.

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use include_dir::{Dir, include_dir};

use super::{arguments::Select, exit::Exit, terminal};
use crate::{
    action::dataset::inputs,
    drill::{Drill, DrillName},
    journal::{DrillFile, Exercise},
    pg::Major,
    syntax::{self, Diagnostics},
};

static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/drills");

/// The folder of the user's own drills, in the directory where lifeboat is called.
const OWN: &str = "drills";

/// A drill file's text.
struct Source {
    name: DrillName,
    /// What messages call it.
    file: String,
    /// Which file it is, however it was named; `None` for a shipped one.
    path: Option<PathBuf>,
    text: String,
}

impl Source {
    fn is(&self, other: &Self) -> bool {
        (&self.path, &self.name) == (&other.path, &other.name)
    }

    /// The folder of the drill's exercise on some version.
    fn folder(&self) -> String {
        Exercise { drill: self.name.clone(), postgres: Major::NEWEST }.folder()
    }

    /// Why two drills can't be told apart, and how to mend it.
    fn beside(&self, other: &Self) -> String {
        let (this, that) = (self.acknowledged(), other.acknowledged());
        if self.name == other.name {
            format!(
                "{that} and {this} are both called {}: rename one of the files, or run one at a time",
                self.name
            )
        } else {
            format!(
                "{that} and {this} would share a folder in the reports, where `/` becomes `-`: rename one of \
                 the files, or run one at a time"
            )
        }
    }

    fn acknowledged(&self) -> String {
        if self.path.is_some() { self.file.clone() } else { format!("the shipped drill {}", self.name) }
    }
}

/// A drill that was selected, with the file that it was read from.
pub(super) struct Selected {
    pub(super) drill: Drill,
    pub(super) file: DrillFile,
}

/// The drills that were selected, without their files.
///
/// # Errors
/// Returns an error if [`selected`] does.
pub(super) fn drills(select: &Select) -> Result<Vec<Drill>, Exit> {
    Ok(selected(select)?.into_iter().map(|selected| selected.drill).collect())
}

/// The drills that were selected, by name and without repetition; every diagnostic in every file is said at
/// once.
///
/// # Errors
/// Returns an error if a name, a path or a file is wrong ([`Exit::Usage`]), or nothing is left
/// ([`Exit::Nothing`]); both after saying so.
pub(super) fn selected(select: &Select) -> Result<Vec<Selected>, Exit> {
    let mut problems = Vec::new();
    let sources = sources(select, &mut problems);
    let mut drills: Vec<Selected> = Vec::new();
    let mut cautions = Vec::new();
    for source in sources {
        match syntax::parse_with_cautions(&source.name, &source.file, &source.text) {
            Ok((mut drill, caution)) => {
                cautions.extend(caution.map(|caution| (drill.name.clone(), drawn(&caution))));
                drill.folder = source.path.as_deref().and_then(Path::parent).map(Path::to_path_buf);
                match inputs::complete(drill) {
                    Ok(drill) => {
                        let path = source.path.map(|path| path.to_string_lossy().into_owned());
                        let path = path.unwrap_or_else(|| format!("drills/{}.toml (shipped)", source.name));
                        drills.push(Selected { drill, file: DrillFile { path, text: source.text } });
                    }
                    Err(found) => {
                        problems.extend(found.iter().map(|problem| format!("{}: {problem}", source.file)));
                    }
                }
            }
            Err(diagnostics) => problems.push(drawn(&diagnostics)),
        }
    }
    if !problems.is_empty() {
        for problem in &problems {
            terminal::say(problem.trim_end());
        }
        terminal::error(&format!("{} invalid; nothing was run", counted(problems.len())));
        return Err(Exit::Usage);
    }
    if !select.tags.is_empty() {
        let known: Vec<_> = drills.iter().flat_map(|selected| selected.drill.tags.clone()).collect();
        drills.retain(|selected| selected.drill.tags.iter().any(|tag| select.tags.contains(tag)));
        if drills.is_empty() {
            let mut known = known;
            known.sort();
            known.dedup();
            terminal::error(&format!(
                "no drill has the tag {}; tags are: {}",
                select.tags.join(" or "),
                known.join(", ")
            ));
        }
    }
    for (_, caution) in
        cautions.iter().filter(|(name, _)| drills.iter().any(|drill| drill.drill.name == *name))
    {
        terminal::say(caution.trim_end());
    }
    if drills.is_empty() { Err(Exit::Nothing) } else { Ok(drills) }
}

/// The programs that shipped drills use.
pub(super) fn tools_of_shipped_drills() -> BTreeSet<&'static str> {
    let drills = shipped(&SHIPPED)
        .into_iter()
        .filter_map(|source| syntax::parse(&source.name, &source.file, &source.text).ok());
    drills.flat_map(|drill| drill.programs()).map(|program| program.name).collect()
}

/// The names of all drills that a run without names takes, of shipped ones and of the user's.
pub(super) fn names() -> BTreeSet<DrillName> {
    let own = own().unwrap_or_default();
    shipped(&SHIPPED).into_iter().chain(own).map(|source| source.name).collect()
}

pub(super) fn drawn(diagnostics: &Diagnostics) -> String {
    diagnostics.graphical(terminal::colour_on_stderr(), terminal::width().into())
}

fn counted(count: usize) -> String {
    if count == 1 {
        "1 drill file or name is".to_owned()
    } else {
        format!("{count} drill files or names are")
    }
}

/// The sources by name. Two drills of one folder are a problem: they would write over each other.
fn sources(select: &Select, problems: &mut Vec<String>) -> Vec<Source> {
    let mut found = Vec::new();
    if select.drills.is_empty() {
        match own() {
            Ok(own) => {
                // Who has a drill under the name of a shipped one means that one.
                let is_own = |source: &Source| own.iter().any(|own| own.name == source.name);
                found.extend(shipped(&SHIPPED).into_iter().filter(|source| !is_own(source)));
                found.extend(own);
            }
            Err(problem) => problems.push(problem),
        }
    }
    for wanted in &select.drills {
        match wanted_sources(wanted) {
            Ok(sources) => found.extend(sources),
            Err(problem) => problems.push(problem),
        }
    }
    let mut sources = BTreeMap::new();
    for source in found {
        match sources.entry(source.folder()) {
            Entry::Vacant(place) => drop(place.insert(source)),
            Entry::Occupied(there) if source.is(there.get()) => {}
            Entry::Occupied(there) => problems.push(source.beside(there.get())),
        }
    }
    let mut sources: Vec<Source> = sources.into_values().collect();
    // The shipped ones first.
    sources.sort_by(|a, b| (a.path.is_some(), &a.name).cmp(&(b.path.is_some(), &b.name)));
    sources
}

/// What an argument stands for.
fn wanted_sources(wanted: &str) -> Result<Vec<Source>, String> {
    let path = Path::new(wanted);
    let below = Path::new(OWN).join(format!("{wanted}.toml"));
    let named: Vec<_> = shipped(&SHIPPED)
        .into_iter()
        .filter(|source| {
            let name = source.name.as_str();
            name == wanted
                || name.strip_prefix(wanted.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'))
        })
        .collect();
    match named.first() {
        _ if path.is_file() => file(path).map(|source| vec![source]),
        Some(first) if holds_drills(path) => Err(format!(
            "{wanted:?} is a folder here and names shipped drills as well: write ./{wanted} for the folder \
             here, or single names such \
             as {} for the shipped ones",
            first.name
        )),
        Some(_) => Ok(named),
        None if path.is_dir() => folder(path),
        None if below.is_file() => file(&below).map(|source| vec![source]),
        None if holds_drills(&Path::new(OWN).join(wanted)) => folder(&Path::new(OWN).join(wanted)),
        None => Err(unknown(wanted)),
    }
}

/// The drills of the user's, where `lifeboat new` writes them.
fn own() -> Result<Vec<Source>, String> {
    if holds_drills(Path::new(OWN)) { folder(Path::new(OWN)) } else { Ok(Vec::new()) }
}

fn holds_drills(folder: &Path) -> bool {
    let mut files = Vec::new();
    folder.is_dir() && collect(folder, &mut files).is_ok() && !files.is_empty()
}

fn unknown(wanted: &str) -> String {
    let names: Vec<String> = shipped(&SHIPPED).into_iter().map(|source| source.name.to_string()).collect();
    let near = names
        .iter()
        .max_by(|a, b| strsim::jaro_winkler(a, wanted).total_cmp(&strsim::jaro_winkler(b, wanted)));
    let near = near
        .filter(|name| strsim::jaro_winkler(name, wanted) > 0.75)
        .map(|name| format!("; did you mean {name}?"));
    let near = near.unwrap_or_else(|| format!("; shipped drills are: {}", names.join(", ")));
    format!(
        "{wanted:?} is not a file, a folder, or the name of a shipped drill or of a folder of shipped \
         drills{near}"
    )
}

fn shipped(folder: &Dir<'_>) -> Vec<Source> {
    let mut all: Vec<Source> = folder
        .files()
        .filter_map(|file| {
            // A test proves that each of them has a good name and a good text.
            let name = syntax::name_of(&Path::new("drills").join(file.path())).ok()?;
            let file_name = format!("drills/{}", file.path().display());
            Some(Source { name, file: file_name, path: None, text: file.contents_utf8()?.to_owned() })
        })
        .collect();
    all.extend(folder.dirs().flat_map(shipped));
    all
}

fn file(path: &Path) -> Result<Source, String> {
    let name = syntax::name_of(path).map_err(|error| error.to_string())?;
    let file = path.display().to_string();
    let bytes = read(path).map_err(|error| format!("failed to read {file}: {error}"))?;
    let text = syntax::decode(&file, bytes).map_err(|diagnostics| drawn(&diagnostics))?;
    let whole = fs::canonicalize(path).map_err(|error| format!("failed to find {file}: {error}"))?;
    Ok(Source { name, file, path: Some(whole), text })
}

/// A file's bytes, up to one more than a drill file may have: what is larger is refused, and may have no end.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(syntax::LARGEST as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn folder(path: &Path) -> Result<Vec<Source>, String> {
    let mut files = Vec::new();
    collect(path, &mut files)
        .map_err(|error| format!("failed to read the folder {}: {error}", path.display()))?;
    if files.is_empty() {
        return Err(format!("the folder {} contains no drill (no file ending in .toml)", path.display()));
    }
    files.sort();
    files.iter().map(|path| file(path)).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else if entry.path().extension().is_some_and(|ending| ending == "toml") {
            files.push(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_drill_can_be_selected_by_its_name() {
        let all = shipped(&SHIPPED);
        assert!(all.len() >= 9, "{}", all.len());
        for source in all {
            let select = Select { drills: vec![source.name.to_string()], tags: Vec::new() };
            assert_eq!(drills(&select).map(|drills| drills.len()), Ok(1), "{}", source.name);
        }
    }

    #[test]
    fn a_near_miss_is_named() {
        assert!(unknown("loss/pitr-lates").ends_with("did you mean loss/pitr-latest?"));
    }
}
