//! Whether everything that was provisioned was removed.

use crate::judge::{Judgement, Subject, Verdict, finding::Ruling, record::Record};

impl Judgement {
    /// Whether something of it may still be there: it could not be removed, or the exercise crashed and
    /// nobody cleaned_up it.
    #[must_use]
    pub fn may_have_left(&self) -> bool {
        let cleaned_up = self
            .findings
            .iter()
            .any(|finding| finding.subject == Subject::Cleanup && finding.verdict == Verdict::Pass);
        !self.left.is_empty() || self.began.is_some() && !cleaned_up
    }
}

/// The ruling on an exercise's end. What is left does not change whether a promise was kept: it has an exit
/// code of its own.
pub(in crate::judge) fn ruling(record: &Record<'_>) -> Ruling {
    match record.cleaned_up {
        None => Ruling::inconclusive("cleanup was not recorded: resources may remain"),
        Some((_, true)) => Ruling::pass("kept on request"),
        Some(([], false)) => Ruling::pass("everything was removed"),
        Some((left, false)) => Ruling::pass(format!("not removed: {}", left.join(", "))).with(left.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        journal::Event,
        judge::{Verdict, testing::*},
    };

    fn ended(left: &[&str], kept: bool) -> Story {
        Story::loss().edit(|event| {
            if matches!(event, Event::CleanedUp { .. }) {
                *event = Event::CleanedUp { left: left.iter().map(|&left| left.to_owned()).collect(), kept };
            }
        })
    }

    #[test]
    fn what_is_left_behind_is_told_and_does_not_change_the_verdict() {
        let story = ended(&["volume x"], false);
        assert_eq!(story.finding("cleanup"), (Verdict::Pass, "not removed: volume x".into()));
        assert_eq!(
            (story.judge().verdict, story.judge().left),
            (Some(Verdict::Pass), vec!["volume x".to_owned()])
        );
    }

    #[test]
    fn what_is_kept_on_purpose_is_told() {
        assert_eq!(ended(&[], true).finding("cleanup"), (Verdict::Pass, "kept on request".into()));
    }

    #[test]
    fn a_run_that_never_dismantled_is_inconclusive() {
        let story = Story::loss().without(|event| matches!(event, Event::CleanedUp { .. }));
        assert_eq!(story.verdict_of("cleanup"), Verdict::Inconclusive);
    }

    #[test]
    fn an_exercise_that_crashed_before_it_was_dismantled_is_not_taken_for_clean() {
        let cleaned_up = |event: &Event| matches!(event, Event::CleanedUp { .. });
        assert!(!Story::loss().judge().may_have_left());
        assert!(
            !ended(&[], true).judge().may_have_left() && ended(&["volume x"], false).judge().may_have_left()
        );
        let crashed = Story::loss().without(cleaned_up).judge();
        assert_eq!((crashed.may_have_left(), crashed.verdict), (true, Some(Verdict::Inconclusive)));
        let never_began =
            Story::loss().without(|event| cleaned_up(event) || matches!(event, Event::DrillStarted { .. }));
        assert!(!never_began.judge().may_have_left(), "nothing was made");
    }
}
