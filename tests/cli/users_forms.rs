//! The other forms in which a user's database comes, and how its servers are made: each once on a real
//! server.

use std::fs;

use crate::support::{Harness, open_to_everybody, text};

/// A drill of a crash, over sections of its own, which asks `question` at its end.
fn crash(sections: &str, steps: &str, question: &str, answer: &str) -> String {
    format!(
        "title = \"A crash\"\n[objectives]\nrto = \"1m\"\n{sections}\n[workload]\nwriters = 2\nrate = \
         \"50/s\"\n{steps}\n\
         [[steps]]\nwork = \"300ms\"\n[[steps]]\nfault = {{ kill-postmaster = \"primary\" }}\n\
         [[steps]]\nrecover = {{ restart = \"primary\" }}\n[[steps]]\n\
         check = [\"ledger\", \"content\", {{ sql = {{ title = \"as declared\", query = \
         \"\"\"{question}\"\"\", \
         expect = [[{answer}]] }} }}]\n"
    )
}

const LOAD: &str = "#!/bin/sh
exec psql -Xq -v ON_ERROR_STOP=1 <<'SQL'
create role clerk nologin;
create table item (id int primary key, name text not null);
insert into item select n, 'caf' || chr(233) || ' ' || n from generate_series(1, 2000) as n;
alter table item owner to clerk;
SQL
";

const COMMAND: &str = r#"
[postgres]
settings = { work_mem = "5MB" }
extensions = ["pg_trgm"]
preload = ["pg_stat_statements"]
hba = ["host all stranger 0.0.0.0/0 reject"]
initdb = { data-checksums = false, wal-segsize = 1, encoding = "LATIN1", locale = "C" }
[[nodes]]
name = "primary"
settings = { work_mem = "7MB" }
[dataset]
command = ["./load.sh"]
deadline = "1m"
database = "stock"
"#;

const AS_DECLARED: &str = "select current_setting('server_encoding'), current_setting('data_checksums'), \
    current_setting('wal_segment_size'), current_setting('work_mem'), \
    current_setting('shared_preload_libraries'), \
    (select count(*) from pg_extension where extname = 'pg_trgm'), \
    (select count(*) from pg_hba_file_rules where user_name = '{stranger}' and auth_method = 'reject'), \
    (select datcollate from pg_database where datname = current_database()), (select count(*) from item)";

const DUMP: &str = r#"
[postgres]
initdb = { icu = "de" }
[[nodes]]
name = "primary"
[dataset]
dump = "out/stock.dump"
globals = "out/globals.sql"
database = "stock"
"#;

const AS_DUMPED: &str = "select (select datlocprovider from pg_database where datname = 'postgres'), \
    (select tableowner from pg_tables where tablename = 'item'), pg_encoding_to_char(encoding), \
    (select name from item where id = 7) from pg_database where datname = current_database()";

const SIZE: &str = r#"
[[nodes]]
name = "primary"
[dataset]
fixture = "shop"
size = "50MB"
"#;

#[test]
fn a_database_of_a_command_or_a_dump_on_servers_of_the_users_kind_is_as_declared() {
    let user = Harness::local();
    let folder = user.folder().join("drills");
    fs::create_dir_all(folder.join("out")).expect("a folder");
    open_to_everybody(&folder.join("out"));
    fs::write(folder.join("load.sh"), LOAD).expect("a script");
    open_to_everybody(&folder.join("load.sh"));
    // The server's user writes there what the next drill begins with.
    let out = folder.join("out");
    let dump = format!(
        "[[steps]]\nexec = {{ on = \"primary\", command = [\"sh\", \"-c\", \"pg_dump -Fc -N lifeboat -f \
         {0}/stock.dump && \
         pg_dumpall --globals-only -f {0}/globals.sql\"] }}",
        text(&out)
    );
    let answer = r#""LATIN1", "off", "1MB", "7MB", "pg_stat_statements", 1, 1, "C", 2000"#;
    user.run(&user.drill("command", &crash(COMMAND, &dump, AS_DECLARED, answer)), &[]).exits(0);

    let answer = r#""i", "clerk", "LATIN1", "café 7""#;
    let dump = user.drill("dump", &crash(DUMP, "", AS_DUMPED, answer));
    let size = user.drill("size", &crash(SIZE, "", "select pg_database_size('shop') >= 50000000", "true"));
    user.lifeboat(&["run", text(&dump), text(&size)]).exits(0);
    user.assert_nothing_is_left();
}

const TABLESPACES: &str = r#"
title = "Tablespaces come back in directories of each server's own"
[objectives]
rto = "1m"
[postgres]
settings = { archive_timeout = "1s" }
tablespaces = ["fast"]
[[nodes]]
name = "primary"
[[nodes]]
name = "standby"
role = "standby"
[archive]
method = "command"
[dataset]
sql = ["hot.sql"]
[workload]
writers = 2
rate = "50/s"
[[steps]]
backup = { method = "basebackup", label = "plain" }
[[steps]]
backup = { method = "basebackup", label = "packed", compress = "gzip", node = "standby" }
[[steps]]
backup = { method = "dump", label = "logical" }
[[steps]]
rehearse = { from = "packed" }
[[steps]]
check = [
    "content",
    { sql = { title = "places", query = """PLACES OF COPY""", expect = [["fast", 1], ["Slow Disk", 1]] } },
]
[[steps]]
rehearse = { from = "logical" }
[[steps]]
check = [
    "content",
    { sql = { title = "places", query = """PLACES OF COPY""", expect = [["fast", 1], ["Slow Disk", 1]] } },
]
[[steps]]
fault = { lose-volume = "primary" }
[[steps]]
recover = { from = "plain" }
[[steps]]
check = [
    "ledger", "content", "reprotect",
    { sql = { title = "places", query = """PLACES OF RECOVERED""", expect = [
        ["fast", 1], ["Slow Disk", 1]
    ] } },
]
"#;

/// Which tablespaces hold how many tables, and lie in the place of this node's own.
fn places(node: &str) -> String {
    format!(
        "select spcname, count(*) from pg_class join pg_tablespace as t on t.oid = reltablespace where \
         relkind = 'r' \
         and pg_tablespace_location(t.oid) like '%/ts-{}/%' group by spcname order by spcname = 'Slow Disk'",
        &lifeboat::journal::hash_of(node.as_bytes())[..8]
    )
}

#[test]
fn tablespaces_of_a_copy_are_its_own_by_a_plain_a_packed_and_a_logical_backup() {
    let user = Harness::from_scratch();
    let place = user.folder().join("slow");
    fs::create_dir(&place).expect("a folder");
    open_to_everybody(&place);
    let hot = format!(
        "\\! mkdir -p -m 700 {0}/disk\ncreate tablespace \"Slow Disk\" location '{0}/disk';\ncreate table \
         hot tablespace fast as \
         select n, repeat('x', 200) as t from generate_series(1, 2000) as n;\n\
         create table cold tablespace \"Slow Disk\" as select * from hot;\n",
        text(&place)
    );
    let drill = user.drill(
        "tablespaces",
        &TABLESPACES
            .replace("PLACES OF COPY", &places("copy"))
            .replace("PLACES OF RECOVERED", &places("recovered")),
    );
    fs::write(user.folder().join("drills/hot.sql"), hot).expect("a script");
    user.run(&drill, &[]).exits(0);
    let left: Vec<_> = fs::read_dir(place.join("disk")).expect("a folder").collect();
    assert!(left.is_empty(), "{left:?}");
    // Again, from the prepared copy of that cluster.
    let sections = "[postgres]\ntablespaces = [\"fast\"]\n[[nodes]]\nname = \"primary\"\n[dataset]\nsql = \
        [\"hot.sql\"]\n";
    let answer = r#""fast", 1], ["Slow Disk", 1"#;
    user.run(&user.drill("prepared", &crash(sections, "", &places("primary"), answer)), &[])
        .exits(0)
        .says("prepared@15  check 3/3 sql as declared: PASS");
    user.assert_nothing_is_left();
}
