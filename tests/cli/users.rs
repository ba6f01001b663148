//! A database of the user's own: scripts, hostile names, transactions, and what is said where they are wrong.

use std::{fs, path::Path, time::Duration};

use crate::support::{Harness, RUN_WITHIN, leftovers, text};

/// A file of the example.
pub(crate) fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/user").join(name);
    text(&path).to_owned()
}

/// A copy of the example, in which the drill says `with` where it said `what`.
pub(crate) fn changed(user: &Harness, drill: &str, what: &str, with: &str) -> std::path::PathBuf {
    for file in ["schema.sql", "berths.sql", "rows.sql", "arrivals.sql", "charts.sql", "sightings.sql"] {
        let folder = user.folder().join("drills");
        fs::create_dir_all(&folder)
            .and_then(|()| fs::copy(example(file), folder.join(file)))
            .expect("a copy");
    }
    let toml = fs::read_to_string(example(drill)).expect("the example");
    assert!(toml.contains(what), "{what}");
    user.drill("changed", &toml.replace(what, with))
}

#[test]
fn a_users_database_and_transactions_survive_by_wal_and_by_a_dump() {
    let user = Harness::local();
    user.lifeboat(&["run", &example("pitr.toml"), &example("dump.toml")]).exits(0);
    let work = &user.json()["drills"][0]["work"];
    assert!(work["reads"].as_u64() > Some(0) && work["refusals"].is_null(), "{work}");
    let primary = user.report("pitr@15/evidence/primary.log");
    assert!(!primary.contains("ERROR"), "the clients' transactions were refused:\n{primary}");
    user.assert_nothing_is_left();
}

#[test]
fn a_row_that_is_another_after_the_restore_fails() {
    let user = Harness::local();
    let drill = changed(
        &user,
        "pitr.toml",
        "initdb = { data-checksums = true, wal-segsize = 4 }",
        "initdb = { data-checksums = false }",
    );
    let running = user.start(&drill);
    user.wait_for_step(2);
    let runs = leftovers::runs(&user.work()).into_iter().flat_map(|run| fs::read_dir(run).expect("a run"));
    let base: Vec<_> = runs.flatten().map(|run| run.path().join("repository/backup/nightly/base")).collect();
    let databases = base.iter().filter_map(|base| fs::read_dir(base).ok()).flatten().flatten();
    let files = databases.flat_map(|database| fs::read_dir(database.path()).expect("a database")).flatten();
    let mut damaged = 0;
    for path in files.map(|file| file.path()) {
        let mut bytes = fs::read(&path).expect("a relation");
        let before = damaged;
        while let Some(at) = bytes.windows(11).position(|window| window == b"Account 777") {
            bytes[at + 8] = b'8';
            damaged += 1;
        }
        // A file that is written anew is empty for a moment, and the restore may be at it.
        if damaged > before {
            fs::write(&path, bytes).expect("a relation");
        }
    }
    assert!(damaged > 0, "no relation holds the row");
    // The content differs, and the backup's own manifest says so too.
    running.wait(RUN_WITHIN).exits(1).prints("account");
    let report = user.report("report.md");
    assert!(report.contains("checksum mismatch for file"), "{report}");
    user.assert_nothing_is_left();
}

#[test]
fn what_the_users_own_statements_and_commands_say_is_evidence_and_one_that_fails_leaves_the_drill_open() {
    let user = Harness::local();
    let own = r#"
[[steps]]
sql = { file = "interest.sql", database = "ledgers", role = "marina_owner" }

[[steps]]
exec = { on = "primary", command = ["psql", "-Atc", "select current_setting('data_directory')"] }

[[steps]]
backup ="#;
    let drill = changed(&user, "pitr.toml", "[[steps]]\nbackup =", own);
    fs::write(user.folder().join("drills/interest.sql"), "update account\nset balance = balance * 1.02;\n")
        .expect("a script");
    // What a step changes before the fault is what the recovery must bring back.
    user.run(&drill, &[]).exits(0);
    let sql = user.report("changed@15/evidence/step-01-sql.txt");
    assert!(sql.contains("\nSET\n") && sql.ends_with("UPDATE 1000\n"), "{sql}");
    let exec = user.report("changed@15/evidence/step-02-exec.txt");
    assert!(exec.trim_end().ends_with("/primary/data"), "{exec}");

    let failing = r#"
[[steps]]
exec = { on = "primary", command = ["sh", "-c", "echo no such tape; exit 7"] }

[[steps]]
fault ="#;
    let drill = changed(&user, "pitr.toml", "[[steps]]\nfault =", failing);
    user.run(&drill, &[]).exits(3);
    let report = user.report("report.md");
    assert!(report.contains("exit code 7: no such tape"), "{report}");
    user.assert_nothing_is_left();
}

#[test]
fn a_file_that_is_missing_and_a_script_that_is_none_are_told_before_anything_starts() {
    let user = Harness::from_scratch();
    let drill = changed(&user, "pitr.toml", "rows.sql", "riws.sql");
    user.lifeboat(&["check", text(&drill)]).exits(2).says("riws.sql: No such file");
    let drill = changed(&user, "pitr.toml", "rows.sql", "rows.sql");
    fs::write(user.folder().join("drills/arrivals.sql"), "select 1;\n\\sleep 1\n").expect("a script");
    let told = user.lifeboat(&["check", text(&drill)]).exits(2);
    assert!(
        told.stderr.contains("arrivals.sql") && told.stderr.contains("line 2: `\\sleep`"),
        "{}",
        told.stderr
    );
}

#[test]
fn a_script_that_fails_and_transactions_that_never_commit_are_told_in_the_servers_words() {
    let user = Harness::local();
    let drill = changed(&user, "pitr.toml", "rows.sql", "rows.sql");
    fs::write(user.folder().join("drills/rows.sql"), "\nselect 1 / 0;\n").expect("a script");
    user.run(&drill, &[]).exits(3);
    let report = user.report("report.md");
    assert!(report.contains("rows.sql:2: ERROR:  division by zero"), "{report}");

    let drill = changed(&user, "pitr.toml", "role = \"marina_app\"\n", "");
    let began = std::time::Instant::now();
    user.run(&drill, &[]).exits(3);
    assert!(
        user.report("report.md").contains("permission denied for schema Piers"),
        "{}",
        user.report("report.md")
    );
    assert!(began.elapsed() < Duration::from_secs(50), "it was hopeless from the first moment on");
    user.assert_nothing_is_left();
}

#[test]
fn a_drill_of_an_image_is_skipped_where_nodes_are_no_containers() {
    let user = Harness::local();
    let why = "skipped: run the drill's image lifeboat-postgis:{version}";
    user.lifeboat(&["run", &example("postgis-pitr.toml")]).exits(6).says(why).says("--runtime docker");
}

#[test]
fn a_new_drill_is_found_by_its_name_and_listed_after_the_shipped_ones() {
    let user = Harness::from_scratch();
    user.lifeboat(&["new", "mine"]).exits(0);
    user.lifeboat(&["check", "mine"]).exits(0).prints("ok  mine");
    let completed = |word: &str| {
        let binary = Path::new(assert_cmd::cargo::cargo_bin!("lifeboat")).parent().expect("a folder");
        let script = format!(
            "PATH={}:$PATH; source <(lifeboat completions bash)\n\
             COMP_WORDS=(lifeboat run {word}); COMP_CWORD=2\n\
             _lifeboat_with_drills lifeboat {word} run\n\
             printf '%s ' \"${{COMPREPLY[@]}}\"; complete -p lifeboat",
            binary.display()
        );
        let mut bash = std::process::Command::new("bash");
        let told = bash.args(["-c", &script]).current_dir(user.folder()).output().expect("bash");
        String::from_utf8_lossy(&told.stdout).into_owned()
    };
    assert!(completed("m").starts_with("mine complete "), "{}", completed("m"));
    assert!(completed("loss/d").starts_with("loss/dump complete "), "{}", completed("loss/d"));
    assert!(completed("loss/d").contains("-F _lifeboat_with_drills lifeboat"));
    assert!(completed("--runt").starts_with("--runtime complete "), "{}", completed("--runt"));
    let listed = user.lifeboat(&["list"]).exits(0).stdout;
    let place = |name: &str| listed.find(name).unwrap_or_else(|| panic!("{name} is not in:\n{listed}"));
    assert!(place("loss/pitr-latest") < place("\nmine"), "{listed}");
}

#[test]
fn transactions_of_one_kind_that_are_all_refused_are_seen_in_the_reports_beside_others_that_commit() {
    let user = Harness::local();
    let kinds = "[[workload.transactions]]\nsql = 'insert into \"Piers & Co\".chart values (1)'\n\n\
                 [[workload.transactions]]\nread-only = true\nsql = 'select 1 / 0'\n\n[[steps]]\nbackup";
    let drill = changed(&user, "dump.toml", "[[steps]]\nbackup", kinds);
    let told = user.run(&drill, &[]);
    let work = &user.json()["drills"][0]["work"];
    let refused = |state: &str| {
        let refusals = work["refusals"].as_array().expect("refusals").iter();
        refusals
            .filter(|refusal| refusal["state"] == state)
            .filter_map(|refusal| refusal["count"].as_u64())
            .sum::<u64>()
    };
    assert!(refused("42P01") > 0 && refused("22012") > 0, "{work}\n{}", told.stderr);
    let report = user.report("report.md");
    assert!(report.contains("division by zero") && report.contains("SQLSTATE 42P01"), "{report}");
}
