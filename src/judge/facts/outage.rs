//! The times in which clients had no service: what opened each, and what closed it.

use std::time::Duration;

use crate::judge::{
    RecoveryJudgement,
    ledger_facts::LedgerFacts,
    record::{InjectedFault, Record},
};
use crate::{
    drill::Verb,
    journal::{Commit, Moment, Server},
};

/// What ended an outage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::judge) enum ClosedBy {
    /// The recovery in this step.
    Recovery(usize),
    /// The step that lifted the fault.
    Heal(usize),
    /// No step of the drill: the system came back by itself.
    Itself,
    /// Nothing.
    Never,
}

/// An outage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::judge) struct Outage {
    /// The step of the fault.
    pub(in crate::judge) opened_by: usize,
    pub(in crate::judge) closed_by: ClosedBy,
    /// When the fault came.
    pub(in crate::judge) from: Moment,
    /// The first commit that a client was told of on the service that came back.
    pub(in crate::judge) first_write: Option<Moment>,
    /// The server that took it, where that is known.
    pub(in crate::judge) server: Option<Server>,
}

impl Outage {
    /// Recovery time without what people were declared to need: from the fault to the first acknowledged
    /// write.
    pub(in crate::judge) fn rto(&self) -> Option<Duration> {
        Some(self.first_write?.since(self.from))
    }

    /// The step that a finding about it names: what closed it, or else what opened it.
    pub(in crate::judge) const fn step(&self) -> usize {
        match self.closed_by {
            ClosedBy::Recovery(step) | ClosedBy::Heal(step) => step,
            ClosedBy::Itself | ClosedBy::Never => self.opened_by,
        }
    }

    /// Whether a recovery is measured by its own step.
    pub(in crate::judge) const fn is_recovery(&self) -> bool {
        matches!(self.closed_by, ClosedBy::Recovery(_))
    }
}

/// The greatest recovery time: of recoveries, with what people were declared to need, and of outages that
/// ended otherwise.
pub(in crate::judge) fn worst_rto(recoveries: &[RecoveryJudgement], outages: &[Outage]) -> Option<Duration> {
    let others = outages.iter().filter(|outage| !outage.is_recovery());
    recoveries.iter().map(|recovery| recovery.rto).chain(others.map(Outage::rto)).flatten().max()
}

/// Those of a drill, in order. A fault that leaves the service up, or comes while it is away, opens none.
pub(in crate::judge) fn all(
    record: &Record<'_>,
    ledger: Option<&LedgerFacts<'_>>,
    recoveries: &[RecoveryJudgement],
) -> Vec<Outage> {
    let opened = record.numbered().filter_map(|(step, _, facts)| Some((step, facts.fault?)));
    opened.filter_map(|(step, fault)| outage(record, ledger, recoveries, step, fault)).collect()
}

fn outage(
    record: &Record<'_>,
    ledger: Option<&LedgerFacts<'_>>,
    recoveries: &[RecoveryJudgement],
    opened_by: usize,
    fault: InjectedFault<'_>,
) -> Option<Outage> {
    let drill = record.drill;
    let takes_service =
        record.timeline.is_service_up(opened_by) && !record.timeline.is_service_up(opened_by + 1);
    let closing = if takes_service {
        (opened_by + 1..drill.steps.len()).find(|step| record.timeline.is_service_up(step + 1))
    } else {
        // What people destroy is missed until it is back, though clients go on.
        Some(record.timeline.ended_by(opened_by).filter(|_| fault.fault.is_human_error())?)
    };
    let closed_by = |step: usize| match drill.steps.get(step).map(|step| &step.verb) {
        Some(Verb::Recover(_)) => ClosedBy::Recovery(step),
        _ => ClosedBy::Heal(step),
    };
    let mut outage = Outage {
        opened_by,
        closed_by: closing.map_or(ClosedBy::Never, closed_by),
        from: fault.at,
        first_write: None,
        server: None,
    };
    if let ClosedBy::Recovery(step) = outage.closed_by {
        let judged = recoveries.iter().find(|judged| judged.step == step);
        outage.first_write = judged.and_then(|judged| judged.first_write);
        outage.server = judged.map(|judged| judged.recovered.after.clone());
        return Some(outage);
    }
    if let Some((back, server)) = ledger?.back_after(opened_by) {
        outage.first_write = Some(back);
        outage.server = server.cloned();
        if outage.closed_by == ClosedBy::Never {
            outage.closed_by = ClosedBy::Itself;
        }
    }
    Some(outage)
}

/// What clients were told around a fault.
pub(in crate::judge) struct AroundFault {
    at: Moment,
    done: Moment,
    last_before: Option<Moment>,
    first_after: Option<(Moment, u32)>,
}

impl AroundFault {
    pub(in crate::judge) fn of(fault: &InjectedFault<'_>) -> Self {
        Self { at: fault.at, done: fault.done, last_before: None, first_after: None }
    }

    /// Takes the next commit of the ledger, in the order in which they ended.
    pub(in crate::judge) fn see(&mut self, commit: &Commit) {
        if !commit.is_told() {
            return;
        }
        if commit.ended <= self.at {
            self.last_before = Some(commit.ended);
        }
        if commit.ended > self.done && self.first_after.is_none() {
            self.first_after = Some((commit.ended, commit.session));
        }
    }

    /// The last commit of a client that was acknowledged before the fault.
    pub(in crate::judge) const fn last_before(&self) -> Option<Moment> {
        self.last_before
    }

    /// The first that was acknowledged after the call that caused it, and its session.
    pub(in crate::judge) const fn first_after(&self) -> Option<(Moment, u32)> {
        self.first_after
    }
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
    #[expect(clippy::wildcard_enum_match_arm, reason = "a test names the variants that it is about")]
    fn an_outage_that_a_thaw_ends_counts_as_recovery_time() {
        // The primary freezes where there was work, and is thawed before the fault that is recovered from.
        let freeze = Fault::Freeze { node: node("primary") };
        let story = Story::restart().drill(|drill| {
            drill.steps[1].verb = Verb::Fault(freeze.clone());
            drill.steps[3].verb = Verb::Heal(crate::drill::Fault::Freeze { node: node("primary") });
        });
        let mut story = story;
        let began = |story: &Story, step: usize| {
            let is_it = |entry: &Entry| match entry.event {
                Event::StepStarted { step: begun, .. } => begun == step,
                _ => false,
            };
            story.entries.iter().position(is_it).expect("a step")
        };
        let (exercise, place) = (Some(story.exercise.clone()), began(&story, 1));
        let frozen = FaultFacts {
            fault: freeze,
            at: ms(3_100),
            done: ms(3_110),
            proof: None,
            has_rows: None,
            inventory: Vec::new(),
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

    #[test]
    fn an_outage_that_no_step_ends_is_judged_as_well() {
        let story = Story::restart()
            .drill(|drill| drill.steps[RECOVERY].verb = Verb::Work(Period::from_secs(1)))
            .without(|event| matches!(event, Event::Recovered { .. }));
        assert_eq!(story.judge().rto, Some(Duration::from_secs(2)));
        assert_eq!(story.verdict_of("objective RTO"), Verdict::Pass);
        let mut never = story;
        never.ledger.commits.retain(|commit| commit.ended < ms(7_000));
        assert_eq!(never.judge().rto, None);
        assert_eq!(never.verdict_of("objective RTO"), Verdict::Inconclusive);
        let strict = never.drill(|drill| drill.objectives.rto = Some(Period::from_secs(2)));
        assert_eq!(strict.verdict_of("objective RTO"), Verdict::Fail);
    }
}
