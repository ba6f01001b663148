//! JUnit XML that validates against Jenkins' schema.
//!
//! A suite is an exercise, a case a finding: what failed is a failure, what could not be determined an error, what is not
//! supported here is skipped. A step that completed is no case, for its facts are judged by others.
//!
//! **Invariant:** never better than the verdict. Where no case says what the verdict says, a case of its own does.
//! **Invariant:** a case keeps its name when steps move or their parameters change, so that histories of CI systems go on.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use jiff::Timestamp;

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

/// A suite, ready to be written.
struct Suite {
    name: String,
    at: Timestamp,
    took: Duration,
    properties: Vec<(&'static str, String)>,
    cases: Vec<Case>,
}

/// A case; texts are raw.
struct Case {
    name: String,
    took: Duration,
    outcome: Outcome,
    message: String,
    lines: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failure,
    Error,
    Skipped,
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Passed,
            Verdict::Fail => Self::Failure,
            Verdict::Inconclusive => Self::Error,
        }
    }
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
    written(run, &suites).into_bytes()
}

/// The run itself, where its drills alone would look better than it.
fn whole(run: &RunJudgement) -> Suite {
    let message = if run.interrupted { "the run was interrupted" } else { "nothing was evaluated" };
    Suite {
        name: "lifeboat".into(),
        at: instant(run, Moment::default()),
        took: run.took,
        properties: of_run(run),
        cases: vec![Case::bad("run", run.verdict, message)],
    }
}

fn exercise(run: &RunJudgement, judgement: &Judgement) -> Suite {
    let mut names = Names::default();
    let cases = judgement.findings.iter().filter(|finding| is_case(finding));
    let mut cases: Vec<_> = cases.map(|finding| case(judgement, finding, &mut names)).collect();
    let said = judgement.findings.iter().map(|finding| finding.verdict).max();
    match (&judgement.skipped, judgement.verdict) {
        (Some(reason), None) => cases.push(Case {
            name: "drill".into(),
            took: Duration::ZERO,
            outcome: Outcome::Skipped,
            message: reason.clone(),
            lines: Vec::new(),
        }),
        (_, verdict) => {
            let verdict = verdict.unwrap_or(Verdict::Inconclusive);
            if said.is_none_or(|said| said < verdict) {
                let message = match said {
                    None => "nothing was evaluated",
                    Some(_) => "the verdict is worse than the findings show",
                };
                cases.push(Case::bad(&names.unique("verdict".into()), verdict, message));
            }
        }
    }
    let span = judgement.began.zip(judgement.ended);
    Suite {
        name: judgement.exercise.to_string(),
        at: instant(run, judgement.began.unwrap_or_default()),
        took: span.map(|(began, ended)| ended.since(began)).unwrap_or_default(),
        properties: properties(run, judgement),
        cases,
    }
}

impl Case {
    fn bad(name: &str, verdict: Verdict, message: &str) -> Self {
        let outcome = verdict.max(Verdict::Inconclusive).into();
        let message = message.to_owned();
        Self { name: name.into(), took: Duration::ZERO, outcome, message, lines: Vec::new() }
    }
}

/// Whether a finding says more than that a step completed.
fn is_case(finding: &Finding) -> bool {
    !(matches!(finding.subject, Subject::Step { .. }) && finding.verdict == Verdict::Pass)
}

fn case(judgement: &Judgement, finding: &Finding, names: &mut Names) -> Case {
    let took = match finding.subject {
        Subject::Objective { promise: ObjectiveKind::Rto } => judgement.rto,
        Subject::Objective { promise: ObjectiveKind::Rpo } => judgement.rpo,
        Subject::Objective { promise: ObjectiveKind::Discarded } => judgement.discarded,
        _ => finding.took,
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
    Case {
        name: names.unique(stable_name(judgement, finding)),
        took: took.unwrap_or_default(),
        outcome: finding.verdict.into(),
        message: finding.message.clone(),
        lines,
    }
}

/// What a case is called: the kind of what was judged, without its place in the drill and without its parameters.
fn stable_name(judgement: &Judgement, finding: &Finding) -> String {
    let verb = |step: usize| judgement.drill.steps.get(step).map(|step| &step.verb);
    match &finding.subject {
        Subject::Step { step } => format!(
            "step {}",
            match verb(*step) {
                Some(Verb::Backup(_)) => "backup",
                Some(Verb::Work(_)) => "work",
                Some(Verb::RestorePoint(_)) => "restore-point",
                Some(Verb::Fault(_)) => "fault",
                Some(Verb::Heal(_)) => "heal",
                Some(Verb::Recover(_)) => "recover",
                Some(Verb::Check(_)) => "check",
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
        | Subject::Cleanup
        | Subject::Evidence => finding.name.clone(),
    }
}

/// A second case of one name gets a number.
#[derive(Default)]
struct Names(BTreeMap<String, u64>);

impl Names {
    fn unique(&mut self, name: String) -> String {
        let mut unique = xml::attribute(&name);
        while let Some(times) = self.0.get_mut(&unique) {
            *times += 1;
            unique = format!("{} ({times})", xml::attribute(&name));
        }
        self.0.insert(unique.clone(), 1);
        unique
    }
}

fn of_run(run: &RunJudgement) -> Vec<(&'static str, String)> {
    vec![
        ("run", run.run.clone()),
        ("lifeboat", run.lifeboat.clone()),
        ("runtime", run.runtime.to_string()),
        ("verdict", run.verdict.to_string()),
    ]
}

/// What programs read of an exercise.
fn properties(run: &RunJudgement, judgement: &Judgement) -> Vec<(&'static str, String)> {
    let seconds = |length: Option<Duration>| {
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
    pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn instant(run: &RunJudgement, at: Moment) -> Timestamp {
    run.epoch.checked_add(Duration::from_micros(at.0)).unwrap_or(run.started)
}

/// Seconds with the three decimals that the schema allows.
fn seconds(length: Duration) -> String {
    format!("{}.{:03}", length.as_secs(), length.subsec_millis())
}

/// An attribute's value.
fn value(text: &str) -> String {
    let safe = xml::attribute(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    safe.replace('"', "&quot;")
}

fn count(cases: &[Case], outcome: Outcome) -> usize {
    cases.iter().filter(|case| case.outcome == outcome).count()
}

/// The document. Writing into a `String` can't fail.
fn written(run: &RunJudgement, suites: &[Suite]) -> String {
    let all = |of: &dyn Fn(&Suite) -> usize| suites.iter().map(of).sum::<usize>();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"lifeboat\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{}\">",
        all(&|suite| suite.cases.len()),
        all(&|suite| count(&suite.cases, Outcome::Failure)),
        all(&|suite| count(&suite.cases, Outcome::Error)),
        seconds(run.took),
    );
    let host = run.provenance.host.as_ref();
    for suite in suites {
        write_suite(&mut out, suite, host.map(String::as_str));
    }
    out + "</testsuites>\n"
}

fn write_suite(out: &mut String, suite: &Suite, host: Option<&str>) {
    let class = suite.name.replace('/', ".");
    let host = host.map(|host| format!(" hostname=\"{}\"", value(host))).unwrap_or_default();
    let _ = writeln!(
        out,
        "<testsuite name=\"{}\" package=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"{host} \
         timestamp=\"{}\" time=\"{}\">",
        value(&suite.name),
        value(&class),
        suite.cases.len(),
        count(&suite.cases, Outcome::Failure),
        count(&suite.cases, Outcome::Error),
        count(&suite.cases, Outcome::Skipped),
        suite.at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"),
        seconds(suite.took),
    );
    out.push_str("<properties>\n");
    for (name, text) in &suite.properties {
        let _ = writeln!(out, "<property name=\"{name}\" value=\"{}\"/>", value(text));
    }
    out.push_str("</properties>\n");
    for case in &suite.cases {
        write_case(out, &class, case);
    }
    out.push_str("</testsuite>\n");
}

fn write_case(out: &mut String, class: &str, case: &Case) {
    let _ = writeln!(
        out,
        "<testcase name=\"{}\" classname=\"{}\" time=\"{}\">",
        value(&case.name),
        value(class),
        seconds(case.took)
    );
    let message = value(&case.message);
    let lines = std::iter::once(case.message.as_str()).chain(case.lines.iter().map(String::as_str));
    let text = xml::cdata(lines);
    let _ = match case.outcome {
        Outcome::Passed => writeln!(out, "<system-out><![CDATA[{text}]]></system-out>"),
        Outcome::Skipped => writeln!(out, "<skipped type=\"not supported here\" message=\"{message}\"/>"),
        Outcome::Failure => {
            let kind = "objective missed or check failed";
            writeln!(out, "<failure type=\"{kind}\" message=\"{message}\"><![CDATA[{text}]]></failure>")
        }
        Outcome::Error => {
            writeln!(out, "<error type=\"inconclusive\" message=\"{message}\"><![CDATA[{text}]]></error>")
        }
    };
    out.push_str("</testcase>\n");
}
