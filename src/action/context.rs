//! What the actions of one exercise work on.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use super::{
    fault::Proofs,
    recorder::Recorder,
    workload::{ServiceAddress, ServiceHost, Touch, Workload, WorkloadConfig},
};
use crate::{
    drill::{
        self, Armed, DatabaseName, Dataset, Drill, Label, NodeName, RestorePointName, TableName, Timeline,
    },
    journal::{
        BackupFacts, ErrorChain, Event, FaultFacts, Fingerprint, LEDGER_FILE, Moment, RestorePointFacts,
        Server, hash_of_all,
    },
    lab::{
        LabError, Provision, Runtime, TimeLeft,
        clock::Clock,
        node::{Node, Secrets},
        repository,
    },
};

/// A recovery that has been done, for the checks that ask about it.
#[derive(Clone)]
pub struct Recovery {
    /// The step.
    pub step: usize,
    /// The node to ask.
    pub node: Node,
    /// Whether it is in service.
    pub serves: bool,
    /// The baseline that its content is compared with, by name, and whether that is the very point that was
    /// recovered.
    pub baseline: Option<(String, bool)>,
    /// The first transaction that clients can have been given on a server into which a dump was read;
    /// physical copies keep the numbers of their source.
    pub horizon: Option<u64>,
}

/// A recovery that a fault has interrupted.
#[derive(Clone)]
pub struct Interrupted {
    /// Its step.
    pub step: usize,
    /// When it began.
    pub began: Moment,
    /// It.
    pub recovery: drill::Recovery,
}

/// The lab, the clients, and what has happened so far.
pub struct DrillContext {
    /// The drill.
    pub drill: Arc<Drill>,
    /// What follows from its steps.
    pub timeline: Timeline,
    /// The journal.
    pub recorder: Recorder,
    /// Where nodes run.
    pub runtime: Arc<dyn Runtime>,
    /// How long the step that is under way may still take.
    pub time_left: TimeLeft,
    /// The passwords.
    pub secrets: Secrets,
    /// The text that only this exercise writes.
    pub nonce: String,
    /// The exercise's folder among the reports.
    pub folder: PathBuf,
    /// Where this machine keeps what outlives a run.
    pub cache: PathBuf,
    /// The nodes that are there.
    pub nodes: BTreeMap<NodeName, Node>,
    /// The clients, from set-up to dismantling.
    pub workload: Option<Workload>,
    /// The server that served before the latest fault.
    pub primary: Option<(Node, Server)>,
    /// Backups by label.
    pub backups: BTreeMap<Label, BackupFacts>,
    /// Restore points by name.
    pub restore_points: BTreeMap<RestorePointName, RestorePointFacts>,
    /// The faults by the step that injected them.
    pub faults: BTreeMap<usize, FaultFacts>,
    /// Those of them that a step has lifted.
    pub healed: BTreeSet<usize>,
    /// The searches for their effects that are under way.
    pub proofs: Proofs,
    /// Fingerprints by name: a label, a restore point, `start of the drill`.
    pub baselines: BTreeMap<String, Fingerprint>,
    /// The tables that the clients change.
    pub live_tables: BTreeMap<TableName, Touch>,
    /// The service's content just before the latest fault.
    pub second_look: Option<Fingerprint>,
    /// The database of the user's backup, once that is restored.
    pub restored_database: Option<DatabaseName>,
    /// The latest recovery.
    pub recovery: Option<Recovery>,
    /// The fault that waits for the recovery of the next step, with its own step.
    pub armed: Option<(usize, Armed)>,
    /// The recovery that a fault has interrupted.
    pub interrupted: Option<Interrupted>,
}

impl DrillContext {
    /// The clock of the run.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.recorder.clock()
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.clock().now()
    }

    /// The database that the clients use.
    #[must_use]
    pub fn database(&self) -> DatabaseName {
        let declared = self.drill.dataset().map(|dataset| dataset.database.clone());
        declared.or_else(|| self.restored_database.clone()).unwrap_or_else(DatabaseName::postgres)
    }

    /// What the drill's own cluster holds.
    ///
    /// # Errors
    /// Returns an error if the drill makes none.
    pub fn dataset(&self) -> Result<&Dataset, LabError> {
        let dataset = self.drill.dataset();
        dataset.ok_or_else(|| LabError::state("find the dataset", "the drill begins with a backup"))
    }

    /// A node that must be there.
    ///
    /// # Errors
    /// Returns an error if it is not.
    pub fn node(&self, name: &NodeName) -> Result<Node, LabError> {
        self.nodes
            .get(name)
            .cloned()
            .ok_or_else(|| LabError::state(format!("reach node {name}"), "it is not there"))
    }

    /// The place that keeps backups, archive and logs.
    #[must_use]
    pub fn repository(&self) -> Node {
        self.at(&repository())
    }

    /// The server of a node, whether that is there or not.
    pub(super) fn at(&self, name: &NodeName) -> Node {
        Node::new(Arc::clone(&self.runtime), name.clone(), self.secrets.clone(), self.time_left.clone())
            .with_hba(&self.drill.server.hba)
    }

    /// Makes a node.
    ///
    /// # Errors
    /// Returns an error if it can't be created.
    pub async fn create(&mut self, name: &NodeName, provision: Provision) -> Result<Node, LabError> {
        let node = self.at(name);
        // Known before it is made: an attempt that fails half-way is cleaned_up like the rest.
        self.nodes.insert(name.clone(), node.clone());
        self.runtime.create(name, provision).await?;
        node.trust_authority().await?;
        Ok(node)
    }

    /// Starts the clients, who find the service at these addresses.
    ///
    /// # Errors
    /// Returns an error if the ledger can't be created.
    pub fn start_clients(&mut self, hosts: Vec<ServiceHost>) -> Result<(), LabError> {
        self.workload = Some(Workload::start(WorkloadConfig {
            declared: self.drill.workload(),
            database: self.database(),
            service: ServiceAddress { hosts },
            secrets: self.secrets.clone(),
            nonce: self.nonce.clone(),
            clock: self.clock(),
            ledger: &self.folder.join(LEDGER_FILE),
        })?);
        Ok(())
    }

    /// The clients.
    ///
    /// # Errors
    /// Returns an error if they were not started.
    pub fn workload(&self) -> Result<&Workload, LabError> {
        self.workload.as_ref().ok_or_else(|| LabError::state("reach the clients", "they were not started"))
    }

    /// The node in service and the server that it was when it was last asked.
    ///
    /// # Errors
    /// Returns an error if there is none.
    pub fn service(&self) -> Result<(Node, Server), LabError> {
        self.primary.clone().ok_or_else(|| LabError::state("reach the service", "no server is in service"))
    }

    /// Writes down that a server has started, and which it is.
    ///
    /// # Errors
    /// Returns an error if it can't be asked.
    pub async fn note_server(&self, node: &Node) -> Result<Server, LabError> {
        let server = node.server().await?;
        self.recorder.record(Event::ServerStarted { server: server.clone() });
        Ok(server)
    }

    /// Writes down that a file of the exercise's folder is evidence.
    pub fn keep_file(&self, file: &str) {
        match std::fs::File::open(self.folder.join(file)).and_then(hash_of_all) {
            Ok((bytes, hash)) => {
                self.recorder.record(Event::Evidence { file: file.to_owned(), bytes, hash });
            }
            Err(error) => {
                let error = ErrorChain::of(&LabError::io(format!("read {file}"))(error));
                self.recorder.record(Event::EvidenceMissing { file: file.to_owned(), error });
            }
        }
    }

    /// The latest mistake of a person, mended or not: recovery targets refer to it.
    #[must_use]
    pub fn mistake(&self) -> Option<&FaultFacts> {
        self.faults.values().rfind(|facts| facts.fault.is_human_error())
    }
}
