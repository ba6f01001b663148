//! An outage that ends because its fault is lifted: nothing is recovered, and clients have waited all the same.

use std::time::Duration;

use crate::judge::{RecoveryJudgement, record::Record};
use crate::{
    drill::Verb,
    journal::{Ledger, Moment},
};

/// A healing that brought the service back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::judge) struct Healing {
    pub(in crate::judge) step: usize,
    /// When the fault came.
    pub(in crate::judge) from: Moment,
    /// The first commit that a client was told of after that.
    pub(in crate::judge) back: Option<Moment>,
}

impl Healing {
    /// Recovery time: from the fault to the first acknowledged write.
    pub(in crate::judge) fn rto(&self) -> Option<Duration> {
        Some(self.back?.since(self.from))
    }
}

/// The greatest recovery time, of recoveries and healings.
pub(in crate::judge) fn worst_rto(
    recoveries: &[RecoveryJudgement],
    healings: &[Healing],
) -> Option<Duration> {
    recoveries.iter().map(|recovery| recovery.rto).chain(healings.iter().map(Healing::rto)).flatten().max()
}

/// Those of a drill, in order. Where a server is thawed that the clients no longer need, nothing comes back.
pub(in crate::judge) fn all(record: &Record<'_>, ledger: Option<&dyn Ledger>) -> Vec<Healing> {
    let ended = |step: usize| !record.drill.is_service_up(step) && record.drill.is_service_up(step + 1);
    let healing = |step: usize| {
        let fault = record.cause(step)?;
        let told = ledger.into_iter().flat_map(|ledger| ledger.acknowledged());
        Some(Healing {
            step,
            from: fault.at,
            back: told.map(|commit| commit.ended).filter(|ended| *ended > fault.done).min(),
        })
    };
    let heals = record
        .numbered()
        .filter(|(step, declared, _)| matches!(declared.verb, Verb::Heal(_)) && ended(*step));
    heals.filter_map(|(step, ..)| healing(step)).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{
        drill::{Fault, Period, Verb},
        journal::{Entry, Event, FaultEffect, FaultFacts},
        judge::{Verdict, testing::*},
    };

    #[test]
    fn an_outage_that_a_thaw_ends_counts_as_recovery_time() {
        // The primary freezes where there was work, and is thawed before the fault that is recovered from.
        let freeze = Fault::Freeze { node: node("primary") };
        let story = Story::restart().drill(|drill| {
            drill.steps[1].verb = Verb::Fault(freeze.clone());
            drill.steps[3].verb = Verb::Heal(node("primary"));
        });
        let mut story = story;
        let began = |story: &Story, step: usize| {
            let is_it = |entry: &Entry| matches!(&entry.event, Event::StepStarted { step: begun, .. } if *begun == step);
            story.entries.iter().position(is_it).expect("a step")
        };
        let (exercise, place) = (Some(story.exercise.clone()), began(&story, 1));
        let frozen = FaultFacts {
            fault: freeze,
            at: ms(3_100),
            done: ms(3_110),
            proof: None,
            has_rows: None,
            alive: Some(ms(3_090)),
            xid: None,
            lsn: None,
            server_time: None,
        };
        story.entries.insert(
            place + 1,
            Entry {
                at: ms(3_600),
                exercise: exercise.clone(),
                event: Event::FaultInjected { step: 1, facts: frozen },
            },
        );
        let event = probed(1, None, FaultEffect::Present);
        story.entries.insert(place + 2, Entry { at: ms(3_600), exercise: exercise.clone(), event });
        let place = began(&story, 3);
        let event = Event::FaultHealed { fault: 1, step: Some(3) };
        story.entries.insert(place + 1, Entry { at: ms(5_500), exercise, event });
        story.ledger.commits.retain(|commit| commit.ended <= ms(3_100) || commit.ended > ms(5_490));
        let rto = story.judge().rto.expect("a recovery time");
        assert!(rto >= Duration::from_millis(2_390), "{rto:?}");
        assert!(story.judge().work.longest_outage >= Some(rto), "{:?}", story.judge().work);
        let promise = |seconds| {
            move |drill: &mut crate::drill::Drill| drill.objectives.rto = Some(Period::from_secs(seconds))
        };
        assert_eq!(story.clone().drill(promise(2)).verdict_of("objective RTO"), Verdict::Fail);
        assert_eq!(story.drill(promise(3)).verdict_of("objective RTO"), Verdict::Pass);
    }
}
