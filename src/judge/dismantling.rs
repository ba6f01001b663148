//! Whether everything that was provisioned was removed.

use super::{finding::Ruling, record::Record};

/// The ruling on an exercise's end. What is left does not change whether a promise was kept: it has an exit code of its own.
pub(super) fn ruling(record: &Record<'_>) -> Ruling {
    match record.dismantled {
        None => Ruling::inconclusive("nobody knows whether everything was removed"),
        Some((_, true)) => Ruling::pass("kept on purpose"),
        Some(([], false)) => Ruling::pass("everything was removed"),
        Some((left, false)) => Ruling::pass(format!("left behind: {}", left.join(", "))).with(left.to_vec()),
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
            if matches!(event, Event::Dismantled { .. }) {
                *event = Event::Dismantled { left: left.iter().map(|&left| left.to_owned()).collect(), kept };
            }
        })
    }

    #[test]
    fn what_is_left_behind_is_told_and_does_not_change_the_verdict() {
        let story = ended(&["volume x"], false);
        assert_eq!(story.finding("dismantling"), (Verdict::Pass, "left behind: volume x".into()));
        assert_eq!((story.judge().verdict, story.judge().left), (Some(Verdict::Pass), vec!["volume x".to_owned()]));
    }

    #[test]
    fn what_is_kept_on_purpose_is_told() {
        assert_eq!(ended(&[], true).finding("dismantling"), (Verdict::Pass, "kept on purpose".into()));
    }

    #[test]
    fn a_run_that_never_dismantled_is_inconclusive() {
        let story = Story::loss().without(|event| matches!(event, Event::Dismantled { .. }));
        assert_eq!(story.verdict_of("dismantling"), Verdict::Inconclusive);
    }
}
