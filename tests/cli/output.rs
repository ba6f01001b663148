//! Data on standard output, talk on standard error.

use crate::support::{Harness, RUN_WITHIN, drills, running::Running, text};

#[test]
fn with_json_standard_output_is_one_document_and_progress_is_on_standard_error() {
    let user = Harness::local();
    let drill = user.drill("crash", &drills::crash().title("Größe <b>&amp;</b> ]]> ::error::x").text());
    let told = user.run(&drill, &["--format", "json"]).exits(0);
    let document: serde_json::Value =
        serde_json::from_str(&told.stdout).expect("one document and nothing else");
    assert_eq!(document, user.json());
    assert!(told.stderr.contains("✓ 1/4") && told.stderr.contains("over after"), "{}", told.stderr);
    for stream in [&told.stdout, &told.stderr] {
        assert!(!stream.contains('\u{1b}'), "no terminal, no escape sequences");
    }
    let again = user.lifeboat(&["report", "latest", "--format", "json"]).exits(0);
    assert_eq!(again.stdout, told.stdout);
    assert_eq!(again.stderr, "");

    let mut command = user.command(&["report", "latest"]);
    let plain =
        Running::start(command.env("NO_COLOR", "1").env("TERM", "xterm-256color")).wait(RUN_WITHIN).exits(0);
    assert!(!plain.stdout.contains('\u{1b}') && plain.stdout.contains("PASS"), "{plain:?}");
    let mut command = user.command(&["run", text(&drill), "--postgres", "99"]);
    let wrong = Running::start(command.env("NO_COLOR", "1")).wait(RUN_WITHIN).exits(2);
    assert!(wrong.stdout.is_empty() && !wrong.stderr.contains('\u{1b}'), "{wrong:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let user = Harness::from_scratch();
    let mut listing = user.command(&["schema"]).spawn().expect("lifeboat starts");
    drop(listing.stdout.take());
    let told = Running::of(listing).wait(RUN_WITHIN).exits(0);
    assert_eq!(told.stderr, "");
}
