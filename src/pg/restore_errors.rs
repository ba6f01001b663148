//! What `pg_restore` says of entries that it could not restore.
//!
//! Source: `ahprintf` and `warn_or_exit_horribly` in `src/bin/pg_dump/pg_backup_archiver.c`.

/// An error, with what was being done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RestoreError {
    /// The entry of the archive, as `4357; 0 18745 MATERIALIZED VIEW DATA cached postgres`; parallel workers don't tell it.
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

#[cfg(test)]
mod tests {
    use super::*;

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
