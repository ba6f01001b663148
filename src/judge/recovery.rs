//! A recovery in its surroundings: what was asked, what broke before it, what it was made from.

use super::record::Record;
use crate::{
    drill::{BackupMethod, Recovery},
    journal::{BackupFacts, FaultFacts, Moment, Recovered},
};

/// A recovery that has reached its end.
#[derive(Clone, Copy)]
pub(super) struct Attempt<'a> {
    pub(super) step: usize,
    pub(super) recovery: &'a Recovery,
    /// When its step began.
    pub(super) began: Moment,
    /// When it was over.
    pub(super) at: Moment,
    pub(super) recovered: &'a Recovered,
    /// The latest fault before it.
    pub(super) fault: Option<&'a FaultFacts>,
    /// The tool that made the backup it came from.
    pub(super) method: Option<BackupMethod>,
    /// The backup it came from.
    pub(super) backup: Option<&'a BackupFacts>,
}

impl<'a> Attempt<'a> {
    /// The recoveries that have reached their end, in order.
    pub(super) fn all(record: &Record<'a>) -> Vec<Self> {
        let attempt = |(step, recovery, facts): (usize, &'a Recovery, &super::record::StepFacts<'a>)| {
            let (at, recovered) = facts.recovered?;
            let declared = match recovery {
                Recovery::Restore { from, .. } => record.drill.backup(from),
                Recovery::Restart { .. } | Recovery::Promote { .. } | Recovery::Table { .. } => None,
            };
            Some(Self {
                step,
                recovery,
                began: facts.began.unwrap_or(at),
                at,
                recovered,
                fault: record.fault_before(step, |_| true),
                method: declared.map(|backup| backup.method),
                backup: declared.and_then(|backup| record.backup_taken(backup)),
            })
        };
        record.recoveries().filter_map(attempt).collect()
    }

    /// From when recovery time counts: the fault, or the step's beginning for a rehearsal or where nothing broke.
    pub(super) fn from(&self) -> Moment {
        self.fault.filter(|_| self.recovered.serves).map_or(self.began, |fault| fault.at)
    }

    /// Whether a table is brought back into the server that serves all the time.
    pub(super) const fn is_table(&self) -> bool {
        matches!(self.recovery, Recovery::Table { .. })
    }

    /// Whether it came from a physical backup.
    pub(super) fn is_physical(&self) -> bool {
        self.method.is_some_and(BackupMethod::is_physical)
    }
}
