//! The check `content`: fingerprints of every table of every database before and after.

use std::collections::BTreeSet;

use crate::drill::{DatabaseName, TableName};
use crate::human;
use crate::journal::{
    DatabaseFingerprint, Derived, Fingerprint, LeftOut, QueryResult, Rows, TableFingerprint,
};
use crate::judge::finding::Ruling;

/// What was compared, and what was found.
#[derive(Default)]
struct Comparison {
    complaints: Vec<Ruling>,
    /// What is no damage and yet not as it was.
    remarks: Vec<String>,
    tables: u64,
    rows: u64,
}

/// The ruling, and how many facts it rests on: the tables that were compared, and their rows.
pub(in crate::judge) fn ruling(
    baseline: &str,
    exact: bool,
    before: &Fingerprint,
    after: &Fingerprint,
) -> (Ruling, u64) {
    let mut found = Comparison::default();
    // A name says its database where there are several that hold anything.
    let several = before.databases.values().filter(|database| !database.tables.is_empty()).count() > 1;
    for name in before.databases.keys().chain(after.databases.keys()).collect::<BTreeSet<_>>() {
        let place = |table: &TableName| place(name, table, several);
        match (before.databases.get(name), after.databases.get(name)) {
            (Some(was), Some(is)) => found.databases(&place, exact, was, is),
            (Some(_), None) => found.complaints.push(gone(name, after)),
            (None, Some(_)) if before.not_covered.contains_key(name) => {}
            (None, Some(_)) => {
                let message = format!("database {} did not exist in the baseline", name.as_str());
                found.complaints.push(Ruling::fail(message));
            }
            (None, None) => {}
        }
    }
    let lost = before.not_covered.keys().filter(|name| !after.not_covered.contains_key(name));
    for name in lost.filter(|name| !after.databases.contains_key(name)) {
        found.complaints.push(Ruling::fail(format!("database {} is missing", name.as_str())));
    }
    if found.tables == 0 {
        found.complaints.push(Ruling::inconclusive("no table could be compared"));
    }
    let good = format!(
        "{} and {} identical to baseline `{baseline}`",
        human::count_of(found.tables, "table"),
        human::count_of(found.rows, "row")
    );
    let good = std::iter::once(good).chain(found.remarks).collect::<Vec<_>>().join("; ");
    (Ruling::of(found.complaints, good), found.tables + found.rows)
}

/// A table's name, with its database where that is not clear.
fn place(database: &DatabaseName, table: &TableName, several: bool) -> String {
    if several { format!("{table} of database {}", database.as_str()) } else { table.to_string() }
}

fn gone(name: &DatabaseName, after: &Fingerprint) -> Ruling {
    match after.not_covered.get(name) {
        Some(why) => Ruling::fail(format!("database {} could be read before, and now {why}", name.as_str())),
        None => Ruling::fail(format!("database {} is missing", name.as_str())),
    }
}

impl Comparison {
    fn databases(
        &mut self,
        place: &dyn Fn(&TableName) -> String,
        exact: bool,
        before: &DatabaseFingerprint,
        after: &DatabaseFingerprint,
    ) {
        for table in before.tables.keys().chain(after.tables.keys()).collect::<BTreeSet<_>>() {
            let name = place(table);
            match (before.tables.get(table), after.tables.get(table)) {
                (Some(was), None) => self.complaints.extend(missing(&name, was, after.left_out.get(table))),
                (None, Some(_)) if before.left_out.contains_key(table) => {}
                (None, Some(_)) => {
                    self.complaints.push(Ruling::fail(format!("{name} did not exist in the baseline")));
                }
                (Some(was), Some(is)) if exact || !(was.live || is.live) => {
                    let is = if exact || !was.grows { is.clone() } else { self.earlier(&name, is) };
                    self.tables += 1;
                    self.rows += is.rows;
                    self.compare(&name, was, &is);
                }
                // Rows of a table that clients were writing to differ rightly, unless the very point of the
                // baseline was recovered.
                (Some(_), Some(_)) | (None, None) => {}
            }
        }
        for table in before.left_out.keys() {
            if !after.left_out.contains_key(table) && !after.tables.contains_key(table) {
                self.complaints.push(Ruling::fail(format!("{} is missing", place(table))));
            }
        }
    }

    /// The part of a table that is compared where clients add rows: those that came before.
    fn earlier(&mut self, name: &str, is: &TableFingerprint) -> TableFingerprint {
        let Some(Rows { rows, hash }) = &is.earlier else { return is.clone() };
        self.remarks.push(format!(
            "{name} was added to: only its {} from before were compared",
            human::count_of(*rows, "row")
        ));
        TableFingerprint { rows: *rows, hash: hash.clone(), ..is.clone() }
    }

    fn compare(&mut self, name: &str, was: &TableFingerprint, is: &TableFingerprint) {
        let Some(difference) = difference(name, was, is) else { return };
        match &is.derived {
            Some(Derived::View { query: Some(QueryResult::Rows { rows, hash }), .. })
                if (*rows, hash) == (is.rows, &is.hash) =>
            {
                self.remarks.push(format!(
                    "{name} was stale in the baseline: it now has what its query returns, {} where there \
                     were {}",
                    human::count_of(is.rows, "row"),
                    human::count(was.rows)
                ));
            }
            Some(Derived::View { query: Some(QueryResult::Refused { error }), .. }) => {
                self.complaints.push(Ruling::fail(format!(
                    "{difference}, and its query, which could explain it, failed: {error}"
                )));
            }
            Some(Derived::View { .. }) => {
                self.complaints.push(Ruling::fail(format!("{difference}, and not what its query returns")));
            }
            Some(Derived::Columns { names, others }) if is_generated_anew(was, is, others) => {
                let columns = if names.len() == 1 { "generated column" } else { "generated columns" };
                self.complaints.push(Ruling::fail(format!(
                    "{difference}: its {columns} {} returned different values when computed again; all other \
                     columns are identical",
                    names.join(", ")
                )));
            }
            Some(Derived::Columns { .. }) | None => {
                self.complaints.push(Ruling::fail(difference + &membership(is)));
            }
        }
    }
}

/// A table that is not there, or could not be read.
fn missing(name: &str, was: &TableFingerprint, left_out: Option<&LeftOut>) -> Option<Ruling> {
    match left_out {
        None => Some(Ruling::fail(format!("{name} is missing{}", membership(was)))),
        // The lab does not reach foreign servers: what comes from there can't be there.
        Some(LeftOut::NeverPopulated { foreign: true }) => None,
        Some(LeftOut::NeverPopulated { foreign: false }) => {
            Some(Ruling::fail(format!("{name} was populated before, and is not any more")))
        }
        Some(LeftOut::Unlogged) => {
            Some(Ruling::fail(format!("{name} was logged before, and is unlogged now")))
        }
        Some(LeftOut::Unreadable { error }) => {
            Some(Ruling::fail(format!("{name} could be read before, and can't be any more: {error}")))
        }
        Some(LeftOut::Told(_)) => {
            Some(Ruling::inconclusive(format!("{name} could not be compared after the recovery")))
        }
    }
}

/// Why a table of an extension is not in a dump.
fn membership(table: &TableFingerprint) -> String {
    table.extension.as_ref().map_or_else(String::new, |extension| {
        format!(
            ": it belongs to extension {extension}, and a dump holds an extension's name, not its members"
        )
    })
}

fn is_generated_anew(was: &TableFingerprint, is: &TableFingerprint, others: &str) -> bool {
    let before = match &was.derived {
        Some(Derived::Columns { others, .. }) => Some(others.as_str()),
        Some(Derived::View { .. }) | None => None,
    };
    was.rows == is.rows && before == Some(others)
}

fn difference(name: &str, was: &TableFingerprint, is: &TableFingerprint) -> Option<String> {
    if was.rows != is.rows {
        Some(format!("{name} has {}, expected {}", human::count_of(is.rows, "row"), human::count(was.rows)))
    } else if was.hash != is.hash {
        Some(format!("{name} has the expected {} with different content", human::count_of(is.rows, "row")))
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
