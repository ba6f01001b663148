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

/// A drill over a script of `fixtures/field` that loses a table and takes it back from a standby that replays late.
fn from_standby(
    user: &Harness,
    script: &str,
    more: &str,
    fault: &str,
    table: &str,
    check: &str,
) -> std::path::PathBuf {
    let extra = user.folder().join("more.sql");
    std::fs::write(&extra, more).expect("a script");
    let text = format!(
        "title = \"A table of the field\"\n[objectives]\nrto = \"10m\"\n[[nodes]]\nname = \"primary\"\n\
         [[nodes]]\nname = \"delayed\"\nrole = \"standby\"\ndelay = \"10m\"\n\
         [dataset]\nsql = [{:?}, {extra:?}]\ndatabase = \"field\"\n[workload]\nwriters = 2\nrate = \"50/s\"\n\
         [[steps]]\nwork = \"500ms\"\n[[steps]]\nfault = {{ drop-table = {fault} }}\n\
         [[steps]]\nrecover = {{ table = '{table}', standby = \"delayed\" }}\n[[steps]]\ncheck = [\"ledger\", {check}]\n",
        source(script)
    );
    user.drill("field", &text)
}

#[test]
fn what_cascade_took_comes_back_with_the_table_and_what_does_not_fails_by_name() {
    let user = Harness::local();
    let berth = "{ table = 'public.Berth', cascade = true }";
    let here = "select (select count(*) from \"Berth\" b join occupied using (id)), (select count(*) from kept), \
                (select count(*) from pg_constraint where conname = 'at the berth' and convalidated), \
                (select count(*) from pg_policy where polname = 'known berths')";
    let check =
        format!("{{ sql = {{ title = \"all of it\", query = '''{here}''', expect = [[100, 100, 1, 1]] }} }}");
    user.run(&from_standby(&user, "taken-by-cascade", "", berth, "public.Berth", &check), &[]).exits(0);
    // No dump of tables holds these: a function of the table's rows, and a column of that type.
    let more = "create function weight(\"Berth\") returns int language sql as 'select 1'; create table log (id int, old \"Berth\");";
    user.run(&from_standby(&user, "taken-by-cascade", more, berth, "public.Berth", &check), &[]).exits(1);
    let told = user.json().to_string();
    assert!(told.contains("not everything came back: function public.weight("), "{told}");
    assert!(told.contains("missing: table column public.log.old"), "{told}");
    assert_eq!(told.matches("missing: ").count(), 2, "{told}");
}

#[test]
fn a_partition_comes_back_where_it_was_attached() {
    let user = Harness::local();
    let check = r#"{ sql = { title = "attached", query = "select count(*) from pier", expect = [[1]] } }"#;
    let drill =
        from_standby(&user, "taken-by-cascade", "", "\"public.pier_2024\"", "public.pier_2024", check);
    user.run(&drill, &[]).exits(0);
}

#[test]
fn an_unlogged_table_that_comes_back_empty_fails() {
    let user = Harness::local();
    let rest = r#"[[steps]]
fault = { drop-table = "public.tally" }
[[steps]]
work = "1s"
[[steps]]
recover = { from = "nightly", target = "before-fault" }
[[steps]]
check = ["ledger", "content"]
"#;
    user.run(&drill(&user, &["unlogged"], "archive_timeout = \"1s\"", "basebackup", rest), &[])
        .exits(1)
        .prints("came back empty");
}

#[test]
fn a_recovery_that_brings_a_human_error_back_is_refused_before_anything_starts() {
    let user = Harness::local();
    let rest = r#"[[steps]]
fault = { drop-table = "public.tally" }
[[steps]]
recover = { from = "nightly", target = "latest" }
[[steps]]
check = ["ledger", "reprotect"]
"#;
    let drill = drill(&user, &["unlogged"], "archive_timeout = \"1s\"", "basebackup", rest);
    let file = drill.to_str().expect("a path");
    user.lifeboat(&["check", file]).exits(2).says("this recovery brings the human error back");
    user.run(&drill, &[]).exits(2).says("this recovery brings the human error back");
    assert!(!user.reports().exists(), "nothing was started");
}
