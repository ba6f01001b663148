//! Restore tests of dumps that `pg_dump` and `pg_dumpall` made: a good one passes in every form, and one that
//! is damaged fails with the reason in words.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::{Harness, open_to_everybody, text};

/// Dumps of a database whose tables belong to roles, in every form.
const DUMPS: &str = "cd OUT
psql -Xqd postgres -c 'create role shop_owner' -c 'create role clerk login' \
    -c 'create database till owner shop_owner'
psql -Xqd till -c 'create schema till authorization shop_owner' \
    -c 'create table till.receipt as select n as id, md5(n::text) as note from generate_series(1, 5000) n' \
    -c 'alter table till.receipt owner to shop_owner' -c 'grant select on till.receipt to clerk'
mkdir -m 700 space
echo \"create tablespace fast location 'OUT/space'\" | psql -Xqd postgres
psql -Xqd till -c 'create table till.hot tablespace fast as select 1 as id'
pg_dump -Fc till -f till.dump
pg_dump -Ft till -f till.tar
pg_dump -Fd till -f till.folder
pg_dump till -f till.sql
pg_dumpall -f all.sql
pg_dumpall --globals-only -f globals.sql
psql -Xqd postgres -c 'create database nothing'
pg_dump -Fc nothing -f nothing.dump
chmod -R a+rX *.* till.folder
";

const PRODUCTION: &str = r#"
title = "Production"
[[nodes]]
name = "primary"
[workload]
writers = 0
[[steps]]
exec = { on = "primary", command = ["sh", "-eu", "SCRIPT"] }
[[steps]]
fault = { kill-postmaster = "primary" }
[[steps]]
recover = { restart = "primary" }
[[steps]]
check = ["amcheck"]
"#;

/// A user with dumps of a production server.
fn with_dumps() -> (Harness, PathBuf) {
    let user = Harness::local();
    let out = user.folder().join("out");
    fs::create_dir(&out).expect("a folder");
    open_to_everybody(&out);
    let script = user.folder().join("dumps.sh");
    fs::write(&script, DUMPS.replace("OUT", text(&out))).expect("a script");
    open_to_everybody(&script);
    let drill = user.drill("production", &PRODUCTION.replace("SCRIPT", text(&script)));
    user.run(&drill, &[]).exits(0);
    (user, out)
}

/// A restore test of a backup with these arguments.
fn restored(user: &Harness, backup: &str, arguments: &[&str]) -> crate::support::Told {
    let mut all = vec!["restore-test", backup, "--runtime", "local"];
    all.extend(arguments);
    user.lifeboat(&all)
}

#[test]
fn a_good_dump_passes_in_every_form_and_says_what_is_not_proven() {
    let (user, out) = with_dumps();
    let globals = out.join("globals.sql");
    let limits = ["--globals", text(&globals), "--rto", "5m", "--rpo", "1h", "--max-age", "1h"];
    let rows = ["--check", "amcheck", "--rows", "till.receipt=5000"];
    for backup in ["till.dump", "till.tar", "till.folder", "till.sql"] {
        restored(&user, text(&out.join(backup)), &[&limits[..], &rows[..]].concat()).exits(0);
    }
    restored(&user, text(&out.join("all.sql")), &rows).exits(0);
    let report = user.report("report.md");
    for said in [
        "script of a whole cluster of pg_dumpall",
        "one of 1 backup",
        "by when it was last modified",
        "No backup schedule is declared",
    ] {
        assert!(report.contains(said), "{said} is not in:\n{report}");
    }
    // The newest that a pattern fits, with a drill file that can be kept and run again.
    fs::copy(out.join("till.dump"), out.join("till-2.dump")).expect("a copy");
    let saved = user.folder().join("drills/saved.toml");
    let pattern = format!("{}/till*.dump", text(&out));
    restored(&user, &pattern, &["--globals", text(&globals), "--save", text(&saved)]).exits(0);
    assert!(user.report("report.md").contains("Restored from till-2.dump, one of 2 backups"));
    user.run(&saved, &[]).exits(0);
    user.assert_nothing_is_left();
}

/// Runs a shell in a folder; what it needs is there on every machine that runs these tests.
fn shell(folder: &Path, script: &str) {
    let mut shell = Command::new("/bin/sh");
    let status = shell.args(["-euc", script]).current_dir(folder).status().expect("a shell");
    assert!(status.success(), "{script}");
}

#[test]
fn a_dump_that_tools_packed_and_encrypted_is_unwrapped_and_a_wrong_key_or_a_cut_fails() {
    let (user, out) = with_dumps();
    fs::write(out.join("key"), "correct horse\n").expect("a key");
    shell(
        &out,
        "gzip -k till.sql
         zstd -q till.dump -o till.dump.zst
         openssl enc -aes-256-cbc -pbkdf2 -iter 20000 -pass file:key -in till.dump.zst -out till.dump.zst.enc
         GNUPGHOME=$(mktemp -d) gpg --batch --quiet --pinentry-mode loopback --passphrase-file key \
             --symmetric --output till.sql.gz.gpg till.sql.gz
         head -c 20000 till.sql.gz > cut.sql.gz
         echo wrong > wrong",
    );
    let globals = out.join("globals.sql");
    let key = format!("file:{}", text(&out.join("key")));
    let wrong = format!("file:{}", text(&out.join("wrong")));
    let rows = ["--globals", text(&globals), "--rows", "till.receipt=5000"];
    let with = |reference| [&rows[..], &["--passphrase", reference]].concat();
    let iterations = ["--iterations", "20000"];
    restored(&user, text(&out.join("till.sql.gz")), &rows).exits(0);
    restored(&user, text(&out.join("till.sql.gz.gpg")), &with(key.as_str())).exits(0);
    let report = user.report("report.md");
    assert!(report.contains("unwrapped from OpenPGP, gzip") && report.contains("\ndecrypt "), "{report}");
    let enc = text(&out.join("till.dump.zst.enc")).to_owned();
    restored(&user, &enc, &[&with(key.as_str())[..], &iterations].concat()).exits(0);
    for file in ["report.md", "report.json", "journal.jsonl", "junit.xml"] {
        assert!(!user.report(file).contains("correct horse"), "{file}");
    }
    for (backup, arguments, code) in [
        ("cut.sql.gz", rows.to_vec(), 1),
        ("till.sql.gz.gpg", with(wrong.as_str()), 1),
        ("till.dump.zst.enc", [&with(wrong.as_str())[..], &iterations].concat(), 1),
        // Without any key the backup can't be judged.
        ("till.sql.gz.gpg", rows.to_vec(), 3),
    ] {
        restored(&user, text(&out.join(backup)), &arguments).exits(code);
    }
    user.assert_nothing_is_left();
}

#[test]
fn a_dump_that_is_damaged_or_is_not_the_one_that_was_meant_fails_with_the_reason() {
    let (user, out) = with_dumps();
    let globals = out.join("globals.sql");
    let roles = ["--globals", text(&globals)];
    let write = |name: &str, content: &[u8]| fs::write(out.join(name), content).expect("a file");
    let dump = fs::read(out.join("till.dump")).expect("a dump");
    write("cut.dump", &dump[..dump.len() * 2 / 3]);
    let mut flipped = dump.clone();
    flipped[dump.len() / 2] ^= 0x55;
    write("flipped.dump", &flipped);
    write("empty.dump", b"");
    write("wrong.dump", b"this is a letter\n");
    let script = fs::read_to_string(out.join("till.sql")).expect("a script");
    write("cut.sql", &script.as_bytes()[..script.len() * 2 / 3]);
    let part = fs::read_dir(out.join("till.folder"))
        .expect("a folder")
        .flatten()
        .find(|entry| entry.file_name().to_string_lossy().ends_with(".dat.gz"));
    fs::remove_file(part.expect("a part").path()).expect("it is removed");
    for (backup, arguments, why) in [
        ("cut.dump", &roles[..], "could not read from input file: end of file"),
        ("flipped.dump", &roles[..], "pg_restore: error: could not"),
        ("empty.dump", &roles[..], "it is empty"),
        ("wrong.dump", &roles[..], "it is no dump"),
        ("cut.sql", &roles[..], "it was cut short"),
        ("till.folder", &roles[..], "No such file or directory"),
        ("nothing.dump", &roles[..], "this is a backup of nothing"),
        ("gone.dump", &roles[..], "there is nothing"),
        // Owners and grants are gone with the roles.
        ("till.dump", &[], "role \"shop_owner\" does not exist"),
        ("till.dump", &["--globals", text(&globals), "--min-size", "1GB"], "the backup is too small"),
        ("till.dump", &["--globals", text(&globals), "--rows", "till.receipt=5001"], "5,000 rows"),
    ] {
        let told = restored(&user, text(&out.join(backup)), arguments).exits(1);
        let said: String = told.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(why), "{backup}: {why:?} is not in:\n{said}");
    }
    user.assert_nothing_is_left();
}

#[test]
fn a_restore_test_that_is_asked_wrongly_is_refused_before_anything_starts() {
    let user = Harness::local();
    for (arguments, why) in [
        (vec!["--passphrase", "hunter2"], "a secret is given by reference"),
        (vec!["--check", "ledger"], "no client of Lifeboat has committed anything in it"),
        (vec!["--max-age", "soon"], "is not a duration"),
        (vec!["--rows", "till.receipt"], "write a table and a number"),
        (vec!["--iterations", "5"], "--passphrase"),
    ] {
        let told = restored(&user, "x.dump", &arguments).exits(2);
        assert!(told.stderr.contains(why), "{why:?} is not in:\n{}", told.stderr);
    }
    restored(&user, "ftp://host/x.dump", &[]).exits(2);
    assert!(!user.reports().exists(), "nothing was run");
}
