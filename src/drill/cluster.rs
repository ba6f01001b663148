//! The one model of the cluster: whether the service is up and which faults are open, by what the steps of a
//! drill do.
//!
//! **Invariant:** nothing happens here, and nobody else says what ends a fault: the diagnostics of a drill
//! file, the engine and the judge read the same states.

use std::collections::BTreeMap;

use super::{
    Armed, BackupMethod, Drill, EndedBy, Fault, Label, NodeName, Recovery, RecoveryTarget, RestorePointName,
};
use super::{Role, TableName, TargetLsn, Verb};

/// Whether clients can commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceState {
    /// They can.
    Up,
    /// They can't.
    Down {
        /// Since this step.
        since: usize,
    },
}

/// Why a step makes no sense in the state that it finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A recovery ends no fault, and brings a human error back.
    KeepsHumanError {
        /// The step of the human error.
        fault: usize,
    },
}

/// A fault that nothing has ended yet.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenFault {
    /// The step that injected it.
    pub step: usize,
    /// It.
    pub fault: Fault,
    /// The first recovery that has brought a human error back since, where one has.
    pub kept_by: Option<usize>,
}

/// The cluster between two steps.
#[derive(Clone, Debug)]
pub struct ClusterState {
    serving: Option<NodeName>,
    /// The standbys that the server in service waits for at each commit.
    synchronous: Vec<NodeName>,
    /// The clients' table.
    table: Option<TableName>,
    backups: BTreeMap<Label, (usize, BackupMethod)>,
    points: BTreeMap<RestorePointName, usize>,
    open: Vec<OpenFault>,
    /// The latest step of a human error.
    human_error: Option<usize>,
    /// A fault that waits for the recovery of the next step, with its own step.
    armed: Option<(usize, Armed)>,
    /// A recovery that a fault has interrupted, with its step.
    interrupted: Option<(usize, Recovery)>,
    service: ServiceState,
}

impl ClusterState {
    /// The cluster before the first step: the server in service, the standbys that it waits for, and the
    /// clients' table.
    #[must_use]
    pub const fn new(
        serving: Option<NodeName>,
        synchronous: Vec<NodeName>,
        table: Option<TableName>,
    ) -> Self {
        Self {
            serving,
            synchronous,
            table,
            backups: BTreeMap::new(),
            points: BTreeMap::new(),
            open: Vec::new(),
            human_error: None,
            armed: None,
            interrupted: None,
            service: ServiceState::Up,
        }
    }

    /// Whether clients can commit.
    #[must_use]
    pub const fn service(&self) -> ServiceState {
        self.service
    }

    /// The faults that nothing has ended yet, in order.
    #[must_use]
    pub fn open_faults(&self) -> &[OpenFault] {
        &self.open
    }

    /// The fault that waits for the recovery of the next step, with its own step.
    #[must_use]
    pub const fn armed(&self) -> Option<&(usize, Armed)> {
        self.armed.as_ref()
    }

    /// The recovery that a restart of this node takes up again, with its step: a fault has interrupted it.
    #[must_use]
    pub fn taken_up_by(&self, verb: &Verb) -> Option<&(usize, Recovery)> {
        let Verb::Recover(Recovery::Restart { node }) = verb else { return None };
        self.interrupted.as_ref().filter(|(_, recovery)| recovery.server() == node)
    }

    /// The synchronous standby that keeps every commit waiting, where one is broken.
    #[must_use]
    pub fn waits_for(&self) -> Option<&NodeName> {
        self.synchronous.iter().find(|standby| self.is_broken(standby))
    }

    /// Takes the fault that waits for the next recovery for one that never comes.
    pub fn disarm(&mut self) {
        self.armed = None;
    }

    /// Takes a fault for ended that a step which was wrong was to end.
    pub fn forgive(&mut self) {
        self.open.clear();
        self.service = ServiceState::Up;
    }

    /// Goes on by a step. What it refuses has happened all the same.
    ///
    /// # Errors
    /// Returns an error if the step makes no sense in this state.
    pub fn apply(&mut self, step: usize, verb: &Verb) -> Result<(), Refusal> {
        let mut refused = Ok(());
        match verb {
            Verb::Backup(backup) => drop(self.backups.insert(backup.label.clone(), (step, backup.method))),
            Verb::RestorePoint(point) => drop(self.points.insert(point.clone(), step)),
            Verb::Fault(fault) => {
                if fault.is_human_error() {
                    self.human_error = Some(step);
                }
                self.open.push(OpenFault { step, fault: fault.clone(), kept_by: None });
            }
            Verb::Arm(armed) => self.armed = Some((step, armed.clone())),
            Verb::Heal(_) => self.end_faults(verb),
            Verb::Recover(recovery) => match self.armed.take() {
                Some((armed_by, armed)) => {
                    let is_interrupted = armed.interrupts(recovery);
                    self.open.push(OpenFault { step: armed_by, fault: armed.fault, kept_by: None });
                    if is_interrupted {
                        self.interrupt(step, recovery);
                    } else {
                        refused = self.recover(step, verb, recovery);
                    }
                }
                None => refused = self.recover(step, verb, recovery),
            },
            Verb::Work(_) | Verb::Check(_) | Verb::Sql(_) | Verb::Exec(_) => {}
        }
        self.service = match (self.can_commit(), self.service) {
            (true, _) => ServiceState::Up,
            (false, ServiceState::Up) => ServiceState::Down { since: step },
            (false, down @ ServiceState::Down { .. }) => down,
        };
        refused
    }

    /// The server that was being brought up is broken, and a server of the cluster all the same: clients are
    /// sent to it.
    fn interrupt(&mut self, step: usize, recovery: &Recovery) {
        self.serving = Some(recovery.server().clone());
        self.synchronous.clear();
        self.interrupted = Some((step, recovery.clone()));
    }

    fn recover(&mut self, step: usize, verb: &Verb, recovery: &Recovery) -> Result<(), Refusal> {
        let before = self.open.len();
        self.end_faults(verb);
        if !recovery.serves() {
            return Ok(());
        }
        self.interrupted = None;
        match recovery {
            Recovery::Restore { onto: node, .. } | Recovery::Promote { node } => {
                self.serving = Some(node.clone());
                // The new server waits for nobody.
                self.synchronous.clear();
            }
            Recovery::Source { .. } | Recovery::Restart { .. } | Recovery::Table { .. } => {}
        }
        let replays = !matches!(recovery, Recovery::Table { .. });
        for open in self.open.iter_mut().filter(|open| replays && open.fault.is_human_error()) {
            open.kept_by.get_or_insert(step);
        }
        let kept = self.open.iter().find(|open| open.kept_by == Some(step));
        match kept.filter(|_| self.open.len() == before) {
            Some(open) => Err(Refusal::KeepsHumanError { fault: open.step }),
            None => Ok(()),
        }
    }

    fn end_faults(&mut self, verb: &Verb) {
        let state = self.clone();
        self.open.retain(|open| !state.ends(verb, open));
    }

    /// Whether an open fault is over when a step is done.
    #[must_use]
    pub fn ends(&self, verb: &Verb, open: &OpenFault) -> bool {
        let is_on = |node: &NodeName| open.fault.node() == Some(node);
        match verb {
            Verb::Heal(fault) => open.fault == *fault,
            Verb::Recover(Recovery::Restart { node }) => {
                let taken_up = self.taken_up_by(verb).map(|(_, recovery)| Verb::Recover(recovery.clone()));
                (is_on(node) && open.fault.info().ended_by == EndedBy::Restart)
                    || taken_up.is_some_and(|recovery| self.ends(&recovery, open))
            }
            // All that was streamed is replayed before a standby takes writes, a delay notwithstanding.
            Verb::Recover(Recovery::Promote { .. }) => !open.fault.is_human_error(),
            Verb::Recover(Recovery::Table { table, .. }) => open.fault.table() == Some(table),
            Verb::Recover(Recovery::Restore { serve: false, .. } | Recovery::Source { .. }) => false,
            Verb::Recover(Recovery::Restore { from, target, .. }) => {
                !open.fault.is_human_error() || self.ends_before(from, target, open.step)
            }
            Verb::Backup(_)
            | Verb::Work(_)
            | Verb::RestorePoint(_)
            | Verb::Fault(_)
            | Verb::Arm(_)
            | Verb::Check(_)
            | Verb::Sql(_)
            | Verb::Exec(_) => false,
        }
    }

    /// Whether a restore of this backup to this target holds nothing of what step `fault` did. What can't be
    /// told is left to the probe after the recovery.
    fn ends_before(&self, from: &Label, target: &RecoveryTarget, fault: usize) -> bool {
        let Some((taken, method)) = self.backups.get(from) else { return true };
        if *taken > fault {
            return false;
        }
        match target {
            _ if !method.is_physical() => true,
            RecoveryTarget::Latest => false,
            RecoveryTarget::Immediate | RecoveryTarget::Lsn { at: TargetLsn::Absolute(_) } => true,
            RecoveryTarget::BeforeFault => self.human_error.is_none_or(|latest| latest <= fault),
            RecoveryTarget::Time { .. }
            | RecoveryTarget::Xid { .. }
            | RecoveryTarget::Lsn { at: TargetLsn::Point(_) }
            | RecoveryTarget::Name { .. } => {
                target.point().and_then(|point| self.points.get(point)).is_none_or(|made| *made < fault)
            }
        }
    }

    fn is_broken(&self, node: &NodeName) -> bool {
        self.open.iter().any(|open| open.fault.node() == Some(node))
    }

    /// The server in service is whole, so are the standbys that it waits for, and the clients' table is
    /// there.
    fn can_commit(&self) -> bool {
        let is_theirs = |fault: &Fault| self.table.is_some() && fault.table() == self.table.as_ref();
        self.serving.as_ref().is_none_or(|node| !self.is_broken(node))
            && self.waits_for().is_none()
            && !self.open.iter().any(|open| is_theirs(&open.fault))
    }
}

impl Drill {
    /// The cluster before the first step.
    #[must_use]
    pub fn first_state(&self) -> ClusterState {
        let is_synchronous = |role: &Role| matches!(role, Role::Standby { synchronous: true, .. });
        let synchronous = self.nodes().iter().filter(|node| is_synchronous(&node.role));
        ClusterState::new(
            self.primary().map(|node| node.name.clone()),
            synchronous.map(|node| node.name.clone()).collect(),
            Some(self.workload().table.clone()),
        )
    }
}
