//! JUnit XML that validates against Jenkins' schema.
//!
//! A suite is an exercise, a case a finding: what was broken is a failure, what nobody can tell an error, what is not supported here is skipped.
//!
//! **Invariant:** never better than the verdict. Where no case says what the verdict says, a case of its own does.

use junit_report::{
    Duration, OffsetDateTime, ReportBuilder, TestCase, TestCaseBuilder, TestSuite, TestSuiteBuilder,
};

use super::{
    escape::xml,
    view::{JOURNAL, hint},
};
use crate::{
    human,
    journal::Moment,
    judge::{Finding, Judgement, RunJudgement, Subject, Verdict},
};

/// What a consumer finds where the writer failed, which it can't do in memory.
const NOT_WRITTEN: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?><testsuites><testsuite name=\"lifeboat\" tests=\"1\" failures=\"0\" errors=\"1\">\
<testcase name=\"report\"><error type=\"inconclusive\" message=\"junit.xml could not be written\"/></testcase></testsuite></testsuites>";

pub(super) fn render(run: &RunJudgement) -> Vec<u8> {
    let mut suites: Vec<_> = run.exercises.iter().map(|judgement| exercise(run, judgement)).collect();
    let judged = run
        .exercises
        .iter()
        .filter(|judgement| judgement.skipped.is_none())
        .filter_map(|judgement| judgement.verdict);
    let suspect = run.interrupted || Verdict::of_all(judged) < run.verdict || run.exercises.is_empty();
    if suspect && run.verdict != Verdict::Pass {
        suites.push(whole(run));
    }
    let mut bytes = Vec::new();
    match ReportBuilder::new().add_testsuites(suites).build().write_xml(&mut bytes) {
        Ok(()) => bytes,
        Err(_) => NOT_WRITTEN.into(),
    }
}

/// The run itself, where its drills alone would look better than it.
fn whole(run: &RunJudgement) -> TestSuite {
    let message = if run.interrupted { "the run was interrupted" } else { "nothing was evaluated" };
    let mut suite = TestSuiteBuilder::new("lifeboat");
    suite.testsuite.package = "lifeboat".into();
    suite.set_timestamp(timestamp(run, Moment::default()));
    suite.add_testcase(bad("run", Duration::ZERO, run.verdict, message, ""));
    suite.build()
}

fn exercise(run: &RunJudgement, judgement: &Judgement) -> TestSuite {
    let name = xml::attribute(&judgement.exercise.to_string());
    let class = name.replace('/', ".");
    let mut suite = TestSuiteBuilder::new(&name);
    suite.set_timestamp(timestamp(run, judgement.began.unwrap_or_default()));
    suite.testsuite.package.clone_from(&class);
    suite.set_system_out(&properties(run, judgement));
    let mut names = Names::default();
    let mut clock = Clock::default();
    let mut cases: Vec<_> = judgement
        .findings
        .iter()
        .map(|finding| case(judgement, finding, &names.unique(&finding.name), clock.millis(finding)))
        .collect();
    let said = judgement.findings.iter().map(|finding| finding.verdict).max();
    match (&judgement.skipped, judgement.verdict) {
        (Some(reason), None) => {
            cases.push(TestCase::skipped_with_cause("drill", "not supported here", &xml::attribute(reason)))
        }
        (_, verdict) => {
            let verdict = verdict.unwrap_or(Verdict::Inconclusive);
            if said.is_none_or(|said| said < verdict) {
                let message = if said.is_none() {
                    "nothing was evaluated"
                } else {
                    "the verdict is worse than the findings show"
                };
                cases.push(bad(&names.unique("verdict"), Duration::ZERO, verdict, message, ""));
            }
        }
    }
    for case in &mut cases {
        case.set_classname(&class);
    }
    suite.add_testcases(cases);
    suite.build()
}

fn case(judgement: &Judgement, finding: &Finding, name: &str, took: Duration) -> TestCase {
    match finding.verdict {
        Verdict::Pass => {
            let mut case = TestCase::success(name, took);
            case.set_system_out(&xml::cdata(
                [finding.message.as_str()].into_iter().chain(finding.details.iter().map(String::as_str)),
            ));
            case
        }
        Verdict::Fail | Verdict::Inconclusive => {
            let folder = judgement.exercise.folder();
            let hint = hint(judgement, finding).map(|hint| format!("hint: {hint}"));
            let place = format!("evidence: {folder}/ and {JOURNAL}, beside this report");
            let lines =
                finding.details.iter().map(String::as_str).chain(hint.as_deref()).chain([place.as_str()]);
            bad(
                name,
                took,
                finding.verdict,
                &finding.message,
                &xml::cdata([finding.message.as_str()].into_iter().chain(lines)),
            )
        }
    }
}

/// A case that is not good; `trace` is escaped already, `message` is not.
fn bad(name: &str, took: Duration, verdict: Verdict, message: &str, trace: &str) -> TestCase {
    let message = xml::attribute(message);
    let mut case = match verdict {
        Verdict::Fail => TestCaseBuilder::failure(name, took, "objective missed or check failed", &message),
        Verdict::Inconclusive | Verdict::Pass => TestCaseBuilder::error(name, took, "inconclusive", &message),
    };
    if !trace.is_empty() {
        case.set_trace(trace);
    }
    case.build()
}

/// Values that several consumers read from lines of this form, because the schema of a suite's properties is not written by the crate.
fn properties(run: &RunJudgement, judgement: &Judgement) -> String {
    let seconds = |length: Option<std::time::Duration>| {
        length.map(|length| human::exact(length).trim_end_matches(" s").to_owned())
    };
    let objectives = judgement.drill.objectives;
    let pairs = [
        ("run", Some(run.run.clone())),
        ("lifeboat", Some(run.lifeboat.clone())),
        ("runtime", Some(run.runtime.to_string())),
        ("postgresql", judgement.postgres.map(|version| version.to_string())),
        ("verdict", judgement.verdict.map(|verdict| verdict.to_string())),
        ("rto_seconds", seconds(judgement.rto)),
        ("rto_objective_seconds", seconds(objectives.rto.map(|period| period.duration()))),
        ("rpo_seconds", seconds(judgement.rpo)),
        ("rpo_objective_seconds", seconds(objectives.rpo.map(|period| period.duration()))),
        (
            "rpo_worst_case_seconds",
            seconds(judgement.worst_case.bound.filter(|_| judgement.skipped.is_none())),
        ),
        ("rpo_at_risk", judgement.drill.objectives.rpo.map(|_| judgement.at_risk.to_string())),
        ("discarded_commits", judgement.discarded_commits.map(|discarded| discarded.to_string())),
        ("discarded_seconds", seconds(judgement.discarded)),
        ("discarded_objective_seconds", seconds(objectives.discarded.map(|period| period.duration()))),
        ("lost_commits", judgement.lost_commits.map(|lost| lost.to_string())),
        (
            "declared_seconds",
            seconds(
                judgement.recoveries.iter().filter_map(|r| r.declared).max().map(|period| period.duration()),
            ),
        ),
        ("contended", judgement.rto.map(|_| (!judgement.contended_with.is_empty()).to_string())),
    ];
    let lines: Vec<_> = pairs
        .into_iter()
        .filter_map(|(name, value)| Some(format!("[[PROPERTY|{name}={}]]", value?.replace("]]", "] ]"))))
        .collect();
    xml::cdata(lines.iter().map(String::as_str))
}

fn timestamp(run: &RunJudgement, at: Moment) -> OffsetDateTime {
    let micros = i128::from(run.started.as_microsecond()) + i128::from(at.0);
    let moment = OffsetDateTime::from_unix_timestamp_nanos(micros * 1000).ok();
    moment.filter(|moment| (0..=9999).contains(&moment.year())).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Names are unique as the judge made them; escaping might make two of them equal.
#[derive(Default)]
struct Names(std::collections::BTreeSet<String>);

impl Names {
    fn unique(&mut self, name: &str) -> String {
        let name = xml::attribute(name);
        let numbered = (2_u64..).map(|number| format!("{name} ({number})"));
        let unique =
            std::iter::once(name.clone()).chain(numbered).find(|name| !self.0.contains(name)).unwrap_or(name);
        self.0.insert(unique.clone());
        unique
    }
}

/// The times of a suite's cases. Only what stands one after another on the clock has one, so that the suite's time, which is their sum, is true.
///
/// The schema allows three decimals, and the crate prints the sum as a floating-point number: 1.118 s comes out as 1.1179999999999999.
/// So a case gets a few milliseconds more where its sum would.
#[derive(Default)]
struct Clock(Duration);

impl Clock {
    fn millis(&mut self, finding: &Finding) -> Duration {
        let took = match finding.subject {
            Subject::Baseline | Subject::Step { .. } | Subject::Cleanup => finding.took.unwrap_or_default(),
            Subject::Fault { .. }
            | Subject::EndOfRecovery { .. }
            | Subject::Identity { .. }
            | Subject::Phases { .. }
            | Subject::Check { .. }
            | Subject::Objective { .. }
            | Subject::Guarantee
            | Subject::WorstCase
            | Subject::Evidence => return Duration::ZERO,
        };
        // A year: no sum of cases overflows.
        let millis = i64::try_from(took.as_millis()).unwrap_or(i64::MAX).min(31_536_000_000);
        let candidates = (0..1000).map(|more| Duration::milliseconds(millis + more));
        let neat = candidates
            .into_iter()
            .find(|took| is_short(*took) && is_short(self.0 + *took))
            .unwrap_or_default();
        self.0 += neat;
        neat
    }
}

fn is_short(length: Duration) -> bool {
    length.as_seconds_f64().to_string().split_once('.').is_none_or(|(_, decimals)| decimals.len() <= 3)
}
