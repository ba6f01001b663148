//! Judging a ledger and rendering its reports takes no more memory for many commits than for few.
//! `LIFEBOAT_TEST_COMMITS` asks for more than a million.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod million;

use std::{
    fs::File,
    io::{BufReader, BufWriter, Write},
    path::Path,
    time::Instant,
};

use lifeboat::{
    journal::{Exercise, Integrity, Ledger, format::ledger::LedgerFile, hash_of_all},
    judge::{Verdict, judge_run},
    report::files,
};

/// The ledger in a file, as the store reads it: held against its hash, and read through.
#[allow(clippy::unnecessary_wraps, reason = "it is what the judge asks for")]
fn ledger(path: &Path) -> Option<Box<dyn Ledger>> {
    let (_, hash) = File::open(path).and_then(hash_of_all).expect("a file");
    assert_eq!(hash.len(), 64);
    let path = path.to_owned();
    let open = move || Ok(Box::new(BufReader::with_capacity(1 << 18, File::open(&path)?)) as Box<_>);
    Some(Box::new(LedgerFile::read(Box::new(open)).expect("a ledger")))
}

#[test]
#[cfg(target_os = "linux")]
fn commits_are_judged_and_reported_in_the_memory_of_a_few() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let mut out = BufWriter::new(file.reopen().expect("a file"));
    million::write_ledger(&mut out);
    out.flush().expect("it can be written");
    let entries = million::whole_journal();
    let before = million::peak_kilobytes();

    let began = Instant::now();
    let run = judge_run(&entries, &Integrity::default(), &|_: &Exercise| ledger(file.path()));
    let run = run.expect("a journal");
    let reports = files(&run);
    let took = began.elapsed();

    assert!(reports.iter().all(|(_, bytes)| !bytes.is_empty()));
    let judgement = run.exercises.first().expect("an exercise");
    let bad: Vec<_> = judgement.findings.iter().filter(|finding| finding.verdict != Verdict::Pass).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    assert_eq!(judgement.work.acknowledged, million::commits());
    let peak = million::peak_kilobytes();
    println!(
        "{} commits in {took:?}; {before} kB were resident before, {peak} kB at most",
        million::commits()
    );
    // Reports and buffers; a ledger in memory would be 40 bytes a commit.
    assert!(peak - before <= 16_000 && peak <= 50_000, "{before} kB before, {peak} kB at most");
}
