//! Whether the cluster stood and the clients committed before anything broke.

use crate::human;
use crate::judge::{finding::Ruling, record::Record, tls};

/// The ruling on an exercise's baseline.
pub(in crate::judge) fn ruling(record: &Record<'_>) -> Ruling {
    if let Some(error) = record.set_up_failed {
        return Ruling::inconclusive(format!("the cluster could not be built: {error}"));
    }
    let Some(baseline) = &record.baseline else {
        return Ruling::inconclusive("no baseline was recorded before the fault");
    };
    if baseline.acknowledged == 0 && record.drill.workload().writers > 0 {
        return Ruling::inconclusive("no commit was acknowledged before the fault");
    }
    if record.steps.iter().filter_map(|facts| facts.fault).any(|fault| fault.at < baseline.at) {
        return Ruling::inconclusive("a fault was injected before the baseline was recorded");
    }
    if let Some(ruling) = tls::at_first(record) {
        return ruling;
    }
    Ruling::pass(format!(
        "{} before the fault, on timeline {}",
        human::count_of(baseline.acknowledged, "acknowledged commit"),
        baseline.primary.timeline
    ))
}

#[cfg(test)]
mod tests {
    use crate::{
        journal::{ErrorChain, Event},
        judge::{Verdict, testing::*},
    };

    #[test]
    fn a_cluster_that_was_never_seen_to_work_is_inconclusive() {
        let story = Story::loss().without(|event| matches!(event, Event::BaselineRecorded { .. }));
        assert_eq!(story.verdict_of("baseline"), Verdict::Inconclusive);
    }

    #[test]
    fn clients_that_committed_nothing_are_inconclusive_but_where_there_are_none() {
        let story = Story::loss().edit(|event| {
            if let Event::BaselineRecorded { acknowledged, .. } = event {
                *acknowledged = 0;
            }
        });
        assert_eq!(story.verdict_of("baseline"), Verdict::Inconclusive);
        assert_eq!(
            story.drill(|drill| drill.cluster_mut().workload.writers = 0).verdict_of("baseline"),
            Verdict::Pass
        );
    }

    #[test]
    fn a_cluster_that_could_not_be_built_is_inconclusive_and_says_why() {
        let story = Story::loss().edit(|event| {
            if matches!(event, Event::BaselineRecorded { .. }) {
                *event = Event::SetUpFailed { error: ErrorChain::message("no image") };
            }
        });
        assert_eq!(
            story.finding("baseline"),
            (Verdict::Inconclusive, "the cluster could not be built: no image".into())
        );
    }

    #[test]
    fn a_baseline_after_the_fault_is_none() {
        assert_eq!(
            Story::loss().fault(|fault| fault.at = ms(1_800)).verdict_of("baseline"),
            Verdict::Inconclusive
        );
    }
}
