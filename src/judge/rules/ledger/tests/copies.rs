//! What was committed on copies that were rehearsed beside the service.

use super::*;
use crate::{
    drill::{Recovery, Verb},
    journal::{Entry, MARKER_WRITER, Recovered, Session},
};

/// A copy was rehearsed before the fault, in the place of the first work, and Lifeboat committed a marker on
/// it.
#[expect(clippy::wildcard_enum_match_arm, reason = "a test names the variants that it is about")]
fn after_a_rehearsal(story: Story) -> Story {
    let copy = testing::server("copy", 7, 2, 77);
    let rehearsed = Recovery::Restore {
        from: testing::label(),
        target: RecoveryTarget::Latest,
        onto: testing::node("copy"),
        serve: false,
    };
    let mut story = story.drill(|drill| drill.steps[1].verb = Verb::Recover(rehearsed.clone()));
    let is_work = |entry: &Entry| matches!(entry.event, Event::Worked { acknowledged: 79, .. });
    let place = story.entries.iter().position(is_work).expect("the work");
    let of_copy = Story::rehearsal().entries.into_iter().find_map(|entry| match entry.event {
        Event::Recovered { recovered, .. } => Some(recovered),
        _ => None,
    });
    let recovered = Box::new(Recovered { after: copy.clone(), ..*of_copy.expect("a recovery") });
    story.entries[place].event = Event::Recovered { step: 1, recovered };
    story.ledger.sessions.push(Session { session: 9, writer: MARKER_WRITER, at: ms(4_000), server: copy });
    let marker = commit(&story, |commit| commit.writer == MARKER_WRITER);
    for other in story.ledger.commits.iter_mut().filter(|commit| commit.writer == MARKER_WRITER) {
        other.seq += 1;
    }
    let marker =
        Commit { begun: ms(4_000), ended: ms(4_001), session: 9, seq: 1, lsn: Lsn(4_000 << 8), ..marker };
    let place = story.ledger.commits.iter().position(|commit| commit.ended > ms(4_001)).expect("a commit");
    story.ledger.commits.insert(place, marker);
    let markers: Vec<Commit> =
        story.ledger.commits.iter().filter(|commit| commit.writer == MARKER_WRITER).copied().collect();
    story.survey(|survey| markers.iter().for_each(|commit| set(survey, commit, commit.session != 9)))
}

#[test]
fn what_was_committed_on_a_rehearsed_copy_is_no_commit_that_the_service_lost() {
    for story in [Story::loss(), Story::restart(), Story::promoted(true), Story::mistake()] {
        let (before, name) = (accounting(&story), story.judge().drill.title);
        let story = after_a_rehearsal(story);
        let judged = story.judge();
        let accounting = judged.recoveries.last().and_then(|recovery| recovery.accounting.clone());
        let after = accounting.expect("a survey");
        assert_eq!((after.lost, after.unexpected, after.rpo), (before.lost, 0, before.rpo), "{name}");
        assert_eq!(story.verdict_of(NAME), Verdict::Pass, "{name}");
    }
}
