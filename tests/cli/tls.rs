//! A drill that demands encryption: every connection of its clients, standbys and tools has it, and a
//! recovered server that no longer demands it fails.

use std::fs;

use crate::support::{Harness, open_to_everybody};

const SECTIONS: &str = r#"
title = "Encrypted"
[objectives]
rto = "1m"
[postgres]
tls = true
settings = { archive_timeout = "1s" }
[[nodes]]
name = "primary"
[[nodes]]
name = "standby"
role = "standby"
[archive]
method = "command"
[dataset]
command = ["./load.sh"]
[workload]
writers = 2
rate = "50/s"
"#;

const STEPS: &str = r#"
[[steps]]
backup = { method = "basebackup", label = "plain", node = "standby" }
[[steps]]
backup = { method = "dump", label = "logical" }
[[steps]]
rehearse = { from = "logical" }
[[steps]]
rehearse = { from = "plain" }
[[steps]]
check = ["content", "amcheck"]
[[steps]]
exec = { on = "standby", command = ["psql", "-XAtqc", "select 1"] }
[[steps]]
fault = { kill-node = "primary" }
[[steps]]
recover = { promote = "standby" }
[[steps]]
check = ["ledger", "reprotect", { sql = { title = "all encrypted", query = """
    select bool_and(ssl), count(*) > 0 from pg_stat_ssl join pg_stat_activity using (pid)
    where client_port > 0 and application_name = 'lifeboat'""", expect = [[true, true]] } }]
"#;

/// Fails where its own session is not encrypted.
const LOAD: &str = "#!/bin/sh
test \"$PGSSLMODE\" = verify-full
psql -XAtqc 'select 1 / count(*) filter (where ssl) from pg_stat_ssl where pid = pg_backend_pid()'
";

#[test]
fn all_that_a_drill_does_is_encrypted_where_it_demands_that() {
    let user = Harness::local();
    let drill = user.drill("encrypted", &format!("{SECTIONS}{STEPS}"));
    let load = user.folder().join("drills/load.sh");
    fs::write(&load, LOAD).expect("a script");
    open_to_everybody(&load);
    user.run(&drill, &[]).exits(0);
    let journal = user.report("journal.jsonl");
    assert!(!journal.contains("PRIVATE KEY"), "no key is told");
    let report = user.report("report.md");
    assert!(report.contains("encrypted (TLSv1.3); one without encryption was refused."), "{report}");
    user.assert_nothing_is_left();
}

#[test]
fn a_recovered_server_that_takes_what_is_not_encrypted_fails() {
    let user = Harness::local();
    let steps = r#"
[[steps]]
exec = { on = "primary", command = [
    "sh", "-c", "sed -i '/^hostnossl/d; s/^hostssl/host/' $(psql -XAtqc 'show hba_file')",
] }
[[steps]]
fault = { kill-postmaster = "primary" }
[[steps]]
recover = { restart = "primary" }
[[steps]]
check = ["ledger"]
"#;
    let drill = user.drill("widened", &format!("{SECTIONS}{steps}").replace("[\"./load.sh\"]", "[\"true\"]"));
    user.run(&drill, &[]).exits(1).prints("the recovered server takes connections that are not encrypted");
    user.assert_nothing_is_left();
}

#[test]
fn a_server_that_is_opened_after_it_was_recovered_fails_at_the_next_check() {
    let user = Harness::local();
    let steps = r#"
[[steps]]
fault = { kill-postmaster = "primary" }
[[steps]]
recover = { restart = "primary" }
[[steps]]
exec = { on = "primary", command = [
    "sh", "-c",
    """f=$(psql -XAtqc 'show hba_file'); sed -i '1i host all lifeboat_app all trust' $f; \
    psql -c 'select pg_reload_conf()'""",
] }
[[steps]]
check = ["ledger"]
"#;
    let drill = user.drill("opened", &format!("{SECTIONS}{steps}").replace("[\"./load.sh\"]", "[\"true\"]"));
    user.run(&drill, &[])
        .exits(1)
        .prints("since step 4, the recovered server takes connections that are not");
    user.assert_nothing_is_left();
}
