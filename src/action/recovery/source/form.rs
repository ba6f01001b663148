//! What a backup is, by its own bytes.

use super::fetch::Fetched;
use crate::{
    drill::SourceKind,
    lab::{Command, LabError, node::Node},
};

/// What a backup is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// What `pg_restore` reads.
    Archive {
        /// `custom format`, `tar` or `directory`.
        format: String,
        /// The version of `pg_dump` that wrote it, by its header.
        dumped_by: Option<String>,
        /// The database that it is of, by its header.
        database: Option<String>,
    },
    /// Statements for psql.
    Script {
        /// Whether it is of a whole cluster.
        of_cluster: bool,
        /// The version of `pg_dump` that wrote it, by its header.
        dumped_by: Option<String>,
        /// Whether it makes and enters its own databases.
        makes_databases: bool,
    },
}

impl Form {
    /// Its kind.
    pub(super) const fn kind(&self) -> SourceKind {
        match self {
            Self::Archive { .. } => SourceKind::Dump,
            Self::Script { .. } => SourceKind::Script,
        }
    }

    /// What it is, for people.
    pub(super) fn describe(&self) -> String {
        let by = |tool: &str, version: &Option<String>| {
            version.as_ref().map(|version| format!(" of {tool} {version}")).unwrap_or_default()
        };
        match self {
            Self::Archive { format, dumped_by, .. } => format!("{format}{}", by("pg_dump", dumped_by)),
            Self::Script { of_cluster: true, dumped_by, .. } => {
                format!("script of a whole cluster{}", by("pg_dumpall", dumped_by))
            }
            Self::Script { of_cluster: false, dumped_by, .. } => {
                format!("plain script{}", by("pg_dump", dumped_by))
            }
        }
    }
}

/// The lines of a script in which its tool says what it is.
///
/// Source: `src/bin/pg_dump/pg_backup_archiver.c` and `pg_dumpall.c`.
const CLUSTER: &str = "-- PostgreSQL database cluster dump";

/// Tells what was fetched.
///
/// # Errors
/// Returns an error if it is nothing that can be restored, or not what the drill says it is.
pub(super) async fn look(
    node: &Node,
    fetched: &Fetched,
    name: &str,
    declared: Option<SourceKind>,
) -> Result<Form, LabError> {
    let what = format!("tell what {name} is");
    let script = format!(
        "cd \"$(dirname {path})\"\n\
         if [ -d {path} ]; then\n\
         if [ -e {path}/toc.dat ]; then echo directory\n\
         else echo folder; ls {path} | head -n 20; exit 0; fi\n\
         elif [ ! -s {path} ]; then echo empty; exit 0\n\
         elif [ \"$(head -c 5 {path})\" = PGDMP ]; then echo custom format\n\
         elif [ \"$(tail -c +258 {path} | head -c 5)\" = ustar ]; then echo tar\n\
         else echo script; head -c 8192 {path} | tr -d '\\000' | grep -a '^-- ' | head -n 20; \
         grep -aE '^(CREATE DATABASE |\\\\connect )' {path} | head -n 1; exit 0; fi\n\
         {restore} -l {path} </dev/null | grep '^;' | head -n 20",
        path = fetched.path,
        restore = node.program("pg_restore"),
    );
    let said = node.run(Command::shell(&what, script)).await?.text();
    let form = parse(&said).map_err(|why| match why {
        NoDump::Damaged(why) => LabError::no_backup(&what, why),
        NoDump::Physical(files) => LabError::state(
            &what,
            format!("a copy of a data directory can't be restored yet; in it are: {files}"),
        ),
    })?;
    match declared {
        Some(kind) if kind != form.kind() => {
            let why = format!("the drill says it is {}, and it is a {}", kind.describe(), form.describe());
            Err(LabError::state(what, why))
        }
        Some(_) | None => Ok(form),
    }
}

/// Why something is no dump.
#[derive(Debug, PartialEq, Eq)]
enum NoDump {
    /// It is nothing that could be restored.
    Damaged(String),
    /// It is a data directory, with these files.
    Physical(String),
}

fn parse(said: &str) -> Result<Form, NoDump> {
    let mut lines = said.lines();
    let first = lines.next().unwrap_or_default();
    let rest: Vec<&str> = lines.collect();
    let after = |words: &str| {
        rest.iter()
            .find_map(|line| Some(line.trim_start_matches([';', ' ']).strip_prefix(words)?.trim().to_owned()))
    };
    match first {
        "custom format" | "tar" | "directory" => {
            let format = if first == "custom format" { first.to_owned() } else { format!("{first} format") };
            // `pg_restore` says what it could read; of a header that it could not, it says nothing here.
            let (dumped_by, database) = (after("Dumped by pg_dump version:"), after("dbname:"));
            match &dumped_by {
                Some(_) => Ok(Form::Archive { format, dumped_by, database }),
                None => {
                    Err(NoDump::Damaged(format!("pg_restore can't read its table of contents ({format})")))
                }
            }
        }
        "script" => {
            let is_dump = rest.iter().any(|line| line.starts_with("-- PostgreSQL database"));
            if !is_dump {
                let why = "it is no dump: no line of it says `-- PostgreSQL database dump`";
                return Err(NoDump::Damaged(why.into()));
            }
            let dumped_by = rest.iter().find_map(|line| line.strip_prefix("-- Dumped by pg_dump version "));
            let dumped_by = dumped_by.map(str::to_owned);
            let of_cluster = rest.iter().any(|line| line.starts_with(CLUSTER));
            let makes = rest
                .iter()
                .any(|line| line.starts_with("CREATE DATABASE ") || line.starts_with("\\connect "));
            Ok(Form::Script { of_cluster, dumped_by, makes_databases: makes || of_cluster })
        }
        "empty" => Err(NoDump::Damaged("it is empty".into())),
        "folder" if rest.contains(&"PG_VERSION") => Err(NoDump::Physical(rest.join(", "))),
        "folder" => {
            let files = rest.join(", ");
            Err(NoDump::Damaged(format!("a folder without toc.dat is no dump; in it are: {files}")))
        }
        _ => Err(NoDump::Damaged("it can't be read".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_is_told_by_what_it_says_of_itself() {
        let archive = parse(
            "custom format\n;\n; Archive created at 2026-11-27\n;     dbname: shop\n;     Dumped by pg_dump \
             version: 15.18\n",
        );
        assert_eq!(
            archive.map(|form| (form.describe(), form.kind())),
            Ok(("custom format of pg_dump 15.18".into(), SourceKind::Dump))
        );
        let cluster = parse("script\n-- PostgreSQL database cluster dump\n").expect("a script");
        assert_eq!(cluster.describe(), "script of a whole cluster");
        let plain = parse("script\n-- PostgreSQL database dump\n-- Dumped by pg_dump version 15.18\n");
        assert_eq!(
            plain,
            Ok(Form::Script { of_cluster: false, dumped_by: Some("15.18".into()), makes_databases: false })
        );
    }

    #[test]
    fn what_is_no_dump_says_what_it_is() {
        for (said, why) in [
            ("empty\n", "it is empty"),
            (
                "folder\nbase\nglobal\n",
                "Damaged(\"a folder without toc.dat is no dump; in it are: base, global",
            ),
            ("folder\nbase\nPG_VERSION\n", "Physical(\"base, PG_VERSION"),
            ("script\n-- hello\n", "no line of it"),
            ("custom format\n", "can't read its table of contents"),
            ("", "can't be read"),
        ] {
            let error = format!("{:?}", parse(said).expect_err(said));
            assert!(error.contains(why), "{error}");
        }
    }
}
