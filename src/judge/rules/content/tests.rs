use super::*;
use crate::judge::{Verdict, testing::ms};

fn print(rows: u64, hash: &str) -> TableFingerprint {
    TableFingerprint { rows, hash: hash.to_owned(), ..TableFingerprint::default() }
}

fn table(name: &str) -> TableName {
    name.parse().expect("a table")
}

fn cluster(databases: Vec<(&str, DatabaseFingerprint)>) -> Fingerprint {
    let named = |(name, print): (&str, _)| (name.parse().expect("a database"), print);
    Fingerprint {
        at: ms(1),
        databases: databases.into_iter().map(named).collect(),
        not_covered: [].into(),
        horizon: None,
        millis: 1,
    }
}

fn one(tables: Vec<(&str, TableFingerprint)>) -> Fingerprint {
    let tables = tables.into_iter().map(|(name, print)| (table(name), print)).collect();
    cluster(vec![("shop", DatabaseFingerprint { tables, left_out: [].into() })])
}

fn tables(tables: &[(&str, u64, &str, bool)]) -> Fingerprint {
    one(tables
        .iter()
        .map(|&(name, rows, hash, live)| (name, TableFingerprint { live, ..print(rows, hash) }))
        .collect())
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
fn of_two_tables_whose_dotted_names_are_equal_each_is_missed() {
    let before = tables(&[(r#""a.b".c"#, 3, "7", false), (r#"a."b.c""#, 5, "8", false)]);
    let after = tables(&[(r#""a.b".c"#, 3, "7", false)]);
    assert_eq!(compare(true, &before, &before).2, 10);
    let (verdict, said, _) = compare(true, &before, &after);
    assert_eq!((verdict, said.as_str()), (Verdict::Fail, r#"a."b.c" is missing"#));
}

#[test]
fn a_database_that_is_gone_fails() {
    let content = || one(vec![("s.a", print(3, "7"))]).databases.into_values().next().expect("a database");
    let before = cluster(vec![("shop", content()), ("ledger_eu", content())]);
    let after = cluster(vec![("shop", content())]);
    let (verdict, said, _) = compare(false, &before, &after);
    assert_eq!((verdict, said.as_str()), (Verdict::Fail, "database ledger_eu is missing"));
    let damaged = cluster(vec![
        ("shop", content()),
        ("ledger_eu", one(vec![]).databases.into_values().next().expect("a database")),
    ]);
    assert_eq!(compare(false, &before, &damaged).1, "s.a of database ledger_eu is missing");
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
fn a_table_that_can_no_longer_be_compared_fails_unless_the_lab_is_the_reason() {
    let before = tables(&[("s.a", 3, "7", false), ("s.b", 3, "7", false)]);
    for (reason, verdict) in [
        (LeftOut::Unreadable { error: "no".into() }, Verdict::Fail),
        (LeftOut::NeverPopulated { foreign: false }, Verdict::Fail),
        (LeftOut::NeverPopulated { foreign: true }, Verdict::Pass),
        (LeftOut::Unlogged, Verdict::Fail),
        (LeftOut::Told("it can't be read".into()), Verdict::Inconclusive),
    ] {
        let mut after = tables(&[("s.a", 3, "7", false)]);
        after.databases.values_mut().for_each(|database| {
            database.left_out.insert(table("s.b"), reason.clone());
        });
        assert_eq!(compare(false, &before, &after).0, verdict, "{reason:?}");
    }
}

#[test]
fn a_view_that_was_stale_is_said_and_no_damage() {
    let view = |rows, hash: &str, query: Option<(u64, &str)>| {
        let query = query.map(|(rows, hash)| QueryResult::Rows { rows, hash: hash.into() });
        TableFingerprint { derived: Some(Derived::View { query, definition: None }), ..print(rows, hash) }
    };
    let before = one(vec![("s.v", view(1, "7", None))]);
    let refreshed = one(vec![("s.v", view(1, "8", Some((1, "8"))))]);
    let (verdict, said, _) = compare(false, &before, &refreshed);
    assert_eq!(
        (verdict, said.as_str()),
        (
            Verdict::Pass,
            "1 table and 1 row identical to baseline `nightly`; \
             s.v was stale in the baseline: it now has what its query returns, 1 row where there were 1"
        )
    );
    let damaged = one(vec![("s.v", view(1, "9", Some((1, "8"))))]);
    assert_eq!(
        compare(false, &before, &damaged).1,
        "s.v has the expected 1 row with different content, and not what its query returns"
    );
}

#[test]
fn a_generated_column_that_was_computed_anew_is_named() {
    let generated = |hash: &str, others: &str| TableFingerprint {
        derived: Some(Derived::Columns { names: vec!["gross".into()], others: others.into() }),
        ..print(2, hash)
    };
    let before = one(vec![("f.bill", generated("7", "1"))]);
    assert_eq!(
        compare(false, &before, &one(vec![("f.bill", generated("8", "1"))])).1,
        "f.bill has the expected 2 rows with different content: its generated column gross returned \
         different values when computed again; \
         all other columns are identical"
    );
    assert_eq!(
        compare(false, &before, &one(vec![("f.bill", generated("8", "2"))])).1,
        "f.bill has the expected 2 rows with different content"
    );
}

#[test]
fn a_member_of_an_extension_that_is_gone_says_why() {
    let member = TableFingerprint { extension: Some("hstore".into()), ..print(9, "7") };
    let before = one(vec![("f.mine", member), ("s.a", print(1, "1"))]);
    assert_eq!(
        compare(false, &before, &one(vec![("s.a", print(1, "1"))])).1,
        "f.mine is missing: it belongs to extension hstore, and a dump holds an extension's name, not its \
         members"
    );
}

#[test]
fn of_a_table_that_grows_the_earlier_rows_are_compared() {
    let before = one(vec![("s.trail", TableFingerprint { grows: true, ..print(3, "7") })]);
    let after = |hash: &str| {
        let earlier = Some(Rows { rows: 3, hash: hash.into() });
        one(vec![("s.trail", TableFingerprint { earlier, ..print(9, "99") })])
    };
    assert_eq!(
        compare(false, &before, &after("7")),
        (
            Verdict::Pass,
            "1 table and 3 rows identical to baseline `nightly`; s.trail was added to: only its 3 rows from \
             before were \
             compared"
                .into(),
            4
        )
    );
    assert_eq!(compare(false, &before, &after("8")).0, Verdict::Fail);
    assert_eq!(compare(true, &before, &after("7")).0, Verdict::Fail, "at the exact point nothing is added");
}
