//! JUnit XML that validates against Jenkins' schema.
//!
//! A suite is an exercise, a case a finding: what failed is a failure, what could not be determined an error,
//! what is not supported here is skipped. A step that completed is no case, for its facts are judged by
//! others.
//!
//! **Invariant:** never better than the verdict. Where no case says what the verdict says, a case of its own
//! does. **Invariant:** a case keeps its name when steps move or their parameters change, so that histories
//! of CI systems go on.

mod additions;

use std::collections::BTreeMap;

use junit_report::{
    Duration, OffsetDateTime, ReportBuilder, TestCase, TestCaseBuilder, TestSuite, TestSuiteBuilder,
};

use self::additions::{Additions, Pairs};
use super::{
    escape::xml,
    view::{JOURNAL, hint},
};
use crate::{
    drill::{ObjectiveKind, Verb},
    human,
    journal::Moment,
    judge::{Finding, Judgement, RunJudgement, Subject, Verdict},
};

/// What a consumer finds where the writer failed, which it can't do in memory.
const NOT_WRITTEN: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?><testsuites>\
<testsuite name=\"lifeboat\" tests=\"1\" failures=\"0\" errors=\"1\"><testcase name=\"report\">\
<error type=\"inconclusive\" message=\"junit.xml could not be \
written\"/></testcase></testsuite></testsuites>";

/// Milliseconds of a thousand years: no sum of cases overflows.
const LONGEST: i64 = 31_536_000_000_000;

/// A suite as the crate writes it, and what the crate has no place for.
struct Suite {
    suite: TestSuite,
    took: std::time::Duration,
    properties: Pairs,
}

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
    written(run, suites).unwrap_or_else(|| NOT_WRITTEN.into())
}

/// The document, by the crate and completed; nothing where either fails.
fn written(run: &RunJudgement, suites: Vec<Suite>) -> Option<Vec<u8>> {
    let all = |of: fn(&TestSuite) -> usize| suites.iter().map(|suite| of(&suite.suite)).sum::<usize>();
    let root = vec![
        ("name", "lifeboat".to_owned()),
        ("tests", all(TestSuite::tests).to_string()),
        ("failures", all(TestSuite::failures).to_string()),
        ("errors", all(TestSuite::errors).to_string()),
        ("time", seconds(run.took)),
    ];
    let (suites, additions): (Vec<_>, Vec<_>) = suites
        .into_iter()
        .map(|Suite { suite, took, properties }| {
            let attributes = vec![("skipped", suite.skipped().to_string()), ("time", seconds(took))];
            (suite, Additions { attributes, properties })
        })
        .unzip();
    let mut xml = Vec::new();
    ReportBuilder::new().add_testsuites(suites).build().write_xml(&mut xml).ok()?;
    additions::complete(&xml, &root, &additions).ok()
}

/// The run itself, where its drills alone would look better than it.
fn whole(run: &RunJudgement) -> Suite {
    let message = if run.interrupted { "the run was interrupted" } else { "nothing was evaluated" };
    let cases = vec![bad("run", run.verdict, message)];
    let suite = suite(run, "lifeboat", Moment::default(), cases);
    Suite { suite, took: run.took, properties: of_run(run) }
}

fn exercise(run: &RunJudgement, judgement: &Judgement) -> Suite {
    let mut names = Names::default();
    let cases = judgement.findings.iter().filter(|finding| is_case(finding));
    let mut cases: Vec<_> = cases.map(|finding| case(judgement, finding, &mut names)).collect();
    let said = judgement.findings.iter().map(|finding| finding.verdict).max();
    match (&judgement.skipped, judgement.verdict) {
        (Some(reason), None) => {
            let reason = xml::attribute(reason);
            cases.push(TestCase::skipped_with_cause("drill", "not supported here", &reason));
        }
        (_, verdict) => {
            let verdict = verdict.unwrap_or(Verdict::Inconclusive);
            if said.is_none_or(|said| said < verdict) {
                let message = match said {
                    None => "nothing was evaluated",
                    Some(_) => "the verdict is worse than the findings show",
                };
                cases.push(bad(&names.unique("verdict"), verdict, message));
            }
        }
    }
    let span = judgement.began.zip(judgement.ended);
    Suite {
        suite: suite(run, &judgement.exercise.to_string(), judgement.began.unwrap_or_default(), cases),
        took: span.map(|(began, ended)| ended.since(began)).unwrap_or_default(),
        properties: properties(run, judgement),
    }
}

fn suite(run: &RunJudgement, name: &str, at: Moment, mut cases: Vec<TestCase>) -> TestSuite {
    let name = xml::attribute(name);
    let class = name.replace('/', ".");
    for case in &mut cases {
        case.set_classname(&class);
    }
    let mut suite = TestSuiteBuilder::new(&name);
    suite.testsuite.package = class;
    suite.testsuite.hostname =
        run.provenance.host.as_ref().map(|host| xml::attribute(host)).unwrap_or_default();
    suite.set_timestamp(timestamp(run, at)).add_testcases(cases).build()
}

/// A case that says what no finding says.
fn bad(name: &str, verdict: Verdict, message: &str) -> TestCase {
    written_case(name, std::time::Duration::ZERO, verdict.max(Verdict::Inconclusive), message, &[])
}

/// A case; `name` is harmless already, `message` and `lines` are raw.
fn written_case(
    name: &str,
    took: std::time::Duration,
    verdict: Verdict,
    message: &str,
    lines: &[String],
) -> TestCase {
    let took =
        Duration::milliseconds(i64::try_from(took.as_millis()).map_or(LONGEST, |took| took.min(LONGEST)));
    let text = xml::cdata(std::iter::once(message).chain(lines.iter().map(String::as_str)));
    let message = xml::attribute(message);
    match verdict {
        Verdict::Pass => TestCaseBuilder::success(name, took).set_system_out(&text).build(),
        Verdict::Fail => TestCaseBuilder::failure(name, took, "objective missed or check failed", &message)
            .set_trace(&text)
            .build(),
        Verdict::Inconclusive => {
            TestCaseBuilder::error(name, took, "inconclusive", &message).set_trace(&text).build()
        }
    }
}

/// Whether a finding says more than that a step completed.
fn is_case(finding: &Finding) -> bool {
    !(matches!(finding.subject, Subject::Step { .. }) && finding.verdict == Verdict::Pass)
}

fn case(judgement: &Judgement, finding: &Finding, names: &mut Names) -> TestCase {
    let took = if let Subject::Objective { promise } = finding.subject {
        match promise {
            ObjectiveKind::Rto => judgement.rto,
            ObjectiveKind::Rpo => judgement.rpo,
            ObjectiveKind::Discarded => judgement.discarded,
        }
    } else {
        finding.took
    };
    // What a server said on its way is of use where it did not arrive; log scanners trip over it elsewhere.
    let lines = match finding.verdict {
        Verdict::Pass => Vec::new(),
        Verdict::Fail | Verdict::Inconclusive => {
            let hint = hint(judgement, finding).map(|hint| format!("hint: {hint}"));
            let place =
                format!("evidence: {}/ and {JOURNAL}, beside this report", judgement.exercise.folder());
            finding.details.iter().cloned().chain(hint).chain([place]).collect()
        }
    };
    let name = names.unique(&stable_name(judgement, finding));
    written_case(&name, took.unwrap_or_default(), finding.verdict, &finding.message, &lines)
}

/// What a case is called: the kind of what was judged, without its place in the drill and without its
/// parameters.
fn stable_name(judgement: &Judgement, finding: &Finding) -> String {
    let verb = |step: usize| judgement.drill.steps.get(step).map(|step| &step.verb);
    match &finding.subject {
        Subject::Step { step } => format!(
            "step {}",
            match verb(*step) {
                Some(Verb::Backup(_)) => "backup",
                Some(Verb::Work(_)) => "work",
                Some(Verb::RestorePoint(_)) => "restore-point",
                Some(Verb::Fault(_) | Verb::Arm(_)) => "fault",
                Some(Verb::Heal(_)) => "heal",
                Some(Verb::Recover(_)) => "recover",
                Some(Verb::Check(_)) => "check",
                Some(Verb::Sql(_)) => "sql",
                Some(Verb::Exec(_)) => "exec",
                None => "of another drill",
            }
        ),
        Subject::Fault { .. } => "fault".into(),
        Subject::EndOfRecovery { .. } => "end of recovery".into(),
        Subject::Identity { .. } => "identity".into(),
        Subject::Phases { .. } => "phases".into(),
        Subject::Check { step, index } => {
            let check = judgement.checks.iter().find(|check| check.step == *step && check.index == *index);
            check.map_or_else(|| "check".into(), |check| format!("check {}", check.check.describe()))
        }
        Subject::Baseline
        | Subject::Objective { .. }
        | Subject::Guarantee
        | Subject::WorstCase
        | Subject::Backup { .. }
        | Subject::Cleanup
        | Subject::Evidence => finding.name.clone(),
    }
}

/// A second case of one name gets a number.
#[derive(Default)]
struct Names(BTreeMap<String, u64>);

impl Names {
    fn unique(&mut self, name: &str) -> String {
        let mut unique = xml::attribute(name);
        while let Some(times) = self.0.get_mut(&unique) {
            *times += 1;
            unique = format!("{} ({times})", xml::attribute(name));
        }
        self.0.insert(unique.clone(), 1);
        unique
    }
}

fn of_run(run: &RunJudgement) -> Pairs {
    vec![
        ("run", xml::attribute(&run.run)),
        ("lifeboat", xml::attribute(&run.lifeboat)),
        ("runtime", run.runtime.to_string()),
        ("verdict", run.verdict.to_string()),
    ]
}

/// What programs read of an exercise.
fn properties(run: &RunJudgement, judgement: &Judgement) -> Pairs {
    let seconds = |length: Option<std::time::Duration>| {
        length.map(|length| human::exact(length).trim_end_matches(" s").to_owned())
    };
    let objectives = judgement.drill.objectives;
    let declared = judgement.recoveries.iter().filter_map(|recovery| recovery.declared).max();
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
        ("declared_seconds", seconds(declared.map(|period| period.duration()))),
        ("contended", judgement.rto.map(|_| (!judgement.contended_with.is_empty()).to_string())),
    ];
    pairs.into_iter().filter_map(|(name, value)| Some((name, xml::attribute(&value?)))).collect()
}

/// The milliseconds of a moment. The crate writes the years 0 to 9999 only, and panics at others.
fn timestamp(run: &RunJudgement, at: Moment) -> OffsetDateTime {
    let instant = run.epoch.checked_add(std::time::Duration::from_micros(at.0)).unwrap_or(run.started);
    let moment =
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(instant.as_millisecond()) * 1_000_000).ok();
    moment.filter(|moment| (0..=9999).contains(&moment.year())).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// Seconds with the three decimals that the schema allows.
fn seconds(length: std::time::Duration) -> String {
    format!("{}.{:03}", length.as_secs(), length.subsec_millis())
}
