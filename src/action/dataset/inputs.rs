//! The files that a drill names, on the machine of the runner: whether they are there, what is in them, and
//! how they come into a node.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Component, Path, PathBuf},
};

use tokio::io::AsyncReadExt;

use crate::{
    drill::{DatabaseName, Dataset, DatasetContent, Drill, Origin, Verb},
    lab::{Command, LabError, node::Node},
    pg::quote::shell_word,
};

/// So many bytes of a file are sent by one command.
const PIECE: usize = 16 << 20;

/// The files of a dataset. In a node they lie to each other as they do here, so that scripts find what they
/// include.
#[derive(Debug)]
pub struct Inputs {
    base: PathBuf,
    root: PathBuf,
    files: BTreeSet<PathBuf>,
    creates: Vec<String>,
}

/// Reads the files of statements that a drill names into it, and looks for all others.
///
/// # Errors
/// Returns an error if a file is missing, can't be read or is wrong: one text for each.
pub fn complete(mut drill: Drill) -> Result<Drill, Vec<String>> {
    let mut problems = Vec::new();
    let folder = drill.folder.clone();
    let transactions = match &mut drill.origin {
        Origin::Cluster(cluster) => cluster.workload.transactions.as_mut_slice(),
        Origin::Source { .. } => &mut [],
    };
    for transaction in transactions {
        let Some(file) = transaction.sql.file.clone() else { continue };
        match read(folder.as_deref(), &file) {
            Ok(text) => transaction.sql.text = text,
            Err(problem) => problems.push(problem),
        }
        if !transaction.sql.text.is_empty()
            && let Err(error) = transaction.script()
        {
            problems.push(format!("{file} can't be a transaction of the clients: {error}"));
        }
    }
    for step in &mut drill.steps {
        if let Verb::Sql(statements) = &mut step.verb
            && let Some(file) = &statements.sql.file
        {
            match read(folder.as_deref(), file) {
                Ok(text) => statements.sql.text = text,
                Err(problem) => problems.push(problem),
            }
        }
    }
    if let Some(dataset) = drill.dataset()
        && let Err(problem) = Inputs::of(dataset, folder.as_deref())
    {
        problems.push(problem);
    }
    if problems.is_empty() { Ok(drill) } else { Err(problems) }
}

fn read(folder: Option<&Path>, file: &str) -> Result<String, String> {
    let path = place(folder, file)?;
    let text = std::fs::read_to_string(&path).map_err(|error| failed(&path, &error))?;
    if text.trim().is_empty() { Err(format!("{} is empty", path.display())) } else { Ok(text) }
}

fn failed(path: &Path, error: &io::Error) -> String {
    format!("failed to read {}: {error}", path.display())
}

/// Where a path of a drill file leads, without `.` and `..` in it.
fn place(folder: Option<&Path>, file: &str) -> Result<PathBuf, String> {
    let folder = folder.ok_or_else(|| format!("a shipped drill has no file {file}"))?;
    let whole = std::path::absolute(folder.join(file)).map_err(|error| failed(Path::new(file), &error))?;
    let mut plain = PathBuf::new();
    for component in whole.components() {
        match component {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) | Component::Normal(_) => plain.push(component),
        }
    }
    Ok(plain)
}

impl Inputs {
    /// The files of a dataset, those that its scripts include among them.
    ///
    /// # Errors
    /// Returns an error if one of them can't be read.
    pub fn of(dataset: &Dataset, folder: Option<&Path>) -> Result<Self, String> {
        let named: Vec<&str> = match &dataset.content {
            DatasetContent::Fixture { .. } | DatasetContent::Command { .. } => Vec::new(),
            DatasetContent::Sql { sql } => sql.iter().map(String::as_str).collect(),
            DatasetContent::Dump { dump, globals } => {
                globals.iter().map(String::as_str).chain([dump.as_str()]).collect()
            }
        };
        let base = place(Some(folder.unwrap_or(Path::new("/"))), ".")?;
        let mut inputs = Self { root: base.clone(), base, files: BTreeSet::new(), creates: Vec::new() };
        for file in named {
            let path = place(folder, file)?;
            match &dataset.content {
                DatasetContent::Sql { .. } => inputs.script(path)?,
                DatasetContent::Dump { .. } => inputs.whole(path)?,
                DatasetContent::Fixture { .. } | DatasetContent::Command { .. } => {}
            }
        }
        for file in &inputs.files {
            while !file.starts_with(&inputs.root) && inputs.root.pop() {}
        }
        Ok(inputs)
    }

    /// A file, or every file of a folder.
    fn whole(&mut self, path: PathBuf) -> Result<(), String> {
        let error = |error| failed(&path, &error);
        if !std::fs::metadata(&path).map_err(error)?.is_dir() {
            drop(File::open(&path).map_err(error)?);
            self.files.insert(path);
            return Ok(());
        }
        for entry in std::fs::read_dir(&path).map_err(error)? {
            self.whole(entry.map_err(error)?.path())?;
        }
        Ok(())
    }

    /// A script and what it includes.
    #[allow(clippy::needless_pass_by_value, reason = "the path is made for this call")]
    fn script(&mut self, path: PathBuf) -> Result<(), String> {
        if !self.files.insert(path.clone()) {
            return Ok(());
        }
        let mut file = BufReader::new(File::open(&path).map_err(|error| failed(&path, &error))?);
        let mut line = Vec::new();
        while file.read_until(b'\n', &mut line).map_err(|error| failed(&path, &error))? > 0 {
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_start();
            if let Some((command, argument)) = included(text) {
                let from = if command == "ir" { path.parent() } else { Some(self.base.as_path()) };
                let found = place(from, &argument)?;
                let missing = |error| {
                    format!("{}, which {} includes by `\\{command}`", failed(&found, &error), path.display())
                };
                drop(File::open(&found).map_err(missing)?);
                if command == "copy" {
                    self.files.insert(found);
                } else {
                    self.script(found)?;
                }
            } else if text.get(..6).is_some_and(|word| word.eq_ignore_ascii_case("create")) {
                self.creates.push(text.to_owned());
            }
            line.clear();
        }
        Ok(())
    }

    /// Whether a script makes this database itself.
    #[must_use]
    pub fn creates(&self, database: &DatabaseName) -> bool {
        self.creates.iter().any(|line| creates(line, database))
    }

    /// A hash over the files, where they lie, and what is in them.
    ///
    /// # Errors
    /// Returns an error if one can't be read.
    pub fn hash(&self) -> io::Result<String> {
        let mut hash = blake3::Hasher::new();
        let mut piece = vec![0; 1 << 20];
        for path in &self.files {
            let name = path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().into_owned();
            hash.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes());
            let mut file = File::open(path)?;
            hash.update(&file.metadata()?.len().to_le_bytes());
            loop {
                match file.read(&mut piece)? {
                    0 => break,
                    read => hash.update(piece.get(..read).unwrap_or_default()),
                };
            }
        }
        Ok(hash.finalize().to_hex().to_string())
    }

    /// Where the node has the drill file's folder, once the files were sent.
    #[must_use]
    pub fn folder(&self, node: &Node) -> String {
        Self::below(node, self.base.strip_prefix(&self.root).unwrap_or(Path::new("")))
    }

    /// The place of the files in a node, which [`Self::send`] makes.
    #[must_use]
    pub fn top(node: &Node) -> String {
        format!("{}-dataset", node.paths().data)
    }

    fn below(node: &Node, path: &Path) -> String {
        shell_word(&format!("{}/{}", Self::top(node), path.display()))
    }

    /// Copies the files into a node.
    ///
    /// # Errors
    /// Returns an error if one can't be read or written.
    pub async fn send(&self, node: &Node) -> Result<(), LabError> {
        let folder = format!("mkdir -p {}", self.folder(node));
        node.run(Command::shell("make room for the dataset", folder)).await?;
        for path in &self.files {
            let what = format!("copy {} into {}", path.display(), node.name());
            let relative = path.strip_prefix(&self.root).unwrap_or(path);
            let target = Self::below(node, relative);
            let parent = Self::below(node, relative.parent().unwrap_or(Path::new("")));
            let mut file = tokio::fs::File::open(path).await.map_err(LabError::io(&what))?;
            let mut script = format!("mkdir -p {parent}; cat > {target}");
            loop {
                let mut piece = Vec::new();
                let read = (&mut file).take(PIECE as u64).read_to_end(&mut piece).await;
                let read = read.map_err(LabError::io(&what))?;
                // Without standard input there is nothing to wait for.
                let input = if read == 0 { script.replace("cat >", ":>") } else { script };
                let command = Command::shell(&what, input).stdin(piece);
                node.run(command).await?;
                if read < PIECE {
                    break;
                }
                script = format!("cat >> {target}");
            }
        }
        Ok(())
    }
}

/// What a line of psql includes: `\i`, `\ir` and their long forms, and `\copy … from 'file'`.
fn included(line: &str) -> Option<(&'static str, String)> {
    let (command, rest) = line.strip_prefix('\\')?.split_once([' ', '\t'])?;
    let rest = rest.trim();
    let command = match command {
        "i" | "include" => "i",
        "ir" | "include_relative" => "ir",
        "copy" => {
            let at = rest.to_ascii_lowercase().rfind(" from ")?;
            let file = rest.get(at + 6..)?.trim();
            let name = file.strip_prefix('\'')?.split('\'').next()?;
            return Some(("copy", name.to_owned()));
        }
        _ => return None,
    };
    let name = match rest.strip_prefix('\'') {
        Some(quoted) => quoted.split('\'').next(),
        None => rest.split_whitespace().next(),
    };
    name.filter(|name| !name.starts_with(':')).map(|name| (command, name.to_owned()))
}

/// Whether a line says `create database NAME`.
pub(super) fn creates(line: &str, database: &DatabaseName) -> bool {
    let words = line.split_whitespace();
    let is = |word: &str, wanted: &str| word.eq_ignore_ascii_case(wanted);
    let mut start = words.clone();
    if !(start.next().is_some_and(|word| is(word, "create"))
        && start.next().is_some_and(|word| is(word, "database")))
    {
        return false;
    }
    let after =
        line.to_ascii_lowercase().find("database").and_then(|at| line.get(at + 8..)).unwrap_or_default();
    let name = after.trim_start();
    let folded: String = name.chars().take_while(|c| c.is_alphanumeric() || "_$".contains(*c)).collect();
    name.starts_with(&database.quoted()) || folded.to_lowercase() == database.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset(sql: &[&str]) -> Dataset {
        let sql = sql.iter().map(|file| (*file).to_owned()).collect();
        Dataset { content: DatasetContent::Sql { sql }, database: DatabaseName::postgres() }
    }

    #[test]
    fn what_a_script_includes_belongs_to_the_dataset_and_to_its_hash() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("drills");
        std::fs::create_dir_all(base.join("sub")).unwrap();
        let write = |name: &str, text: &str| std::fs::write(base.join(name), text).unwrap();
        write("a.sql", "\\ir sub/b.sql\n\\copy t from 'rows.csv' csv\nselect 1;\n");
        write("sub/b.sql", "\\i ../shared.sql\n  \\ir 'c.sql'\n");
        write("sub/c.sql", "CREATE  DATABASE \"Odd one\" template template0;\n");
        write("rows.csv", "1\n");
        std::fs::write(folder.path().join("shared.sql"), "-- shared\n").unwrap();
        let of = || Inputs::of(&dataset(&["a.sql"]), Some(&base));
        let inputs = of().unwrap();
        assert_eq!(inputs.files.len(), 5);
        assert_eq!(inputs.root, folder.path());
        assert!(inputs.creates(&"Odd one".parse().unwrap()) && !inputs.creates(&"odd".parse().unwrap()));
        let before = inputs.hash().unwrap();
        assert_eq!(before, of().unwrap().hash().unwrap());
        write("rows.csv", "2\n");
        assert_ne!(before, of().unwrap().hash().unwrap());
        std::fs::remove_file(base.join("sub/c.sql")).unwrap();
        let missing = of().unwrap_err();
        assert!(missing.contains("sub/c.sql: No such file") && missing.contains("b.sql includes by `\\ir`"));
    }

    #[test]
    fn a_database_that_a_script_makes_is_known_by_its_folded_or_quoted_name() {
        let database: DatabaseName = "shop".parse().unwrap();
        for (line, makes) in [
            ("create database shop;", true),
            ("Create Database SHOP owner x", true),
            ("create database \"shop\"", true),
            ("create database \"SHOP\"", false),
            ("create database shop2", false),
            ("create table shop", false),
        ] {
            assert_eq!(creates(line, &database), makes, "{line}");
        }
    }
}
