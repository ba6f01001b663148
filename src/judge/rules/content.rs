//! The check `content`: fingerprints of every table before and after.

use std::collections::BTreeSet;

use crate::human;
use crate::journal::{Fingerprint, TableFingerprint};
use crate::judge::finding::Ruling;

/// The ruling, and how many facts it rests on: the tables that were compared, and their rows.
pub(in crate::judge) fn ruling(
    baseline: &str,
    exact: bool,
    before: &Fingerprint,
    after: &Fingerprint,
) -> (Ruling, u64) {
    let mut complaints = Vec::new();
    let (mut tables, mut rows) = (0_u64, 0_u64);
    let names: BTreeSet<&String> = before.tables.keys().chain(after.tables.keys()).collect();
    for name in names {
        match (before.tables.get(name), after.tables.get(name)) {
            (Some(_), None) if after.left_out.contains_key(name) => {
                complaints
                    .push(Ruling::inconclusive(format!("{name} could not be compared after the recovery")));
            }
            (Some(_), None) => complaints.push(Ruling::fail(format!("{name} is missing"))),
            (None, Some(_)) if before.left_out.contains_key(name) => {}
            (None, Some(_)) => complaints.push(Ruling::fail(format!("{name} did not exist in the baseline"))),
            (Some(was), Some(is)) if exact || !(was.live || is.live) => {
                tables += 1;
                rows += is.rows;
                complaints.extend(difference(name, was, is).map(Ruling::fail));
            }
            // Rows of a table that clients were writing to differ rightly, unless the very point of the baseline was recovered.
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
    if tables == 0 {
        complaints.push(Ruling::inconclusive("no table could be compared"));
    }
    let good = format!(
        "{} and {} identical to baseline `{baseline}`",
        human::count_of(tables, "table"),
        human::count_of(rows, "row")
    );
    (Ruling::of(complaints, good), tables + rows)
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
mod tests {
    use super::*;
    use crate::{
        journal::Fingerprint,
        judge::{Verdict, testing::ms},
    };

    fn tables(tables: &[(&str, u64, &str, bool)]) -> Fingerprint {
        let table = |&(name, rows, hash, live): &(&str, u64, &str, bool)| {
            (name.to_owned(), TableFingerprint { rows, hash: hash.to_owned(), live })
        };
        Fingerprint { at: ms(1), tables: tables.iter().map(table).collect(), left_out: [].into(), millis: 1 }
    }

    fn compare(exact: bool, before: &Fingerprint, after: &Fingerprint) -> (Verdict, String, u64) {
        let (ruling, facts) = ruling("nightly", exact, before, after);
        (ruling.verdict, ruling.message, facts)
    }

    #[test]
    fn equal_tables_pass_and_their_rows_are_the_facts() {
        let both = tables(&[("s.a", 3, "7", false), ("s.b", 0, "0", false)]);
        assert_eq!(
            compare(false, &both, &both),
            (Verdict::Pass, "2 tables and 3 rows identical to baseline `nightly`".into(), 5)
        );
    }

    #[test]
    fn a_difference_fails_and_names_the_table() {
        let before = tables(&[("s.a", 3, "7", false)]);
        for (after, message) in [
            (tables(&[("s.a", 2, "7", false)]), "s.a has 2 rows, expected 3"),
            (tables(&[("s.a", 3, "8", false)]), "s.a has the expected 3 rows with different content"),
            (tables(&[]), "s.a is missing"),
            (tables(&[("s.a", 3, "7", false), ("s.b", 1, "1", false)]), "s.b did not exist in the baseline"),
        ] {
            let (verdict, said, _) = compare(false, &before, &after);
            assert_eq!((verdict, said.as_str()), (Verdict::Fail, message));
        }
    }

    #[test]
    fn a_live_table_is_compared_at_the_exact_point_only() {
        let before = tables(&[("s.a", 3, "7", false), ("s.live", 5, "1", true)]);
        let after = tables(&[("s.a", 3, "7", false), ("s.live", 6, "2", true)]);
        assert_eq!(compare(false, &before, &after).0, Verdict::Pass);
        assert_eq!(compare(true, &before, &after).0, Verdict::Fail);
        assert_eq!(compare(false, &before, &tables(&[("s.a", 3, "7", false)])).1, "s.live is missing");
    }

    #[test]
    fn nothing_to_compare_is_inconclusive() {
        assert_eq!(
            compare(true, &tables(&[]), &tables(&[])),
            (Verdict::Inconclusive, "no table could be compared".into(), 0)
        );
        let live = tables(&[("s.live", 5, "1", true)]);
        assert_eq!(compare(false, &live, &live).0, Verdict::Inconclusive);
    }

    #[test]
    fn a_table_that_can_no_longer_be_compared_is_inconclusive() {
        let before = tables(&[("s.a", 3, "7", false), ("s.b", 3, "7", false)]);
        let mut after = tables(&[("s.a", 3, "7", false)]);
        after.left_out.insert("s.b".into(), "it can't be read".into());
        assert_eq!(compare(false, &before, &after).0, Verdict::Inconclusive);
    }
}
