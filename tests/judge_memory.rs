//! Reading and judging the ledger of one million commits and rendering its reports takes at most 50 MB of resident memory, the program's own included.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

mod million;

use std::{
    fs::File,
    io::{BufReader, BufWriter, Write},
};

use lifeboat::{
    journal::{Exercise, Integrity, format::ledger},
    judge::{Verdict, judge_run},
    report::files,
};

#[test]
#[cfg(target_os = "linux")]
fn a_million_commits_are_judged_and_reported_within_fifty_megabytes() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let mut out = BufWriter::new(file.reopen().expect("a file"));
    million::write_ledger(&mut out);
    out.flush().expect("it can be written");
    let entries = million::whole_journal();

    let ledger = |_: &Exercise| {
        let text = BufReader::new(File::open(file.path()).expect("a file"));
        Some(ledger::read(text, million::LINES).expect("a ledger"))
    };
    let run = judge_run(&entries, &Integrity::default(), &ledger).expect("a journal");
    let reports = files(&run);

    assert!(reports.iter().all(|(_, bytes)| !bytes.is_empty()));
    let judgement = run.exercises.first().expect("an exercise");
    let bad: Vec<_> = judgement.findings.iter().filter(|finding| finding.verdict != Verdict::Pass).collect();
    assert!(bad.is_empty(), "{bad:#?}");
    assert_eq!(judgement.work.acknowledged, 1_000_000);
    let peak = million::peak_kilobytes();
    println!("{peak} kB were resident at most");
    assert!(peak <= 50_000, "{peak} kB were resident");
}
