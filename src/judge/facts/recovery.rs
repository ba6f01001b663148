//! A recovery in its surroundings: what was asked, what broke before it, what it was made from.

use crate::judge::record::{InjectedFault, Record};
use crate::{
    drill::{BackupKind, BackupMethod, Recovery},
    journal::{BackupFacts, Moment, Recovered},
};

/// A recovery that has reached its end.
#[derive(Clone, Copy)]
pub(in crate::judge) struct CompletedRecovery<'a> {
    pub(in crate::judge) step: usize,
    pub(in crate::judge) recovery: &'a Recovery,
    /// When its step began.
    pub(in crate::judge) began: Moment,
    /// When it was over.
    pub(in crate::judge) at: Moment,
    pub(in crate::judge) recovered: &'a Recovered,
    /// The fault from which it counts.
    pub(in crate::judge) fault: Option<InjectedFault<'a>>,
    /// The tool that made the backup it came from.
    pub(in crate::judge) method: Option<BackupMethod>,
    /// The backup it came from.
    pub(in crate::judge) backup: Option<&'a BackupFacts>,
}

impl<'a> CompletedRecovery<'a> {
    /// The recoveries that have reached their end, in order.
    pub(in crate::judge) fn all(record: &Record<'a>) -> Vec<Self> {
        let attempt =
            |(step, recovery, facts): (usize, &'a Recovery, &crate::judge::record::StepFacts<'a>)| {
                let (at, recovered) = facts.recovered?;
                let declared = match recovery {
                    Recovery::Restore { from, .. } => record.drill.backup(from),
                    Recovery::Source { .. }
                    | Recovery::Restart { .. }
                    | Recovery::Promote { .. }
                    | Recovery::Table { .. } => None,
                };
                Some(Self {
                    step,
                    recovery,
                    began: facts.began.unwrap_or(at),
                    at,
                    recovered,
                    fault: record.cause(step),
                    method: declared.map(|backup| backup.method),
                    backup: declared.and_then(|backup| record.backup_taken(backup)),
                })
            };
        record.recoveries().filter_map(attempt).collect()
    }

    /// From when recovery time counts: the fault, or the step's beginning for a rehearsal or where nothing
    /// broke.
    pub(in crate::judge) fn from(&self) -> Moment {
        let caused = self.fault.filter(|_| self.recovered.serves).map(|fault| fault.at);
        // What the step does before it recovers anything (a second look at the content) is no part of a
        // rehearsal.
        let set_out = self.recovered.phases.first().map_or(self.began, |first| first.from.max(self.began));
        caused.unwrap_or(set_out)
    }

    /// The mistake of people for which clients are sent back in time, where that is the fault.
    pub(in crate::judge) fn mistake(&self) -> Option<InjectedFault<'a>> {
        self.fault.filter(|fault| self.recovered.serves && fault.fault.is_human_error())
    }

    /// Whether a table is brought back into the server that serves all the time.
    pub(in crate::judge) const fn is_table(&self) -> bool {
        matches!(self.recovery, Recovery::Table { .. })
    }

    /// Whether it came from a physical backup.
    pub(in crate::judge) fn is_physical(&self) -> bool {
        let kind = self.backup.map(|backup| backup.kind);
        kind.or(self.method.map(|method| method.info().kind)).is_some_and(BackupKind::is_physical)
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        drill::{Fault, Step, Verb},
        journal::{Event, FaultFacts},
        judge::testing::*,
    };

    /// A story with an earlier fault in the place of its first work.
    fn after(fault: &Fault) -> Story {
        let story = Story::restart().drill(|drill| {
            let verb = Verb::Fault(fault.clone());
            drill.steps[1] = Step { title: verb.describe(), deadline: verb.default_deadline(), verb };
        });
        let facts = FaultFacts {
            fault: fault.clone(),
            alive: Some(ms(3_090)),
            at: ms(3_100),
            done: ms(3_110),
            proof: None,
            has_rows: None,
            inventory: Vec::new(),
            xid: Some(900),
            lsn: None,
            server_time: None,
        };
        story.edit(|event| {
            if matches!(event, Event::Worked { step: 1, .. }) {
                *event = Event::FaultInjected { step: 1, facts: facts.clone() };
            }
        })
    }

    #[test]
    fn recovery_time_counts_from_the_latest_fault_that_nothing_has_mended() {
        let frozen = Fault::Freeze { node: node("standby") };
        let verbs = |verb: Verb| move |drill: &mut crate::drill::Drill| drill.steps[3].verb = verb.clone();
        // The latest fault is not there, so that the recovery is left with the earlier one.
        let only_earlier =
            |story: Story| story.without(|event| matches!(event, Event::FaultInjected { step: FAULT, .. }));
        let story = only_earlier(after(&frozen));
        assert_eq!(story.judge().recoveries[0].from, ms(3_100));
        assert_eq!(
            story
                .drill(verbs(Verb::Heal(crate::drill::Fault::Freeze { node: node("standby") })))
                .judge()
                .recoveries[0]
                .from,
            ms(7_100)
        );
        assert_eq!(after(&frozen).judge().recoveries[0].from, ms(7_000));
    }
}
