//! What a restore is told by its tools and its server: of entries that `pg_restore` could not restore, and of
//! the machine.
//!
//! Source: `ahprintf` and `warn_or_exit_horribly` in `src/bin/pg_dump/pg_backup_archiver.c`; `strerror`;
//! `src/backend/commands/extension.c` and `src/backend/utils/fmgr/dfmgr.c`.
//!
//! Where a server's SQLSTATE is at hand, that tells errors apart; these texts are for programs, which write
//! none.

/// An error, with what was being done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RestoreError {
    /// The entry of the archive, as `4357; 0 18745 MATERIALIZED VIEW DATA cached postgres`; parallel workers
    /// don't tell it.
    pub entry: Option<String>,
    /// The beginning of the command.
    pub command: Option<String>,
    /// What it says.
    pub error: String,
}

impl RestoreError {
    /// Whether it is of the rows of a materialized view, which the restore computes anew.
    #[must_use]
    pub fn is_of_a_view(&self) -> bool {
        self.entry.as_ref().is_some_and(|entry| entry.contains(" MATERIALIZED VIEW DATA "))
            || self.command.as_ref().is_some_and(|command| command.starts_with("REFRESH MATERIALIZED VIEW "))
    }
}

/// The errors in what `pg_restore` wrote to standard error; those of other programs among them.
#[must_use]
pub fn parse(said: &str) -> Vec<RestoreError> {
    let mut entry = None;
    let mut errors: Vec<RestoreError> = Vec::new();
    for line in said.lines() {
        if let Some(name) = line.strip_prefix("pg_restore: from TOC entry ") {
            entry = Some(name.to_owned());
        } else if let Some(error) = line.strip_prefix("pg_restore: error: ") {
            errors.push(RestoreError { entry: entry.take(), command: None, error: error.to_owned() });
        } else if let (Some(command), Some(error)) = (line.strip_prefix("Command was: "), errors.last_mut()) {
            error.command.get_or_insert_with(|| command.to_owned());
        } else if line.contains("ERROR:  ") && !line.starts_with("pg_restore: ") {
            errors.push(RestoreError { error: line.to_owned(), ..RestoreError::default() });
        }
    }
    errors
}

/// How a message ends whose cause is the machine, in the words of `strerror`.
const OF_THE_MACHINE: [&str; 7] = [
    "No space left on device",
    "Disk quota exceeded",
    "Cannot allocate memory",
    "Too many open files",
    "Too many open files in system",
    "Read-only file system",
    "Input/output error",
];

/// What is in a line that only explains a message: its words may be those of the data.
const EXPLANATIONS: [&str; 7] =
    ["DETAIL:  ", "HINT:  ", "CONTEXT:  ", "QUERY:  ", "STATEMENT:  ", "LINE ", "Command was: "];

/// Whether these words tell of the machine on which something was to be restored: of what it is short of, or
/// of an extension or a library that is not installed there. Only messages count, and not what explains them:
/// a table may hold any text.
#[must_use]
pub fn tells_of_the_machine(said: &str) -> bool {
    let is_message = |line: &&str| {
        let after_a_prefix = line.split_once("] ").map_or(*line, |(_, rest)| rest);
        !EXPLANATIONS
            .iter()
            .any(|explains| line.starts_with(explains) || after_a_prefix.starts_with(explains))
    };
    said.lines().map(str::trim).filter(is_message).any(|line| {
        OF_THE_MACHINE.iter().any(|cause| line.ends_with(cause)) || is_of_what_is_not_installed(line)
    })
}

/// Whether a server says that an extension or a library is not installed.
fn is_of_what_is_not_installed(line: &str) -> bool {
    let Some((_, error)) = line.split_once("ERROR:  ").or_else(|| line.split_once("FATAL:  ")) else {
        return false;
    };
    error.starts_with("extension \"") && error.ends_with("\" is not available")
        || error.starts_with("could not open extension control file \"")
        || error.starts_with("could not access file \"")
        || error.starts_with("could not load library \"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_extension_and_a_full_disk_are_of_the_machine_and_what_a_table_holds_is_not() {
        for words in [
            "pg_restore: error: could not execute query: ERROR:  extension \"postgis\" is not \
             available\nDETAIL:  x",
            "ERROR:  could not open extension control file \"/x/postgis.control\": No such file or directory",
            "psql:a.sql:7: ERROR:  could not access file \"$libdir/gone\": No such file or directory",
            "2026-11-27 11:00:00.001 UTC [9] FATAL:  could not access file \"gone\": No such file or \
             directory",
            "tar: base: Cannot write: No space left on device\ntar: exiting",
            "2026-11-27 11:00:00.001 UTC [9] PANIC:  could not write to file \"pg_wal/xlogtemp.9\": No space \
             left on device",
        ] {
            assert!(tells_of_the_machine(words), "{words}");
        }
        for words in [
            "ERROR:  role \"shop_owner\" does not exist",
            "FATAL:  recovery ended before configured recovery target was reached",
            "ERROR:  invalid input syntax\nCONTEXT:  COPY help, line 1: No space left on device",
            "2026-11-27 11:00:00.001 UTC [9] STATEMENT:  select 'No space left on device",
            "ERROR:  product \"a lamp\" is not available",
            "Command was: COMMENT ON TABLE t IS 'ERROR:  extension \"x\" is not available",
            "cp: cannot stat '/archive/000000010000000000000009': No such file or directory",
        ] {
            assert!(!tells_of_the_machine(words), "{words}");
        }
    }

    #[test]
    fn each_error_has_the_entry_that_it_is_of() {
        let said = "pg_restore: while PROCESSING TOC:
pg_restore: from TOC entry 4357; 0 18745 MATERIALIZED VIEW DATA cached postgres
pg_restore: error: could not execute query: ERROR:  could not connect to server \"gone\"
DETAIL:  connection to server on socket failed
Command was: REFRESH MATERIALIZED VIEW f.cached;

pg_restore: from TOC entry 4358; 1259 1 INDEX words_norm postgres
pg_restore: error: could not execute query: ERROR:  relation \"map\" does not exist
pg_restore: error: could not read from input file: end of file
pg_restore: warning: errors ignored on restore: 2
";
        let errors = parse(said);
        assert!(
            parse("pg_restore: error: no\nCommand was: REFRESH MATERIALIZED VIEW f.v;\n")[0].is_of_a_view()
        );
        let of_views: Vec<bool> = errors.iter().map(RestoreError::is_of_a_view).collect();
        assert_eq!(of_views, [true, false, false]);
        assert_eq!(errors[2].error, "could not read from input file: end of file");
    }
}
