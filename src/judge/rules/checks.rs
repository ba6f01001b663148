//! The checks, one small function each.

use crate::judge::{
    CheckJudgement, CommitAccounting, Finding, Subject, Verdict, content, examined,
    finding::{Ruling, number},
    ledger,
    ledger_facts::LedgerFacts,
    record::{Checked, StepFacts},
    recovery::CompletedRecovery,
};
use crate::{
    drill::{Check, SqlCheck},
    human,
    journal::{CheckFacts, ErrorChain, Reprotected},
    pg::sqlstate,
};

/// A check, judged, with what it says of the commits of a recovery.
pub(in crate::judge) struct Answer {
    pub(in crate::judge) finding: Finding,
    pub(in crate::judge) check: CheckJudgement,
    /// The recovery step, and what became of the commits.
    pub(in crate::judge) accounting: Option<(usize, CommitAccounting)>,
}

/// The ruling on one check, the number of facts it rests on, and what became of the commits where it surveyed
/// them.
struct Judged {
    ruling: Ruling,
    facts: u64,
    accounting: Option<CommitAccounting>,
}

impl From<(Ruling, u64)> for Judged {
    fn from((ruling, facts): (Ruling, u64)) -> Self {
        Self { ruling, facts, accounting: None }
    }
}

/// Judges the checks of a step: those that were made, and those that were planned and never made.
pub(in crate::judge) fn answers(
    attempts: &[CompletedRecovery<'_>],
    ledger: Option<&LedgerFacts<'_>>,
    step: usize,
    planned: &[Check],
    facts: &StepFacts<'_>,
) -> Vec<Answer> {
    let mut made: Vec<Option<&Checked<'_>>> = facts.checked.iter().map(Some).collect();
    let mut since = facts.began;
    let mut answers = Vec::with_capacity(planned.len());
    for (index, check) in planned.iter().enumerate() {
        let found = made
            .iter_mut()
            .find(|checked| checked.is_some_and(|checked| checked.check == check))
            .and_then(Option::take);
        let Judged { mut ruling, facts, accounting } = found.map_or_else(
            || Judged::from((Ruling::follows("the check was not run"), 0)),
            |found| judge(attempts, ledger, check, found),
        );
        if facts == 0 && ruling.verdict == Verdict::Pass {
            ruling = Ruling::inconclusive("the check examined nothing");
        }
        let took = found.zip(since).map(|(found, since)| found.at.since(since));
        since = found.map_or(since, |found| Some(found.at));
        let (verdict, message) = (ruling.verdict, ruling.message.clone());
        let name = format!("check {}.{} {}", number(step), index + 1, check.describe());
        answers.push(Answer {
            finding: ruling.about(Subject::Check { step, index }, name, took),
            check: CheckJudgement {
                step,
                index,
                check: check.clone(),
                verdict,
                facts,
                message,
                found: found.map(|found| found.facts.clone()),
            },
            accounting: found.and_then(|found| found.about).zip(accounting),
        });
    }
    answers
}

fn judge(
    attempts: &[CompletedRecovery<'_>],
    ledger_facts: Option<&LedgerFacts<'_>>,
    check: &Check,
    found: &Checked<'_>,
) -> Judged {
    match (check, found.facts) {
        (_, CheckFacts::Broken { error, state }) => (broken(error, state.as_deref()), 0).into(),
        (Check::Ledger, CheckFacts::WorkloadScan(survey)) => {
            let surveyed = ledger::survey(attempts, ledger_facts, found.about, survey);
            Judged { ruling: surveyed.ruling, facts: surveyed.facts, accounting: surveyed.accounting }
        }
        (Check::Content, CheckFacts::Content { baseline, exact, before, after }) => {
            content::ruling(baseline, *exact, before, after).into()
        }
        // Which file was changed is told by the finding about the evidence.
        (Check::Content, CheckFacts::Compared { before, after, .. }) => {
            let said = format!("its fingerprints can't be read: {} and {}", before.file, after.file);
            (Ruling::inconclusive(said), 0).into()
        }
        (Check::Rows { at_least, .. }, CheckFacts::Rows { table: _, rows }) => {
            (rows_at_least(*rows, *at_least), *rows).into()
        }
        (Check::Sql(sql), CheckFacts::Sql { rows }) => {
            (sql_rows(sql, rows), (rows.len() as u64).max(1)).into()
        }
        (Check::Reprotect, CheckFacts::Reprotect(facts)) => (reprotect(facts), facts.verified).into(),
        (check, CheckFacts::Examined(facts)) if check.info().only_counts => examined::ruling(facts).into(),
        (
            _,
            CheckFacts::WorkloadScan(_)
            | CheckFacts::Content { .. }
            | CheckFacts::Compared { .. }
            | CheckFacts::Rows { .. }
            | CheckFacts::Sql { .. }
            | CheckFacts::Examined(_)
            | CheckFacts::Reprotect(_),
        ) => (Ruling::inconclusive("the recorded facts are those of another check"), 0).into(),
    }
}

/// A check that could not be made leaves its question open, unless the server itself says that what it was to
/// read is damaged.
fn broken(error: &ErrorChain, state: Option<&str>) -> Ruling {
    if state.is_some_and(sqlstate::is_damage) {
        Ruling::fail(format!("the recovered server reports corruption: {error}"))
    } else {
        Ruling::inconclusive(format!("the check could not be run: {error}"))
    }
}

fn rows_at_least(rows: u64, at_least: u64) -> Ruling {
    let said = format!("{}, expected at least {}", human::count_of(rows, "row"), human::count(at_least));
    if rows >= at_least { Ruling::pass(said) } else { Ruling::fail(said) }
}

/// So many rows that differ are shown.
const DIFFERENCES: usize = 10;

fn sql_rows(sql: &SqlCheck, rows: &[Vec<Option<String>>]) -> Ruling {
    let line = |row: &Vec<Option<String>>| {
        let values = row.iter().map(|value| value.as_deref().unwrap_or("NULL"));
        format!("({})", values.collect::<Vec<_>>().join(", "))
    };
    let side = |row: Option<&Vec<Option<String>>>| row.map_or_else(|| "no row".to_owned(), line);
    if sql.expect == rows {
        return Ruling::pass(if rows.is_empty() {
            "no rows, as expected".into()
        } else {
            format!("{} as expected", human::count_of(rows.len() as u64, "row"))
        });
    }
    let mut details = Vec::new();
    for index in 0..rows.len().max(sql.expect.len()) {
        let (expected, found) = (sql.expect.get(index), rows.get(index));
        if expected != found && details.len() < DIFFERENCES {
            details.push(format!("row {}: expected {}, actual {}", index + 1, side(expected), side(found)));
        }
    }
    let message = match (sql.expect.as_slice(), rows) {
        ([expected], [found]) => format!("query returned {}, expected {}", line(found), line(expected)),
        (expected, found) if expected.len() == found.len() => {
            format!(
                "query returned {} that differ from those expected",
                human::count_of(found.len() as u64, "row")
            )
        }
        (expected, found) => format!(
            "query returned {}, expected {}",
            human::count_of(found.len() as u64, "row"),
            human::count(expected.len() as u64)
        ),
    };
    Ruling::fail(message).with(details)
}

fn reprotect(facts: &Reprotected) -> Ruling {
    let mut complaints = Vec::new();
    match &facts.archive {
        None => complaints.push(Ruling::inconclusive("no WAL segment was retrieved from the archive")),
        Some(proof) if !proof.identical => complaints.push(Ruling::fail(format!(
            "WAL segment {} was retrieved from the archive with different content",
            proof.segment
        ))),
        Some(_) => {}
    }
    if !facts.backup_complaints.is_empty() {
        let details = facts.backup_complaints.iter().take(10).cloned().collect();
        complaints.push(Ruling::fail("verification of the new backup failed").with(details));
    }
    if facts.verified == 0 {
        complaints.push(Ruling::inconclusive("no file of the new backup was verified"));
    }
    let good = format!(
        "a WAL segment was archived and retrieved unchanged; {} of a new backup verified",
        human::count_of(facts.verified, "file")
    );
    Ruling::of(complaints, good)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        journal::{Event, Outcome},
        judge::testing::*,
    };

    const ROWS: &str = "check 07.3 rows shop.customer";
    const SQL: &str = "check 07.4 sql one";
    const REPROTECT: &str = "check 07.5 reprotect";

    #[test]
    fn a_check_that_was_never_made_is_inconclusive() {
        let story = Story::loss()
            .without(|event| matches!(event, Event::Checked { .. }))
            .step_ended(CHECKS, Outcome::Skipped);
        for name in ["check 07.1 ledger", "check 07.2 content", ROWS, SQL, REPROTECT] {
            assert_eq!(story.finding(name), (Verdict::Inconclusive, "the check was not run".into()));
        }
        assert_eq!(story.judge().checks.iter().map(|check| check.index).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn a_check_that_crashed_is_inconclusive() {
        let story = Story::loss().found(|facts| {
            *facts = CheckFacts::Broken { error: ErrorChain::message("no connection"), state: None }
        });
        for name in ["check 07.1 ledger", "check 07.2 content", ROWS, SQL, REPROTECT] {
            assert_eq!(
                story.finding(name),
                (Verdict::Inconclusive, "the check could not be run: no connection".into())
            );
        }
    }

    #[test]
    fn a_check_fails_where_the_server_says_that_it_is_damaged() {
        for (state, verdict) in [
            ("XX001", Verdict::Fail),
            ("XX002", Verdict::Fail),
            ("58P01", Verdict::Fail),
            ("42601", Verdict::Inconclusive),
        ] {
            let error = ErrorChain(vec![
                "read shop.customer".into(),
                "invalid page in block 0 of relation base/5/16384".into(),
            ]);
            let story = Story::loss().found(|facts| {
                *facts = CheckFacts::Broken { error: error.clone(), state: Some(state.to_owned()) }
            });
            for name in ["check 07.1 ledger", "check 07.2 content", ROWS, SQL, REPROTECT] {
                let (found, message) = story.finding(name);
                assert_eq!(found, verdict, "{state}, {name}");
                assert!(message.ends_with("invalid page in block 0 of relation base/5/16384"), "{message}");
            }
        }
    }

    #[test]
    fn facts_of_another_check_are_inconclusive() {
        let story = Story::loss()
            .found(|facts| *facts = CheckFacts::WorkloadScan(crate::journal::WorkloadScan::default()));
        assert_eq!(story.verdict_of("check 07.2 content"), Verdict::Inconclusive);
        assert_eq!(story.verdict_of(SQL), Verdict::Inconclusive);
        let counted = crate::journal::Examined { examined: 9, complaints: Vec::new() };
        let story = Story::loss().found(|facts| *facts = CheckFacts::Examined(counted.clone()));
        for name in ["check 07.1 ledger", "check 07.2 content", ROWS, SQL, REPROTECT] {
            assert_eq!(story.verdict_of(name), Verdict::Inconclusive, "{name}");
        }
    }

    fn rows_found(found: u64) -> Story {
        Story::loss().found(|facts| {
            if let CheckFacts::Rows { rows, .. } = facts {
                *rows = found;
            }
        })
    }

    #[test]
    fn a_table_with_too_few_rows_fails() {
        assert_eq!(rows_found(11).verdict_of(ROWS), Verdict::Pass);
        assert_eq!(rows_found(9).finding(ROWS), (Verdict::Fail, "9 rows, expected at least 10".into()));
    }

    #[test]
    #[expect(clippy::wildcard_enum_match_arm, reason = "a test names the variants that it is about")]
    fn a_check_over_no_rows_is_never_passed() {
        let asked = |event: &mut Event| {
            let change = |check: &mut Check| {
                if let Check::Rows { at_least, .. } = check {
                    *at_least = 0;
                }
            };
            match event {
                Event::Planned { drill, .. } => drill.steps.iter_mut().for_each(|step| {
                    if let crate::drill::Verb::Check(checks) = &mut step.verb {
                        checks.iter_mut().for_each(change);
                    }
                }),
                Event::Checked { check, .. } => change(check),
                _ => {}
            }
        };
        assert_eq!(
            rows_found(0).edit(asked).finding(ROWS),
            (Verdict::Inconclusive, "the check examined nothing".into())
        );
    }

    fn sql(expect: &[&str], found: &[&str]) -> Ruling {
        let rows = |values: &[&str]| {
            values.iter().map(|value| vec![Some((*value).to_owned()), None]).collect::<Vec<_>>()
        };
        sql_rows(&SqlCheck { title: String::new(), query: String::new(), expect: rows(expect) }, &rows(found))
    }

    #[test]
    fn a_query_passes_with_its_very_rows_alone() {
        assert_eq!(sql(&["1", "2"], &["1", "2"]).verdict, Verdict::Pass);
        assert_eq!(sql(&[], &[]).message, "no rows, as expected");
        let wrong = sql(&["1", "2"], &["1", "3", "4"]);
        assert_eq!(
            (wrong.verdict, wrong.message.as_str()),
            (Verdict::Fail, "query returned 3 rows, expected 2")
        );
        assert_eq!(
            wrong.details,
            ["row 2: expected (2, NULL), actual (3, NULL)", "row 3: expected no row, actual (4, NULL)"]
        );
        assert_eq!(sql(&["1"], &[]).message, "query returned 0 rows, expected 1");
        assert_eq!(sql(&["1"], &["2"]).message, "query returned (2, NULL), expected (1, NULL)");
    }

    #[test]
    #[expect(clippy::wildcard_enum_match_arm, reason = "a test names the variants that it is about")]
    fn a_query_that_expects_no_rows_examines_one_fact() {
        let story = Story::loss().edit(|event| match event {
            Event::Planned { drill, .. } => {
                if let crate::drill::Verb::Check(checks) = &mut drill.steps[CHECKS].verb
                    && let Check::Sql(sql) = &mut checks[3]
                {
                    sql.expect.clear();
                }
            }
            Event::Checked { check: Check::Sql(sql), facts, .. } => {
                sql.expect.clear();
                *facts = CheckFacts::Sql { rows: vec![] };
            }
            _ => {}
        });
        assert_eq!((story.verdict_of(SQL), story.judge().checks[3].facts), (Verdict::Pass, 1));
    }

    fn protected(change: impl Fn(&mut Reprotected)) -> Verdict {
        let story = Story::loss().found(|facts| {
            if let CheckFacts::Reprotect(facts) = facts {
                change(facts);
            }
        });
        story.verdict_of(REPROTECT)
    }

    #[test]
    fn an_archive_that_gives_nothing_back_is_inconclusive_and_one_that_changes_it_fails() {
        assert_eq!(protected(|facts| facts.archive = None), Verdict::Inconclusive);
        assert_eq!(
            protected(|facts| facts.archive.as_mut().expect("a proof").identical = false),
            Verdict::Fail
        );
    }

    #[test]
    fn a_backup_that_does_not_verify_fails_and_one_of_nothing_is_inconclusive() {
        assert_eq!(
            protected(|facts| facts.backup_complaints.push("a file is missing".into())),
            Verdict::Fail
        );
        assert_eq!(protected(|facts| facts.verified = 0), Verdict::Inconclusive);
    }

    #[test]
    fn checks_of_one_kind_are_told_apart_by_their_place() {
        let judgement = Story::loss().judge();
        let names: std::collections::BTreeSet<_> =
            judgement.findings.iter().map(|finding| &finding.name).collect();
        let subjects: std::collections::BTreeSet<_> =
            judgement.findings.iter().map(|finding| &finding.subject).collect();
        assert_eq!((names.len(), subjects.len()), (judgement.findings.len(), judgement.findings.len()));
    }
}
