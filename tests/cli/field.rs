//! Databases that are not like the fixture: `fixtures/field`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::support::{Harness, RUN_WITHIN, leftovers};

const LOSS: &str = r#"[[steps]]
fault = { lose-volume = "primary" }
[[steps]]
recover = { from = "nightly" }
[[steps]]
check = ["ledger", "content"]
"#;

/// A drill over scripts of `fixtures/field`.
#[derive(Clone, Copy)]
struct Field<'a> {
    scripts: &'a [&'a str],
    /// What stands in the section of the server.
    postgres: &'a str,
    backup: &'a str,
    /// What follows the section of the workload.
    clients: &'a str,
    rest: &'a str,
}

impl Field<'_> {
    const fn dump<'a>(scripts: &'a [&'a str]) -> Field<'a> {
        Field {
            scripts,
            postgres: "",
            backup: r#"method = "dump", compress = "none""#,
            clients: "",
            rest: LOSS,
        }
    }

    const fn basebackup<'a>(scripts: &'a [&'a str]) -> Field<'a> {
        Field { backup: r#"method = "basebackup", compress = "none""#, ..Field::dump(scripts) }
    }

    fn drill(&self, user: &Harness) -> PathBuf {
        let sql: Vec<String> = self.scripts.iter().map(|name| format!("{:?}", source(name))).collect();
        let archive =
            if self.backup.contains("basebackup") { "[archive]\nmethod = \"command\"\n" } else { "" };
        let text = format!(
            "title = \"A database of the field\"\n[objectives]\nrto = \"10m\"\nrpo = \"24h\"\nrpo-at-worst = \
             \"unbounded\"\n\
             [postgres]\n{}\n{archive}[[nodes]]\nname = \"primary\"\n\
             [dataset]\nsql = [{}]\ndatabase = \"field\"\n[workload]\nwriters = 2\nrate = \"50/s\"\n{}\n\
             [[steps]]\nbackup = {{ {}, label = \"nightly\" }}\n[[steps]]\nwork = \"500ms\"\n{}",
            self.postgres,
            sql.join(", "),
            self.clients,
            self.backup,
            self.rest
        );
        user.drill("field", &text)
    }
}

fn source(name: &str) -> String {
    format!("{}/fixtures/field/{name}.sql", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_restore_that_its_tool_refuses_is_not_recovered() {
    let user = Harness::local();
    user.run(&Field::dump(&["refused-index"]).drill(&user), &[])
        .exits(1)
        .prints("not recovered: restore dump nightly")
        .prints("relation \"map\" does not exist");
    let words = fs::read_to_string(user.latest().join("field@15/evidence/not-recovered-04.txt"));
    assert!(words.expect("all its words").contains("CREATE INDEX words_norm"));
}

#[test]
fn what_a_dump_does_not_bring_back_is_named_with_its_reason() {
    let user = Harness::local();
    user.run(&Field::dump(&["differs-by-dump"]).drill(&user), &[]).exits(1);
    let report = user.report("report.md");
    assert!(report.contains("generated column gross"), "{report}");
    assert!(report.contains("it belongs to extension hstore"), "{report}");
}

/// A drill over a script of `fixtures/field` that loses a table and takes it back from a standby that replays
/// late.
fn from_standby(user: &Harness, script: &str, more: &str, fault: &str, table: &str, check: &str) -> PathBuf {
    let extra = user.folder().join("more.sql");
    fs::write(&extra, more).expect("a script");
    let text = format!(
        "title = \"A table of the field\"\n[objectives]\nrto = \"10m\"\n[[nodes]]\nname = \"primary\"\n\
         [[nodes]]\nname = \"delayed\"\nrole = \"standby\"\ndelay = \"10m\"\n\
         [dataset]\nsql = [{:?}, {extra:?}]\ndatabase = \"field\"\n[workload]\nwriters = 2\nrate = \"50/s\"\n\
         [[steps]]\nwork = \"500ms\"\n[[steps]]\nfault = {{ drop-table = {fault} }}\n\
         [[steps]]\nrecover = {{ table = '{table}', standby = \"delayed\" }}\n[[steps]]\ncheck = \
         [\"ledger\", {check}]\n",
        source(script)
    );
    user.drill("field", &text)
}

#[test]
fn what_cascade_took_comes_back_with_the_table_and_what_does_not_fails_by_name() {
    let user = Harness::local();
    let berth = "{ table = 'public.Berth', cascade = true }";
    let here = "select (select count(*) from \"Berth\" b join occupied using (id)), (select count(*) from \
        kept), \
                (select count(*) from pg_constraint where conname = 'at the berth' and convalidated), \
                (select count(*) from pg_policy where polname = 'known berths')";
    let check =
        format!("{{ sql = {{ title = \"all of it\", query = '''{here}''', expect = [[100, 100, 1, 1]] }} }}");
    user.run(&from_standby(&user, "taken-by-cascade", "", berth, "public.Berth", &check), &[]).exits(0);
    // No dump of tables holds these: a function of the table's rows, and a column of that type.
    let more = "create function weight(\"Berth\") returns int language sql as 'select 1'; create table log \
        (id int, old \"Berth\");";
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

fn unlogged(user: &Harness, rest: &str) -> PathBuf {
    let postgres = "settings = { archive_timeout = \"1s\" }";
    Field { postgres, rest, ..Field::basebackup(&["unlogged"]) }.drill(user)
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
    user.run(&unlogged(&user, rest), &[]).exits(1).prints("came back empty");
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
    let drill = unlogged(&user, rest);
    let file = drill.to_str().expect("a path");
    user.lifeboat(&["check", file]).exits(2).says("this recovery brings the human error back");
    user.run(&drill, &[]).exits(2).says("this recovery brings the human error back");
    assert!(!user.reports().exists(), "nothing was started");
}

/// Settings that reach into every session that does not say better.
const HINDERING: &str = "settings = { default_transaction_read_only = \"on\", \
    default_transaction_isolation = \"serializable\", statement_timeout = \"150ms\", \
    idle_in_transaction_session_timeout = \"400ms\" }";

const THROUGH_TRIGGERS: &str = r#"[[workload.transactions]]
sql = """insert into app.receipt values ('a');
insert into app.inbox values ('b');
insert into app.event select g, 'c' from generate_series(1, 8) g;"""
"#;

#[test]
fn what_is_unusual_and_no_damage_passes_by_a_dump_and_by_wal_of_small_segments() {
    let user = Harness::local();
    let scripts = ["values", "zoo", "clients", "closed"];
    let dump = Field { postgres: HINDERING, clients: THROUGH_TRIGGERS, ..Field::dump(&scripts) };
    user.run(&dump.drill(&user), &[]).exits(0);
    let report = user.report("report.md");
    assert!(report.contains("public.total of database ledger_eu was stale in the baseline"), "{report}");
    assert!(report.contains("public.cached was not compared"), "{report}");
    let small = format!("{HINDERING}\ninitdb = {{ wal-segsize = 1 }}");
    let wal = Field { postgres: &small, backup: r#"method = "basebackup""#, ..dump };
    user.run(&wal.drill(&user), &[]).exits(0);
    let report = user.report("report.md");
    for table in ["app.receipt", "app.trail", "app.kept", "app.event_0", "app.event_1"] {
        assert!(report.contains(&format!("{table} of database field was added to")), "{table}: {report}");
    }
    user.assert_nothing_is_left();
}

#[test]
fn what_is_harmed_after_a_restore_is_named_table_by_table() {
    let user = Harness::local();
    let clients = r#"[[workload.transactions]]
sql = """insert into app.visit values (0, 'x');
select app.harm();"""
"#;
    user.run(&Field { clients, ..Field::basebackup(&["values", "harm"]) }.drill(&user), &[]).exits(1);
    let report = user.report("report.md");
    for complaint in [
        r#"a."b.c" is missing"#,
        "f.word has the expected 2 rows with different content",
        "f.words has the expected 1 row with different content",
        "f.swap has the expected 2 rows with different content",
        "f.total has the expected 1 row with different content, and not what its query returns",
        "app.visit has 2,0",
    ] {
        assert!(report.contains(complaint), "{complaint}: {report}");
    }
}

/// The folder of the backup in the only run.
fn backup(user: &Harness) -> PathBuf {
    let runs = leftovers::runs(&user.work()).into_iter().flat_map(|run| fs::read_dir(run).expect("a run"));
    let folders = runs.flatten().map(|run| run.path().join("repository/backup/nightly"));
    folders.into_iter().find(|folder| folder.exists()).expect("a backup")
}

fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).expect("a file of the backup");
    change(&mut bytes);
    fs::write(path, bytes).expect("a file of the backup");
}

#[test]
fn a_dump_that_is_damaged_is_not_recovered_in_the_words_of_its_tool() {
    let cut = |folder: &Path| edit(&folder.join("field.dump"), |bytes| bytes.truncate(bytes.len() / 2));
    let empty = |folder: &Path| edit(&folder.join("field.dump"), Vec::clear);
    let flipped = |folder: &Path| {
        edit(&folder.join("field.dump"), |bytes| {
            let row = b"777\tc777";
            let at = bytes.windows(row.len()).position(|window| window == row).expect("the row");
            bytes[at] = b'x';
        });
    };
    let globals = |folder: &Path| fs::remove_file(folder.join("globals.sql")).expect("globals");
    let role = |folder: &Path| {
        edit(&folder.join("globals.sql"), |bytes| {
            let text = String::from_utf8(bytes.clone()).expect("UTF-8");
            *bytes = text
                .lines()
                .filter(|line| !line.contains("lifeboat_app"))
                .collect::<Vec<_>>()
                .join("\n")
                .into();
        });
    };
    type Damage<'a> = (&'a dyn Fn(&Path), &'a str);
    let damages: [Damage<'_>; 5] = [
        (&cut, "pg_restore: error: could not read from input file: end of file"),
        (&empty, "pg_restore: error: input file is too short (read 0, expected 5)"),
        (&flipped, "invalid input syntax for type integer: \"x77\""),
        (&globals, "ERROR: globals.sql is missing or empty"),
        (&role, "ERROR:  role \"lifeboat_app\" does not exist"),
    ];
    for (damage, words) in damages {
        let user = Harness::local();
        let running = user.start(&Field::dump(&["values"]).drill(&user));
        user.wait_for_step(2);
        damage(&backup(&user));
        let told = running.wait(RUN_WITHIN).exits(1);
        let report = user.report("report.md");
        assert!(told.stdout.contains("not recovered: restore dump nightly: exit code "), "{}", told.stdout);
        assert!(report.contains(words), "{words}: {report}");
        assert!(user.latest().join("field@15/evidence/not-recovered-04.txt").exists());
        user.assert_nothing_is_left();
    }
}

#[test]
fn more_tables_than_locks_and_an_object_above_a_gigabyte_are_compared() {
    let user = Harness::local();
    // Fewer than 600 locks, what is spare among them.
    let few = "settings = { max_locks_per_transaction = \"10\", max_connections = \"20\", \
        max_worker_processes = \"4\" }";
    let base = Field { postgres: few, ..Field::basebackup(&["large"]) };
    user.run(&base.drill(&user), &[]).exits(0);
    assert!(
        user.report("report.md").contains("702 tables and 4 rows identical"),
        "{}",
        user.report("report.md")
    );
    user.assert_nothing_is_left();
}
