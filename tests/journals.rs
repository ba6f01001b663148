//! Journals that real runs have recorded (fixtures/journals) are read and judged for ever, in every format;
//! one that was changed since is noticed.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use lifeboat::{
    cli::judged,
    engine::Store,
    journal::{
        Event, Ledger,
        format::{
            ledger::{self, LedgerFile},
            read_journal,
        },
    },
    judge::Verdict,
};
use tempfile::TempDir;

/// The recorded runs of every format, and how they were judged.
const RECORDED: [(&str, Verdict); 4] = [
    ("v1/passing", Verdict::Pass),
    ("v1/failing", Verdict::Fail),
    ("v2/passing", Verdict::Pass),
    ("v2/failing", Verdict::Fail),
];

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/journals").join(name)
}

/// A copy of a recorded run. Format 1 knew the size of a file of evidence and no more, and the files
/// themselves were not kept: something of that size stands for each.
fn copy(name: &str) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    let text = fs::read(folder(name).join("journal.jsonl")).unwrap();
    fs::write(copy.path().join("journal.jsonl"), &text).unwrap();
    for entry in read_journal(text.as_slice()).unwrap().entries {
        let Some(exercise) = entry.exercise else { continue };
        let (from, to) = (folder(name).join(exercise.folder()), copy.path().join(exercise.folder()));
        fs::create_dir_all(to.join("evidence")).unwrap();
        fs::copy(from.join("ledger.jsonl"), to.join("ledger.jsonl")).unwrap();
        if let Event::Evidence { file, bytes, .. } = entry.event
            && fs::copy(from.join(&file), to.join(&file)).is_err()
        {
            fs::File::create(to.join(file)).unwrap().set_len(bytes).unwrap();
        }
    }
    copy
}

#[test]
fn a_recorded_run_is_judged_as_ever() {
    for (name, verdict) in RECORDED {
        let copy = copy(name);
        let run = judged(&Store::open(copy.path()).unwrap()).unwrap();
        assert_eq!(run.verdict, verdict, "{name}");
        let found: Vec<_> = run
            .exercises
            .iter()
            .flat_map(|judged| &judged.findings)
            .map(|finding| format!("{}: {}", finding.name, finding.verdict))
            .collect();
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(format!("{}-findings", name.replace('/', "-")), found.join("\n"));
        });
    }
}

fn read(text: Vec<u8>) -> LedgerFile {
    LedgerFile::read(Box::new(move || Ok(Box::new(std::io::Cursor::new(text.clone()))))).unwrap()
}

#[test]
fn a_ledger_that_is_read_and_written_holds_the_same() {
    for (name, _) in RECORDED {
        let exercises =
            fs::read_dir(folder(name)).unwrap().flatten().map(|entry| entry.path().join("ledger.jsonl"));
        let ledgers: Vec<_> = exercises.filter(|path| path.exists()).collect();
        assert!(!ledgers.is_empty());
        for path in ledgers {
            let recorded = read(fs::read(path).unwrap());
            let commits: Vec<_> = recorded.commits().collect();
            assert!(!commits.is_empty() && !recorded.sessions().is_empty(), "{name}");
            let mut written = Vec::new();
            ledger::write_header(&mut written).unwrap();
            let sessions = recorded.sessions().iter();
            sessions.for_each(|session| ledger::write_session(&mut written, session).unwrap());
            for commit in &commits {
                ledger::write_commit(&mut written, commit).unwrap();
            }
            let again = read(written);
            assert_eq!(again.sessions(), recorded.sessions(), "{name}");
            assert_eq!(again.commits().collect::<Vec<_>>(), commits, "{name}");
        }
    }
}

#[test]
fn a_byte_that_was_changed_in_any_file_of_a_recorded_run_makes_it_inconclusive() {
    let copy = copy("v2/passing");
    let judge = || judged(&Store::open(copy.path()).unwrap());
    assert_eq!(judge().unwrap().verdict, Verdict::Pass, "before anything was changed");
    let exercise = copy.path().join("pitr@15");
    let evidence = fs::read_dir(exercise.join("evidence")).unwrap().flatten().map(|file| file.path());
    for path in evidence.chain([exercise.join("ledger.jsonl"), copy.path().join("journal.jsonl")]) {
        let whole = fs::read(&path).unwrap();
        for part in 0..20 {
            let mut changed = whole.clone();
            changed[part * whole.len() / 20] ^= 1;
            fs::write(&path, changed).unwrap();
            // A first line that was changed leaves nothing to judge.
            let verdict = judge().map_or(Verdict::Inconclusive, |run| run.verdict);
            assert_eq!(verdict, Verdict::Inconclusive, "{}, part {part}", path.display());
        }
        fs::write(&path, whole).unwrap();
    }
    assert_eq!(judge().unwrap().verdict, Verdict::Pass, "after everything was put back");
}
