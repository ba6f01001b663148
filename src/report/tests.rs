//! Every renderer on every sample.

mod hostile;
mod schema;

use super::{Format, Terminal, files, samples};
use crate::judge::RunJudgement;

fn samples() -> [(&'static str, RunJudgement); 5] {
    [
        ("passing", samples::passing()),
        ("mixed", samples::mixed()),
        ("rehearsals", samples::rehearsals()),
        ("interrupted", samples::interrupted()),
        ("hostile", samples::hostile(samples::HOSTILE)),
    ]
}

fn text(format: Format, run: &RunJudgement) -> String {
    String::from_utf8(format.render(run)).expect("UTF-8")
}

fn terminal(run: &RunJudgement, width: u16, colour: bool) -> String {
    Terminal { width, colour, reports: Some(format!("reports/{}", run.run)) }.render(run)
}

fn snapshot(name: String, text: &str) {
    insta::with_settings!({
        omit_expression => true,
        prepend_module_to_snapshot => false,
        snapshot_path => "snapshots",
    }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn the_markdown_of_every_sample() {
    for (name, run) in samples() {
        snapshot(format!("{name}.md"), &text(Format::Markdown, &run));
    }
}

#[test]
fn the_junit_of_every_sample() {
    for (name, run) in samples() {
        // One element a line, or nobody could review it.
        snapshot(format!("{name}.xml"), &text(Format::Junit, &run).replace("><", ">\n<"));
    }
}

#[test]
fn the_json_of_a_good_run_and_an_interrupted_one() {
    for (name, run) in samples().into_iter().filter(|(name, _)| ["passing", "interrupted"].contains(name)) {
        snapshot(format!("{name}.json"), &text(Format::Json, &run));
    }
}

#[test]
fn the_terminal_at_two_widths() {
    for (name, run) in samples() {
        let [narrow, wide] = [80, 140].map(|width| terminal(&run, width, false));
        snapshot(format!("{name}.txt"), &format!("{narrow}\n{}\n\n{wide}", "=".repeat(140)));
    }
}

#[test]
fn the_same_judgement_gives_the_same_bytes() {
    for (name, run) in samples() {
        assert_eq!(files(&run), files(&run.clone()), "{name}");
    }
}

#[test]
fn cases_keep_their_names_when_steps_move_or_change() {
    let names = |run: &RunJudgement| -> Vec<String> {
        let report =
            quick_junit::Report::deserialize_from_str(&text(Format::Junit, run)).expect("well-formed");
        report.test_suites[0].test_cases.iter().map(|case| case.name.as_str().to_owned()).collect()
    };
    let run = samples::passing();
    let mut moved = run.clone();
    for finding in &mut moved.exercises[0].findings {
        if matches!(finding.subject, crate::judge::Subject::Step { .. } | crate::judge::Subject::Fault { .. })
        {
            finding.name += " and longer";
        }
    }
    let before = names(&run);
    assert_eq!(before, names(&moved));
    assert!(before.iter().all(|name| !name.chars().any(|c| c.is_ascii_digit())), "{before:?}");
    assert!(before.contains(&"check ledger".to_owned()) && before.contains(&"objective RTO".to_owned()));
}

#[test]
fn colour_adds_nothing_but_colour() {
    for (name, run) in samples() {
        let coloured = terminal(&run, 100, true);
        let codes = ["\u{1b}[1;31m", "\u{1b}[1;33m", "\u{1b}[32m", "\u{1b}[2m", "\u{1b}[0m"];
        let plain = codes.iter().fold(coloured, |text, code| text.replace(code, ""));
        assert_eq!(plain, terminal(&run, 100, false), "{name}");
    }
}

#[test]
fn no_report_is_better_than_the_verdict() {
    for (name, run) in samples().into_iter().chain([("nothing", {
        let mut run = samples::interrupted();
        run.exercises.clear();
        run
    })]) {
        let junit =
            quick_junit::Report::deserialize_from_str(&text(Format::Junit, &run)).expect("well-formed");
        let bad = junit.test_suites.iter().map(|suite| suite.failures + suite.errors).sum::<usize>();
        assert_eq!(bad == 0, run.verdict == crate::judge::Verdict::Pass, "{name}");
        let word = run.verdict.word().to_uppercase();
        assert!(text(Format::Markdown, &run).contains(&format!("**{word}**")), "{name}");
        assert!(terminal(&run, 80, false).contains(&word), "{name}");
    }
}
