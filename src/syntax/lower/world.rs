//! What is known of the cluster between two steps.

use std::{collections::BTreeMap, time::Duration};

use super::{cluster, refusal};
use crate::{
    drill::{Armed, BackupMethod, ClusterState, Fault, Label, NodeName, RestorePointName, TableName, Verb},
    syntax::{
        declared::{self, RoleWord},
        diagnostic::{Diagnostic, Span},
        nearest::{either, nearest},
    },
};

/// A fault that a server has not come back from, and where the file says so.
#[derive(Clone, Debug)]
pub(super) struct Broken {
    pub(super) fault: Fault,
    pub(super) since: Span,
}

/// A server at this point of the drill.
pub(super) struct Server {
    pub(super) name: NodeName,
    pub(super) place: Span,
    /// `None` for one that takes writes; the inner one is the delay.
    pub(super) standby: Option<Option<Duration>>,
    /// What is broken of it; `None` where it runs.
    pub(super) broken: Option<Broken>,
    /// A copy that a rehearsal made, beside the cluster.
    pub(super) copy: bool,
    /// Where it gave a table back: it stands still from then on.
    pub(super) turned: Option<Span>,
}

impl Server {
    /// What it is like, and since where; `None` where it runs.
    pub(super) fn trouble(&self) -> Option<(&'static str, Span)> {
        let Broken { fault, since } = self.broken.as_ref()?;
        Some((fault.info().leaves, since.clone()))
    }
}

/// A backup that was taken, or a restore point that was made.
pub(super) struct Made<T> {
    pub(super) step: usize,
    pub(super) place: Span,
    pub(super) what: T,
}

/// The latest recovery after which the service runs on a timeline, or in a cluster, of its own: nothing is
/// archived from then on, and no standby follows.
pub(super) struct Moved {
    pub(super) step: usize,
    pub(super) place: Span,
}

/// A fault from which nothing has recovered yet.
pub(super) struct Open {
    pub(super) step: usize,
    pub(super) place: Span,
    pub(super) table: Option<TableName>,
}

/// A table that somebody dropped.
pub(super) struct Dropped {
    pub(super) table: TableName,
    pub(super) step: usize,
    pub(super) place: Span,
    /// How long the clients had worked by then.
    pub(super) worked: Duration,
}

/// A fault that waits for the recovery of the next step.
pub(super) struct Waiting {
    pub(super) step: usize,
    /// Of what it hits.
    pub(super) place: Span,
    /// Of the phase.
    pub(super) during: Span,
    pub(super) armed: Armed,
}

/// The cluster at a step.
pub(super) struct World<'a> {
    pub(super) file: &'a declared::Drill,
    pub(super) step: usize,
    /// The place of the verb.
    pub(super) verb: Span,
    pub(super) servers: Vec<Server>,
    /// Who takes writes, dead or alive.
    pub(super) serving: Option<NodeName>,
    pub(super) moved: Option<Moved>,
    pub(super) backups: BTreeMap<Label, Made<Option<BackupMethod>>>,
    pub(super) points: BTreeMap<RestorePointName, Made<()>>,
    pub(super) dropped: Vec<Dropped>,
    pub(super) open: Vec<Open>,
    /// The same by the model of the cluster, which says what ends a fault.
    pub(super) state: ClusterState,
    /// The fault that waits for the recovery of this step.
    pub(super) armed: Option<Waiting>,
    pub(super) faults: usize,
    /// The last recovery was wrong, so that what it was to mend can't be told.
    pub(super) forgiven: bool,
    /// Something was recovered or rehearsed since the last fault.
    pub(super) examinable: bool,
    pub(super) recoveries: usize,
    pub(super) rehearsals: usize,
    pub(super) worked: Duration,
    /// A step before this one could not be understood, so that what follows from it is unknown.
    pub(super) unsure: bool,
    /// A node could not be understood, so that an unknown name may be its.
    pub(super) nodes_unsure: bool,
}

impl<'a> World<'a> {
    /// The cluster before the first step.
    pub(super) fn new(file: &'a declared::Drill) -> Self {
        let declared = file.all_nodes();
        let servers: Vec<Server> = declared.iter().filter_map(server).collect();
        let roles_known = declared.iter().all(|node| cluster::role(node).is_some());
        let primaries = servers.iter().filter(|server| server.standby.is_none()).count();
        let serving =
            servers.iter().find(|server| server.standby.is_none()).map(|server| server.name.clone());
        let is_synchronous = |node: &&declared::Node| node.synchronous.get() == Some(&true);
        let synchronous = declared.iter().filter(is_synchronous).filter_map(|node| node.name.get().cloned());
        let table = file.workload.get().and_then(|workload| workload.table.get().cloned());
        let state = ClusterState::new(serving.clone(), synchronous.collect(), table);
        Self {
            file,
            step: 0,
            verb: 0..0,
            nodes_unsure: servers.len() != declared.len() || servers.is_empty(),
            unsure: !roles_known || primaries != 1,
            servers,
            serving,
            moved: None,
            backups: BTreeMap::new(),
            points: BTreeMap::new(),
            dropped: Vec::new(),
            open: Vec::new(),
            state,
            armed: None,
            faults: 0,
            forgiven: false,
            examinable: false,
            recoveries: 0,
            rehearsals: 0,
            worked: Duration::ZERO,
        }
    }

    /// The server of this name.
    pub(super) fn server(&mut self, name: &NodeName) -> Option<&mut Server> {
        self.servers.iter_mut().find(|server| server.name == *name)
    }

    /// The server of this name that a step speaks of; says where there is none.
    pub(super) fn known(
        &mut self,
        name: &NodeName,
        place: Span,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<&mut Server> {
        let copy = self.servers.iter().any(|server| server.name == *name && server.copy);
        if copy || !self.servers.iter().any(|server| server.name == *name) {
            if !self.nodes_unsure {
                diagnostics.push(self.unknown(name, place, copy));
            }
            self.unsure = true;
            return None;
        }
        self.server(name)
    }

    /// The service runs on this server from now on.
    pub(super) fn moves_to(&mut self, name: &NodeName) {
        self.serving = Some(name.clone());
        self.moved = Some(Moved { step: self.step, place: self.verb.clone() });
    }

    /// Goes on by what a step does; says where that makes no sense.
    pub(super) fn apply(&mut self, verb: &Verb, diagnostics: &mut Vec<Diagnostic>) {
        if let Err(refusal) = self.state.apply(self.step, verb) {
            if !self.unsure {
                let place = self.verb.clone();
                diagnostics.push(refusal::diagnostic(self, &refusal, place));
            }
            self.state.forgive();
            self.forgiven = true;
        }
        let open = self.state.open_faults();
        self.open.retain(|known| open.iter().any(|open| open.step == known.step));
    }

    /// Takes what is broken for recovered by a step that was said to be wrong.
    pub(super) fn forgive(&mut self) {
        self.state.forgive();
        self.open.clear();
        self.forgiven = true;
    }

    /// Why a server is of no use to the service, and since where; `None` where it is.
    pub(super) fn trouble(&self, name: &NodeName) -> Option<(&'static str, Span)> {
        let server = self.servers.iter().find(|server| server.name == *name).filter(|_| !self.unsure)?;
        let left = || {
            self.moved
                .as_ref()
                .filter(|_| server.standby.is_some())
                .map(|moved| ("follows a server that serves no more", moved.place.clone()))
        };
        let turned = || server.turned.clone().map(|place| ("stands still since it gave a table back", place));
        server.trouble().or_else(left).or_else(turned)
    }

    fn unknown(&self, name: &NodeName, place: Span, copy: bool) -> Diagnostic {
        if copy {
            let message = format!("`{name}` is a rehearsal's copy, which no later step can use");
            return Diagnostic::meaning(place, message).help("name a node of the cluster");
        }
        let names = || self.servers.iter().filter(|server| !server.copy).map(|server| server.name.as_str());
        let help = match nearest(name.as_str(), names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the drill has {}", either(names())),
        };
        Diagnostic::meaning(place, format!("no node is called `{name}`")).help(help)
    }

    /// Says where the server that takes writes can't do what a step wants of it.
    pub(super) fn needs_service(&mut self, what: &str, diagnostics: &mut Vec<Diagnostic>) {
        let (unsure, verb) = (self.unsure, self.verb.clone());
        let Some(serving) = self.serving.clone().filter(|_| !unsure) else { return };
        let Some((trouble, since)) = self.server(&serving).and_then(|server| server.trouble()) else {
            return;
        };
        let message = format!("{what}, but `{serving}` {trouble}");
        diagnostics.push(
            Diagnostic::meaning(verb, message)
                .also(Some(since), "since here")
                .help("move it before the fault, or after the recovery"),
        );
    }
}

impl World<'_> {
    /// Says where the server that takes writes can't commit what a step wants of it.
    pub(super) fn needs_commits(&mut self, what: &str, diagnostics: &mut Vec<Diagnostic>) {
        let before = diagnostics.len();
        self.needs_service(what, diagnostics);
        let standby = self.state.waits_for().cloned().filter(|_| !self.unsure && diagnostics.len() == before);
        let Some(standby) = standby else { return };
        let Some((trouble, since)) = self.server(&standby).and_then(|server| server.trouble()) else {
            return;
        };
        let message =
            format!("{what}, but each commit waits for the synchronous standby `{standby}`, which {trouble}");
        diagnostics.push(
            Diagnostic::meaning(self.verb.clone(), message)
                .also(Some(since), "since here")
                .help("move it before the fault, or after the recovery"),
        );
    }
}

fn server(node: &declared::Node) -> Option<Server> {
    let (place, name) = node.name.placed()?;
    let standby = match cluster::role(node)? {
        RoleWord::Primary => None,
        RoleWord::Standby => Some(node.delay.get().map(|delay| delay.0.duration())),
    };
    Some(Server { name: name.clone(), place, standby, broken: None, copy: false, turned: None })
}
