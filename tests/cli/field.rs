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
