//! Journals that real runs have recorded (fixtures/journals) are read, written and reported as they were.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use lifeboat::{
    engine::{Store, judged},
    journal::codec,
    judge::Verdict,
    report,
};

/// The recorded runs, and how they were judged.
const RECORDED: [(&str, Verdict); 2] = [("passing", Verdict::Pass), ("failing", Verdict::Fail)];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/journals").join(name)
}

#[test]
fn a_journal_that_is_read_and_written_is_the_same() {
    for (name, _) in RECORDED {
        let recorded = fs::read(folder(name).join("journal.jsonl")).unwrap();
        let mut written = Vec::new();
        for entry in codec::read_journal(recorded.as_slice()).unwrap() {
            codec::write_entry(&mut written, &entry).unwrap();
        }
        assert_eq!(String::from_utf8(written).unwrap(), String::from_utf8(recorded).unwrap(), "{name}");
    }
}

#[test]
fn a_ledger_that_is_read_and_written_is_the_same() {
    for (name, _) in RECORDED {
        let exercises =
            fs::read_dir(folder(name)).unwrap().flatten().map(|entry| entry.path().join("ledger.jsonl"));
        let ledgers: Vec<_> = exercises.filter(|path| path.exists()).collect();
        assert!(!ledgers.is_empty());
        for path in ledgers {
            let recorded = fs::read_to_string(path).unwrap();
            let ledger = codec::read_ledger(recorded.as_bytes(), 0).unwrap();
            let (mut header, mut sessions, mut commits) = (Vec::new(), Vec::new(), Vec::new());
            codec::write_ledger_header(&mut header).unwrap();
            ledger.sessions.iter().for_each(|session| codec::write_session(&mut sessions, session).unwrap());
            ledger.commits.iter().for_each(|commit| codec::write_commit(&mut commits, commit).unwrap());
            // Sessions and commits alternate in the file; each keeps its order.
            let (first, rest) = recorded.split_once('\n').unwrap();
            let (of_commits, of_sessions): (Vec<&str>, Vec<&str>) =
                rest.lines().partition(|line| line.starts_with('['));
            for (lines, written) in [(vec![first], header), (of_sessions, sessions), (of_commits, commits)] {
                assert!(!lines.is_empty(), "{name}");
                assert_eq!(lines, String::from_utf8(written).unwrap().lines().collect::<Vec<_>>(), "{name}");
            }
        }
    }
}

#[test]
fn a_recorded_run_is_judged_and_reported_as_ever() {
    for (name, verdict) in RECORDED {
        let store = Store::open(&folder(name)).unwrap();
        let run = judged(&store).unwrap();
        assert_eq!(run.verdict, verdict, "{name}");
        for (file, bytes) in report::files(&run) {
            insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
                insta::assert_snapshot!(format!("{name}-{file}"), String::from_utf8(bytes).unwrap());
            });
        }
    }
}
