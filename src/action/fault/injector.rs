//! What a fault is injected with.

use std::{sync::Arc, time::Duration};

use super::{DrillContext, Proofs};
use crate::{
    action::{
        recorder::Recorder,
        workload::{Markers, WorkloadStatus},
    },
    drill::{DatabaseName, Deadlines, Fault},
    journal::Moment,
    lab::{LabError, Runtime, node::Node},
};

/// What a fault is injected with: its own, so that the exercise can go on meanwhile.
pub(in crate::action) struct Injector {
    /// The step that injects.
    pub(super) step: usize,
    pub(super) recorder: Recorder,
    pub(super) runtime: Arc<dyn Runtime>,
    /// The node that is hit, or the one in service where the data is.
    pub(super) node: Node,
    /// The database of the clients.
    pub(super) database: DatabaseName,
    /// What the clients tell; `None` where they have no service that a fault could take away.
    pub(super) clients: Option<Arc<WorkloadStatus>>,
    pub(super) markers: Option<Markers>,
    pub(super) proofs: Proofs,
    /// How long the removal of a volume may take.
    pub(super) removed_within: Duration,
}

impl Injector {
    /// For a fault of `step` that is injected on `node`.
    fn of(context: &DrillContext, step: usize, node: Node) -> Self {
        let workload = context.workload.as_ref();
        Self {
            step,
            recorder: context.recorder.clone(),
            runtime: Arc::clone(&context.runtime),
            node,
            database: context.database(),
            clients: workload.map(|workload| Arc::clone(workload.status())),
            markers: workload.map(|workload| workload.markers().clone()),
            proofs: context.proofs.clone(),
            removed_within: Deadlines::of(&context.drill).volume,
        }
    }

    /// For a fault that is injected now.
    ///
    /// # Errors
    /// Returns an error if the node that it hits is not there.
    pub(super) fn now(context: &DrillContext, step: usize, fault: &Fault) -> Result<Self, LabError> {
        let node = match fault.node() {
            Some(name) => context.node(name)?,
            None => context.service()?.0,
        };
        Ok(Self::of(context, step, node))
    }

    /// For a fault that comes while a recovery runs, which may make the node that it hits. Clients have no
    /// service meanwhile, and so notice nothing.
    ///
    /// # Errors
    /// Returns an error if it hits no node.
    pub(in crate::action) fn beside(
        context: &DrillContext,
        step: usize,
        fault: &Fault,
    ) -> Result<Self, LabError> {
        let name = fault.node().ok_or_else(|| LabError::state(fault.describe(), "it hits no node"))?;
        Ok(Self { clients: None, ..Self::of(context, step, context.at(name)) })
    }

    /// Now.
    pub(super) fn moment(&self) -> Moment {
        self.recorder.clock().now()
    }

    /// Lifeboat's own commits.
    ///
    /// # Errors
    /// Returns an error if there are no clients among whose they are.
    pub(super) fn markers(&self) -> Result<&Markers, LabError> {
        self.markers.as_ref().ok_or_else(|| LabError::state("reach the clients", "they were not started"))
    }
}
