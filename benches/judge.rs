//! Reading and judging the ledger of one million commits and rendering all reports of it: one second and
//! fifty megabytes of resident memory are the limits. Ten million may take fifteen seconds, and no more
//! memory: the first line that `LIFEBOAT_TEST_COMMITS=10000000 cargo bench --bench judge -- --test` prints
//! has both figures of a single run.

#![allow(missing_docs, reason = "criterion's macros make a function without any")]
#![allow(clippy::expect_used, reason = "a bench fails by panicking")]

#[path = "../tests/million/mod.rs"]
mod million;

use std::{
    fs::File,
    hint::black_box,
    io::{BufReader, BufWriter, Write},
    path::Path,
    time::{Duration, Instant},
};

use criterion::{Criterion, criterion_group};
use lifeboat::{
    journal::{Entry, Exercise, Integrity, format::ledger::LedgerFile},
    judge::{RunJudgement, Verdict, judge, judge_run},
    report::{Terminal, files},
};

fn read(ledger: &Path) -> LedgerFile {
    let path = ledger.to_owned();
    let open = move || Ok(Box::new(BufReader::with_capacity(1 << 18, File::open(&path)?)) as Box<_>);
    LedgerFile::read(Box::new(open)).expect("a ledger")
}

fn judged(entries: &[Entry], ledger: &Path) -> RunJudgement {
    let run = judge_run(entries, &Integrity::default(), &|_: &Exercise| Some(Box::new(read(ledger))))
        .expect("a journal");
    assert_eq!(run.verdict, Verdict::Pass);
    run
}

/// Every report that a run writes, and what it prints; their length.
fn render(run: &RunJudgement) -> usize {
    let printed = Terminal { width: 100, colour: true, reports: None }.render(run);
    files(run).iter().map(|(_, bytes)| bytes.len()).sum::<usize>() + printed.len()
}

fn million_commits(criterion: &mut Criterion) {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let mut out = BufWriter::new(file.reopen().expect("a file"));
    million::write_ledger(&mut out);
    out.flush().expect("it can be written");
    let (exercise, entries) = million::journal();
    let whole = million::whole_journal();

    // Before criterion keeps anything of its own, and with the program's text in it.
    let began = Instant::now();
    let run = judged(&whole, file.path());
    black_box(render(&run));
    println!("{} commits were read, judged and rendered in {:?}", million::commits(), began.elapsed());
    #[cfg(target_os = "linux")]
    println!("resident at most: {} kB", million::peak_kilobytes());

    let ledger = read(file.path());
    let mut group = criterion.benchmark_group(format!("{} commits", million::commits()));
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    group.bench_function("read", |bencher| bencher.iter(|| black_box(read(file.path()))));
    group.bench_function("judge", |bencher| {
        bencher.iter(|| judge(&exercise, &entries, &[], Some(black_box(&ledger))).expect("a journal"));
    });
    group.bench_function("render", |bencher| bencher.iter(|| render(black_box(&run))));
    group.bench_function("read, judge and render", |bencher| {
        bencher.iter(|| render(&judged(&whole, file.path())));
    });
    group.finish();
}

criterion_group!(benches, million_commits);

fn main() {
    benches();
    Criterion::default().configure_from_args().final_summary();
}
