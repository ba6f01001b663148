//! What the survey of the clients' rows must notice, and what it must let pass.

mod copies;

use std::time::Duration;

use super::*;
use crate::{
    drill::{RecoveryTarget, TargetLsn, TargetTime},
    journal::{Commit, CommitOutcome, Event},
    judge::{
        Verdict,
        testing::{self, Story, ms, point, set},
    },
    pg::Lsn,
};

const NAME: &str = "check 07.1 ledger";

fn accounting(story: &Story) -> CommitAccounting {
    story.judge().recoveries[0].accounting.clone().expect("a survey")
}

fn commit(story: &Story, is_it: impl Fn(&Commit) -> bool) -> Commit {
    *story.ledger.commits.iter().find(|commit| is_it(commit)).expect("a commit")
}

fn with(story: Story, commit: Commit, present: bool) -> Story {
    story.survey(|survey| set(survey, &commit, present))
}

#[test]
fn losses_from_the_end_are_counted_and_left_to_the_objective() {
    let story = Story::loss().losing(ms(6_900), ms(7_000));
    let accounting = accounting(&story);
    assert_eq!((accounting.lost, accounting.holes, accounting.due - accounting.kept), (2, 0, 2));
    assert_eq!(accounting.rpo, Some(ms(7_000).since(ms(6_895))));
    assert_eq!(accounting.wal_bytes, 50 << 8);
    assert_eq!(
        accounting.examples.first().map(String::as_str),
        Some("writer 1, seq 106, acknowledged +6.920000s")
    );
    assert_eq!(story.verdict_of(NAME), Verdict::Pass);
}

#[test]
fn indeterminate_commits_may_be_there_or_not() {
    let story = Story::loss();
    let unknown = commit(&story, |commit| commit.outcome == CommitOutcome::InDoubt);
    let (present, absent) = (accounting(&story).in_doubt_present, accounting(&story).in_doubt_absent);
    assert_eq!((present, absent), (0, 2));
    let story = with(story, unknown, true);
    assert_eq!((accounting(&story).in_doubt_present, accounting(&story).in_doubt_absent), (1, 1));
    assert_eq!(story.verdict_of(NAME), Verdict::Pass);
}

#[test]
fn a_loss_before_a_later_commit_of_the_same_writer_is_a_hole() {
    let story = Story::loss();
    let inner = commit(&story, |commit| commit.begun >= ms(6_000) && commit.writer == 1);
    let story = with(story, inner, false);
    assert_eq!((accounting(&story).lost, accounting(&story).holes), (1, 1));
    assert_eq!(story.verdict_of(NAME), Verdict::Fail);
}

#[test]
fn rows_that_nobody_committed_are_corruption() {
    let invented = Story::loss().survey(|survey| survey.writers.entry(1).or_default().present.insert(9_999));
    let stranger = Story::loss().survey(|survey| survey.writers.entry(77).or_default().present.insert(1));
    let doubled = Story::loss().survey(|survey| survey.writers.entry(1).or_default().duplicates = 1);
    let damaged = Story::loss().survey(|survey| survey.writers.entry(1).or_default().damaged.insert(3));
    let impossible = Story::loss().survey(|survey| survey.damaged = 1);
    let both = Story::loss().survey(|survey| {
        let stranger = survey.writers.entry(77).or_default();
        stranger.present.insert(1);
        stranger.damaged.insert(1);
    });
    for story in [invented, stranger, doubled, damaged, impossible, both] {
        assert_eq!(accounting(&story).unexpected, 1);
        let told = "1 row unexpected: phantom, rolled back, duplicate or corrupt";
        assert_eq!(story.finding(NAME), (Verdict::Fail, told.into()));
        assert_eq!(story.verdict_of("objective RPO"), Verdict::Pass);
    }
}

#[test]
fn a_row_that_the_server_refused_is_corruption() {
    let story = Story::table();
    let refused = commit(&story, |commit| commit.outcome == CommitOutcome::Failed);
    let story = with(story, refused, true);
    assert_eq!((accounting(&story).unexpected, story.verdict_of(NAME)), (1, Verdict::Fail));
}

#[test]
fn a_row_from_after_the_survey_is_corruption() {
    let story = Story::loss();
    let later = commit(&story, |commit| commit.begun > ms(9_650));
    let story = with(story, later, true);
    assert_eq!((accounting(&story).unexpected, story.verdict_of(NAME)), (1, Verdict::Fail));
}

#[test]
fn a_commit_during_the_survey_may_be_there_or_not() {
    let story = Story::loss();
    let during = commit(&story, |commit| commit.begun == ms(9_625));
    for present in [true, false] {
        assert_eq!(with(story.clone(), during, present).verdict_of(NAME), Verdict::Pass);
    }
}

#[test]
fn a_commit_that_the_recovered_server_acknowledged_must_be_there() {
    for story in [Story::loss(), Story::promoted(false), Story::restart(), Story::table(), Story::dump()] {
        let new = commit(&story, |commit| commit.begun == ms(9_000));
        let story = with(story, new, false);
        let (verdict, message) = story.finding(NAME);
        assert_eq!(
            (verdict, message.as_str()),
            (Verdict::Fail, "1 commit acknowledged by the recovered server and missing")
        );
    }
}

#[test]
fn a_commit_of_the_copy_itself_must_be_there_and_one_of_the_service_beside_it_need_not() {
    let story = Story::restored(RecoveryTarget::Latest, false);
    let own = commit(&story, |commit| commit.session == 13);
    assert_eq!(with(story.clone(), own, false).verdict_of(NAME), Verdict::Fail);
    let beside = commit(&story, |commit| commit.begun == ms(7_500));
    assert_eq!(with(story.clone(), beside, true).verdict_of(NAME), Verdict::Pass);
    let impossible = commit(&story, |commit| commit.begun == ms(9_000));
    let story = with(story, impossible, true);
    assert_eq!((accounting(&story).overshot, story.verdict_of(NAME)), (1, Verdict::Fail));
}

#[test]
fn what_was_committed_before_the_backup_is_in_it() {
    let story = Story::dump();
    let early: Vec<Commit> =
        story.ledger.commits.iter().filter(|commit| commit.ended <= ms(1_998)).copied().collect();
    let story = story.survey(|survey| {
        for commit in early.iter().rev().take(2) {
            set(survey, commit, false);
        }
    });
    assert_eq!(story.finding(NAME).1, "2 commits lost that were acknowledged before the backup began");
    assert_eq!(story.verdict_of(NAME), Verdict::Fail);
}

#[test]
fn a_dump_loses_all_that_came_after_it() {
    let story = Story::dump();
    assert_eq!(accounting(&story).rpo, Some(ms(7_000).since(ms(1_995))));
    assert_eq!(accounting(&story).holes, 0);
    assert!(accounting(&story).lost > 190);
}

/// Each target, with a commit just before it and one just after it.
fn targets() -> Vec<(RecoveryTarget, u64, u64)> {
    vec![
        (RecoveryTarget::Immediate, 1_975, 3_000),
        (RecoveryTarget::Time { at: TargetTime::Point(point()) }, 5_002, 5_012),
        (RecoveryTarget::Xid { point: point(), inclusive: true }, 5_002, 5_012),
        (RecoveryTarget::Xid { point: point(), inclusive: false }, 4_990, 5_002),
        (RecoveryTarget::Lsn { at: TargetLsn::Point(point()) }, 5_002, 5_012),
        (RecoveryTarget::Lsn { at: TargetLsn::Absolute(Lsn(5_050 << 8)) }, 5_030 - 18, 5_075),
        (RecoveryTarget::Name { point: point() }, 5_002, 5_012),
        (RecoveryTarget::BeforeFault, 6_975, 7_050),
    ]
}

#[test]
fn a_recovery_that_stops_short_of_its_target_fails() {
    for (target, before, _) in targets() {
        let story = Story::restored(target.clone(), target == RecoveryTarget::BeforeFault);
        let last = commit(&story, |commit| commit.begun == ms(before));
        let story = with(story, last, false);
        assert_eq!(story.verdict_of(NAME), Verdict::Fail, "{target:?}");
        assert_eq!(accounting(&story).lost, 1, "{target:?}");
    }
}

#[test]
fn a_recovery_that_goes_past_its_target_fails() {
    for (target, _, after) in targets() {
        let story = Story::restored(target.clone(), true);
        let first = commit(&story, |commit| commit.begun == ms(after));
        let story = with(story, first, true);
        assert_eq!(accounting(&story).overshot, 1, "{target:?}");
        assert_eq!(story.verdict_of(NAME), Verdict::Fail, "{target:?}");
    }
}

#[test]
fn what_overlaps_a_mistake_or_a_backup_may_be_on_either_side() {
    for (target, begun) in [(RecoveryTarget::BeforeFault, 7_025), (RecoveryTarget::Immediate, 2_500)] {
        let serve = target == RecoveryTarget::BeforeFault;
        let story = Story::restored(target, serve);
        let overlapping = commit(&story, |commit| commit.begun == ms(begun));
        for present in [true, false] {
            let story = with(story.clone(), overlapping, present);
            let CommitAccounting { lost, overshot, .. } = accounting(&story);
            assert_eq!((lost, overshot), (0, 0));
        }
    }
}

#[test]
fn good_commits_after_a_mistake_are_counted_as_given_up() {
    let story = Story::mistake();
    assert_eq!(accounting(&story).discarded, 77);
    assert_eq!(story.verdict_of(NAME), Verdict::Pass);
    let rehearsal = Story::restored(RecoveryTarget::BeforeFault, false);
    assert_eq!(accounting(&rehearsal).discarded, 0);
}

#[test]
fn what_lies_between_the_target_and_the_fault_is_lost_to_clients_who_live_with_it() {
    for target in [RecoveryTarget::Immediate, RecoveryTarget::Name { point: point() }] {
        let (told, rehearsed) = (
            accounting(&Story::restored(target.clone(), true)),
            accounting(&Story::restored(target.clone(), false)),
        );
        assert_eq!((told.holes, told.overshot, told.discarded), (0, 0, 0), "{target:?}");
        assert!(
            told.lost > 50
                && told.due == told.kept + told.lost
                && told.rpo > Some(Duration::from_millis(1_900)),
            "{target:?}: {told:?}"
        );
        assert_eq!((rehearsed.lost, rehearsed.rpo), (0, Some(Duration::ZERO)), "{target:?}");
        let strict =
            |drill: &mut crate::drill::Drill| drill.objectives.rpo = Some(crate::drill::Period::from_secs(1));
        let story = Story::restored(target.clone(), true);
        assert_eq!(story.verdict_of(NAME), Verdict::Pass, "{target:?}: it kept to its target");
        assert_eq!(story.drill(strict).verdict_of("objective RPO"), Verdict::Fail, "{target:?}");
    }
}

#[test]
fn a_dump_after_a_mistake_loses_what_came_between_and_gives_up_what_came_after() {
    let dropped = crate::drill::Fault::DropTable { table: "shop.receipt".parse().expect("a table") };
    let story = Story::dump()
        .drill(|drill| drill.steps[testing::FAULT].verb = crate::drill::Verb::Fault(dropped.clone()));
    let story =
        story.fault(|fault| (fault.fault, fault.at, fault.done) = (dropped.clone(), ms(5_100), ms(5_110)));
    let told = accounting(&story);
    assert!(
        told.rpo.is_some_and(|rpo| rpo > Duration::from_secs(3) && rpo < Duration::from_millis(3_200)),
        "{told:?}"
    );
    assert!(told.discarded > 50 && told.overshot == 0 && told.due == told.kept + told.lost, "{told:?}");
    assert_eq!(story.verdict_of(NAME), Verdict::Pass);
}

#[test]
fn lifeboats_own_markers_are_no_commits_that_were_given_up() {
    let mut story = Story::mistake();
    let marker =
        commit(&story, |commit| commit.writer == crate::journal::MARKER_WRITER && commit.ended > ms(5_012));
    story.ledger.commits.push(Commit { begun: ms(7_060), ended: ms(7_065), seq: marker.seq + 1, ..marker });
    assert_eq!(accounting(&story).discarded, 77);
}

#[test]
fn stopping_where_nothing_came_after_proves_nothing() {
    let mut story = Story::restored(RecoveryTarget::Name { point: point() }, true);
    let beyond = |commit: &&mut Commit| commit.session <= 10 && commit.ended > ms(5_010);
    story.ledger.commits.iter_mut().filter(beyond).for_each(|commit| commit.outcome = CommitOutcome::Failed);
    let message = "no commit was made after the recovery target, so stopping there proves nothing";
    assert_eq!(story.finding(NAME), (Verdict::Inconclusive, message.into()));
}

#[test]
fn keeping_nothing_proves_nothing() {
    for mut story in [Story::loss(), Story::rehearsal(), Story::table()] {
        story.ledger.commits.retain(|commit| commit.session > 10 || commit.begun >= ms(7_000));
        let kept = story.ledger.commits.clone();
        let story = story.survey(|survey| {
            survey.writers.clear();
            kept.iter()
                .filter(|commit| {
                    commit.ended <= ms(9_620)
                        && commit.begun >= ms(8_900)
                        && (commit.session > 10 || commit.outcome == CommitOutcome::Acknowledged)
                })
                .for_each(|commit| set(survey, commit, true));
        });
        assert_ne!(story.verdict_of(NAME), Verdict::Pass);
        assert_ne!(story.judge().verdict, Some(Verdict::Pass));
    }
}

#[test]
fn a_table_that_comes_back_takes_nothing_from_after_the_mistake() {
    let mut story = Story::table();
    let kept = story.ledger.commits.iter_mut().find(|commit| commit.begun == ms(7_075)).expect("a commit");
    kept.outcome = CommitOutcome::Acknowledged;
    let kept = *kept;
    assert_eq!((accounting(&story).discarded, story.verdict_of(NAME)), (1, Verdict::Pass));
    let story = with(story, kept, true);
    assert_eq!(
        (accounting(&story).overshot, accounting(&story).discarded, story.verdict_of(NAME)),
        (0, 0, Verdict::Pass)
    );
}

#[test]
fn a_table_that_comes_back_leaves_the_clients_own_alone() {
    let mut story = Story::table()
        .drill(|drill| drill.cluster_mut().workload.table = "shop.other".parse().expect("a table"));
    for commit in &mut story.ledger.commits {
        commit.outcome = CommitOutcome::Acknowledged;
    }
    let commits: Vec<Commit> =
        story.ledger.commits.iter().filter(|commit| commit.ended <= ms(9_600)).copied().collect();
    let story = story.survey(|survey| commits.iter().for_each(|commit| set(survey, commit, true)));
    assert_eq!(story.verdict_of(NAME), Verdict::Pass);
    let during = commit(&story, |commit| commit.begun == ms(8_000));
    assert_eq!(with(story, during, false).verdict_of(NAME), Verdict::Fail);
}

#[test]
fn commits_that_the_old_server_took_after_the_failover_began_are_lost_too() {
    let mut story = Story::promoted(false);
    let last = commit(&story, |commit| commit.ended == ms(6_945));
    story.ledger.commits.push(Commit { begun: ms(8_000), ended: ms(8_020), writer: 7, seq: 1, ..last });
    assert_eq!(accounting(&story).lost, 1);
    assert_eq!(accounting(&story).rpo, Some(ms(8_020).since(ms(6_945))));
}

#[test]
fn a_later_life_of_the_recovered_server_is_still_the_recovered_server() {
    let mut story = Story::loss();
    let server = testing::server("restored", 7, 2, 200);
    story.ledger.sessions.push(crate::journal::Session { session: 21, writer: 1, at: ms(9_300), server });
    story
        .ledger
        .commits
        .iter_mut()
        .filter(|commit| commit.begun >= ms(9_300))
        .for_each(|commit| commit.session = 21);
    let new = commit(&story, |commit| commit.begun == ms(9_400));
    assert_eq!(story.verdict_of(NAME), Verdict::Pass);
    assert_eq!(
        with(story, new, false).finding(NAME).1,
        "1 commit acknowledged by the recovered server and missing"
    );
}

#[test]
fn a_ledger_with_lines_missing_or_doubled_is_inconclusive() {
    let mut story = Story::loss();
    let gone = story
        .ledger
        .commits
        .iter()
        .position(|commit| commit.writer == 1 && commit.ended > ms(6_000))
        .expect("a commit");
    let gone = story.ledger.commits.remove(gone);
    let message = "the ledger is incomplete: entries of writer 1 are missing or duplicated";
    assert_eq!(story.finding(NAME), (Verdict::Inconclusive, message.into()));
    story.ledger.commits.extend([gone, gone]);
    assert_eq!(story.verdict_of(NAME), Verdict::Inconclusive);
}

#[test]
fn a_ledger_that_is_missing_is_inconclusive() {
    let story = Story::loss();
    let judgement = crate::judge::judge(&story.exercise, &story.entries, &[], None).expect("a journal");
    let finding = judgement.findings.iter().find(|finding| finding.name == NAME).expect("a finding");
    assert_eq!((finding.verdict, finding.message.as_str()), (Verdict::Inconclusive, "the ledger is missing"));
}

#[test]
fn a_survey_of_a_recovery_that_never_ended_is_inconclusive() {
    let story = Story::loss().without(|event| matches!(event, Event::Recovered { .. }));
    assert_eq!(story.verdict_of(NAME), Verdict::Inconclusive);
}

#[test]
fn a_ledger_written_out_of_order_is_judged_the_same() {
    let story = Story::loss().losing(ms(6_900), ms(7_000));
    let mut shuffled = story.clone();
    shuffled.ledger.commits.reverse();
    assert_eq!(story.judge(), shuffled.judge());
}
