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
    assert!(
        told.stderr.contains("· 1/4") && told.stderr.contains(": PASS") && told.stderr.contains("[1/1] "),
        "{}",
        told.stderr
    );
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
fn every_line_names_its_drill_and_a_check_is_told_as_it_was_judged() {
    let user = Harness::local();
    let wrong = r#"check = ["ledger", { sql = { title = "three", query = "select 2", expect = [["3"]] } }]"#;
    let (good, bad) = (
        user.drill("good", &drills::crash().text()),
        user.drill("bad", &drills::crash().step(4, wrong).text()),
    );
    let told = user.run(&good, &[text(&bad), "--jobs", "2"]).exits(1);
    let lines: Vec<_> = told.stderr.lines().filter(|line| line.contains('@')).collect();
    let of = |drill: &str| -> Vec<&str> {
        let own = lines.iter().filter_map(|line| line.strip_prefix(drill)?.split_once("  "));
        own.map(|(_, text)| text).collect()
    };
    let (good, bad) = (of("good@"), of("bad@"));
    let has = |start: &str| lines.iter().any(|line| line.starts_with(start));
    assert!(has("[1/2] ") && has("[2/2] "), "{told:?}");
    assert_eq!(good.len() + bad.len() + 2, lines.len(), "every other line begins with a drill's name");
    let ends = |lines: &[&str], end: &str| lines.last().is_some_and(|line| line.ends_with(end));
    assert!(ends(&good, ": PASS") && ends(&bad, ": FAIL (check 04.2 sql three)"), "{told:?}");
    let says = |text: &str| bad.iter().any(|line| line.starts_with(text));
    assert!(says("· 4/4 check ledger, sql three: done in "), "{told:?}");
    assert!(says("check 1/2 ledger: PASS, ") && says("check 2/2 sql three: FAIL, "), "{told:?}");
    // Each is told once, when it is done, before its step is; a survey that met commits under way, at the
    // end.
    let at = |text: &str| bad.iter().position(|line| line.starts_with(text));
    assert!(at("· 3/4 ") < at("check 2/2 ") && at("check 2/2 ") < at("· 4/4 "), "{told:?}");
    assert_eq!(bad.iter().filter(|line| line.starts_with("check ")).count(), 2, "{told:?}");
    assert!(!told.stderr.contains('✓'), "{told:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let user = Harness::from_scratch();
    let mut listing = user.command(&["schema"]).spawn().expect("lifeboat starts");
    drop(listing.stdout.take());
    let told = Running::of(listing).wait(RUN_WITHIN).exits(0);
    assert_eq!(told.stderr, "");
}
