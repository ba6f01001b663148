//! Text that others chose can't break a report.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Format, samples, terminal, text};
use crate::judge::{Finding, Subject, Verdict};

/// Any text, with what breaks formats more often than chance would have it.
fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        prop::sample::select(vec![
            "]]>",
            "]]",
            "|",
            "`",
            "```",
            "\n",
            "\r",
            "\0",
            "\u{1b}[2J",
            "\u{fffe}",
            "\u{2028}",
            "<!--",
            "<script>",
            "&#0;",
            "::error::",
            "##[error]",
            "\\",
            "# ",
            "- ",
            "[[PROPERTY|a=b]]",
            "\t",
            "../",
            "~~~",
            "\u{9b}",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

fn is_xml(c: char) -> bool {
    c == '\n' || (c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'))
}

fn table_rows(markdown: &str) -> Vec<usize> {
    let cells = |line: &str| line.replace("\\\\", "").replace("\\|", "").matches('|').count();
    markdown.lines().filter(|line| line.starts_with('|')).map(cells).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_well_formed_xml(raw in any_text()) {
        let run = samples::hostile(&raw);
        let xml = text(Format::Junit, &run);
        prop_assert!(xml.chars().all(is_xml));
        let report = quick_junit::Report::deserialize_from_str(&xml);
        prop_assert!(report.is_ok(), "{:?} of {}", report, xml);
        let report = report.expect("checked above");
        prop_assert_eq!(report.test_suites.len(), 2);
        let cases = &report.test_suites[0].test_cases;
        let is_case = |finding: &&Finding| {
            !matches!(finding.subject, Subject::Step { .. }) || finding.verdict != Verdict::Pass
        };
        prop_assert_eq!(cases.len(), run.exercises[0].findings.iter().filter(is_case).count());
        let names: BTreeSet<_> = cases.iter().map(|case| case.name.as_str().to_owned()).collect();
        prop_assert_eq!(names.len(), cases.len());
    }

    #[test]
    fn any_text_leaves_the_markdown_its_shape(raw in any_text()) {
        let plain = text(Format::Markdown, &samples::hostile("x"));
        let markdown = text(Format::Markdown, &samples::hostile(&raw));
        prop_assert_eq!(table_rows(&markdown), table_rows(&plain));
        for mark in ["#", "```"] {
            let marked = |text: &str| text.lines().filter(|line| line.starts_with(mark)).count();
            prop_assert_eq!(marked(&markdown), marked(&plain));
        }
        let own = ["<!-- -->", "  <1 %", "<details>\n<summary>", "</summary>\n", "</details>\n"];
        prop_assert!(!own.iter().fold(markdown, |text, own| text.replace(own, "")).contains('<'));
    }

    #[test]
    fn any_text_is_only_seen_on_a_terminal(raw in any_text(), width in 20..200_u16) {
        let shown = terminal(&samples::hostile(&raw), width, false);
        prop_assert!(shown.chars().all(|c| c == '\n' || !c.is_control()));
        prop_assert!(shown.lines().all(|line| !line.trim_start().starts_with("::") && !line.contains("##[")));
    }

    #[test]
    fn any_text_comes_back_from_json(raw in any_text()) {
        let written = Format::Json.render(&samples::hostile(&raw));
        let json: serde_json::Value = serde_json::from_slice(&written).expect("JSON");
        prop_assert_eq!(json["run"].as_str(), Some(raw.as_str()));
    }

    #[test]
    fn times_have_three_decimals(micros in 0..100_000_000_000_u64) {
        let mut run = samples::passing();
        for finding in &mut run.exercises[0].findings {
            finding.took = Some(std::time::Duration::from_micros(micros));
        }
        run.exercises[0].rto = Some(std::time::Duration::from_micros(micros));
        let xml = text(Format::Junit, &run);
        let mut times = xml.split(" time=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let has_three = |time: &str| time.split_once('.').is_some_and(|(_, decimals)| decimals.len() == 3);
        prop_assert!(times.all(has_three), "{}", xml);
        let rto = format!("name=\"objective RTO\" \
            time=\"{}.{:03}\"", micros / 1_000_000, micros / 1000 % 1000);
        prop_assert!(xml.contains(&rto), "{} is not in {}", rto, xml);
    }
}

#[test]
fn a_section_of_xml_reads_back_as_it_was() {
    let xml = text(Format::Junit, &samples::hostile("a ]]> b"));
    let report = quick_junit::Report::deserialize_from_str(&xml).expect("well-formed");
    let case = &report.test_suites[0].test_cases[0];
    assert!(case.system_out.as_ref().is_some_and(|out| out.as_str().contains("a ]]> b")), "{xml}");
}

#[test]
fn the_longest_times_and_the_last_moment_are_written() {
    let mut run = samples::passing();
    run.epoch = jiff::Timestamp::MAX;
    for finding in &mut run.exercises[0].findings {
        finding.took = Some(std::time::Duration::MAX);
    }
    let xml = text(Format::Junit, &run);
    assert!(xml.contains("time=\"31536000000.000\"") && !xml.contains("could not be written"), "{xml}");
}
