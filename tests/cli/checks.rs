//! What a query of the user may be, and what comes of it.

use crate::support::{Harness, drills};

fn sql(title: &str, query: &str, expect: &str) -> String {
    format!(r#"{{ sql = {{ title = "{title}", query = "{query}", expect = {expect} }} }}"#)
}

#[test]
fn values_of_every_type_come_out_as_texts() {
    let user = Harness::local();
    let query = "select 1.50::numeric, true, null::int, '{1,2}'::int[], '{}'::jsonb, 'a b'::tsvector, \
        point(1, 2), '1 day'::interval";
    let expect = r#"[["1.50", "t", { null = true }, "{1,2}", "{}", "'a' 'b'", "(1,2)", "1 day"]]"#;
    let checks =
        [sql("types", query, expect), sql("show", "show default_transaction_read_only;", r#"[["off"]]"#)];
    let drill = user.drill(
        "crash",
        &drills::crash().rpo_unmeasured().step(4, &format!("check = [{}]", checks.join(", "))).text(),
    );
    user.run(&drill, &[]).exits(0);
    user.assert_nothing_is_left();
}

#[test]
fn several_statements_and_those_that_write_are_inconclusive_and_change_nothing() {
    let user = Harness::local();
    let gone = "set transaction read write; delete from lifeboat.commits; select 1";
    let checks = [
        sql("several", gone, r#"[["1"]]"#),
        sql("writes", "delete from lifeboat.commits returning 1", r#"[["1"]]"#),
        sql("dares", "select set_config('transaction_read_only', 'off', false)", r#"[["off"]]"#),
        sql("there", "select count(*) > 0 from lifeboat.commits", r#"[["t"]]"#),
    ];
    let drill = user.drill(
        "crash",
        &drills::crash().step(4, &format!(r#"check = ["ledger", {}]"#, checks.join(", "))).text(),
    );
    user.run(&drill, &[]).exits(3);
    let junit = user.report("junit.xml");
    assert_eq!((junit.matches("<error").count(), junit.contains("<failure")), (3, false), "{junit}");
    for state in ["42601", "25006", "25001"] {
        assert!(junit.contains(&format!("(SQLSTATE {state})")), "{state}: {junit}");
    }
    user.assert_nothing_is_left();
}
