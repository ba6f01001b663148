//! Databases that are not like the fixture: `fixtures/field`.

use crate::support::Harness;

const LOSS: &str = r#"[[steps]]
fault = { lose-volume = "primary" }
[[steps]]
recover = { from = "nightly" }
[[steps]]
check = ["ledger", "content"]
"#;

/// A drill over scripts of `fixtures/field`, which lie beside it.
fn drill(user: &Harness, scripts: &[&str], postgres: &str, backup: &str, rest: &str) -> std::path::PathBuf {
    let sql: Vec<String> = scripts.iter().map(|name| format!("{:?}", source(name))).collect();
    let archive = if backup == "basebackup" { "[archive]\nmethod = \"command\"\n" } else { "" };
    let text = format!(
        "title = \"A database of the field\"\n[objectives]\nrto = \"10m\"\nrpo = \"24h\"\nrpo-at-worst = \"unbounded\"\n\
         [postgres]\nsettings = {{ {postgres} }}\n{archive}[[nodes]]\nname = \"primary\"\n\
         [dataset]\nsql = [{}]\ndatabase = \"field\"\n[workload]\nwriters = 2\nrate = \"50/s\"\n\
         [[steps]]\nbackup = {{ method = \"{backup}\", label = \"nightly\" }}\n[[steps]]\nwork = \"1s\"\n{rest}",
        sql.join(", ")
    );
    user.drill("field", &text)
}

fn source(name: &str) -> String {
    format!("{}/fixtures/field/{name}.sql", env!("CARGO_MANIFEST_DIR"))
}

const BENIGN: [&str; 7] = [
    "00-collide",
    "10-values",
    "20-derived",
    "30-zoo",
    "40-check-other",
    "60-second-database",
    "70-settings",
];

#[test]
fn unusual_databases_come_back_equal_from_a_dump() {
    let user = Harness::local();
    user.run(&drill(&user, &BENIGN, "", "dump", LOSS), &[]).exits(0);
    let report = user.report("report.md");
    assert!(report.contains("f.total was stale in the baseline"), "{report}");
    assert!(
        report.contains("f.cached was not compared: a materialized view that is not populated"),
        "{report}"
    );
    user.assert_nothing_is_left();
}

#[test]
fn large_objects_and_many_tables_come_back_equal_under_settings_that_hinder() {
    let user = Harness::local();
    let settings = "max_locks_per_transaction = \"10\", max_connections = \"20\", archive_timeout = \"1s\", \
        default_transaction_read_only = \"on\", default_transaction_isolation = \"serializable\", \
        statement_timeout = \"150ms\", idle_in_transaction_session_timeout = \"100ms\", timezone = \"Asia/Kathmandu\"";
    let rest = LOSS.replace("\"nightly\" }", "\"nightly\", target = \"latest\" }");
    let scripts = ["00-collide", "10-values", "60-second-database", "sparse"];
    user.run(&drill(&user, &scripts, settings, "basebackup", &rest), &[]).exits(0);
    user.assert_nothing_is_left();
}

#[test]
fn a_restore_that_its_tool_refuses_is_not_recovered() {
    let user = Harness::local();
    user.run(&drill(&user, &["refused-index"], "", "dump", LOSS), &[])
        .exits(1)
        .prints("not recovered: restore dump nightly")
        .prints("relation \"map\" does not exist");
    let words = std::fs::read_to_string(user.latest().join("field@15/evidence/not-recovered-04.txt"));
    assert!(words.expect("all its words").contains("CREATE INDEX words_norm"));
}

#[test]
fn what_a_dump_does_not_bring_back_is_named_with_its_reason() {
    let user = Harness::local();
    user.run(&drill(&user, &["differs-by-dump"], "", "dump", LOSS), &[]).exits(1);
    let report = user.report("report.md");
    assert!(report.contains("generated column gross"), "{report}");
    assert!(report.contains("it belongs to extension hstore"), "{report}");
}
