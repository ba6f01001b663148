//! What was declared, made into a [`Drill`], while its parts are held against each other.
//!
//! **Invariant:** `None` means that a diagnostic was said; a diagnostic that only follows from another one is
//! not said.

mod backup;
mod check;
mod cluster;
mod during;
mod dataset;
mod fault;
mod own_step;
mod recovery;
mod refusal;
mod restore;
mod server;
mod settings;
mod source;
mod step;
mod table;
mod target;
mod whole;
mod workload;
mod world;

pub(super) use whole::cautions;

use super::{declared, diagnostic::Diagnostic};
use crate::drill::{Archive, Cluster, Drill, DrillName, Objectives, Origin};

/// How many clients commit where the file doesn't say.
const WRITERS: u16 = 4;

/// The drill; diagnostics of meaning go to `diagnostics`.
pub(super) fn drill(
    name: &DrillName,
    file: &declared::Drill,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Drill> {
    let settings = settings::of_all_nodes(file, diagnostics);
    let (origin, steps) = match (file.nodes.is_given(), file.source.is_given()) {
        // Which of both is meant can't be told, so that nothing else is said of either.
        (true, true) => (None, None),
        (false, true) => {
            let source = source::source(file, diagnostics).map(|source| Origin::Source { source });
            (source, source::steps(file, diagnostics))
        }
        (_, false) => (cluster(file, diagnostics), step::steps(file, diagnostics)),
    };
    whole::objectives(file, diagnostics);
    whole::judgement(file, diagnostics);
    let server = server::options(file, diagnostics);
    let postgres = file.postgres.get();
    Some(Drill {
        name: name.clone(),
        title: file.title.get()?.0.clone(),
        description: file.description.get().map(|text| text.0.clone()).unwrap_or_default(),
        tags: file.tags.get().into_iter().flatten().map(|tag| tag.0.clone()).collect(),
        objectives: match file.objectives.get() {
            Some(objectives) => Objectives {
                rto: objectives.rto.get().map(|rto| rto.0),
                rpo: objectives.rpo.get().copied(),
                rpo_at_worst: objectives.rpo_at_worst.get().copied(),
                discarded: objectives.discarded.get().copied(),
            },
            None => Objectives::default(),
        },
        manual_time: file.manual_time.optional()?,
        backup_interval: file.backup_interval.optional()?,
        version: match postgres {
            Some(postgres) => postgres.version.optional()?,
            None => None,
        },
        settings: settings?,
        server: server?,
        origin: origin?,
        steps: steps?,
        folder: None,
    })
}

/// The cluster that it makes.
fn cluster(file: &declared::Drill, diagnostics: &mut Vec<Diagnostic>) -> Option<Origin> {
    let nodes = cluster::nodes(file, diagnostics);
    let dataset = dataset::dataset(file, diagnostics);
    let workload = workload::workload(file, diagnostics);
    Some(Origin::Cluster(Cluster {
        nodes: nodes?,
        archive: match file.archive.get() {
            Some(archive) => Some(Archive { method: *archive.method.get()? }),
            None => None,
        },
        dataset: dataset?,
        workload: workload?,
        service: match file.service.get() {
            Some(service) => service.address.or_else(|| Some(Default::default()))?,
            None => Default::default(),
        },
    }))
}

/// How many clients there are; `None` where that was wrong.
fn writers(file: &declared::Drill) -> Option<u16> {
    match file.workload.get() {
        Some(workload) => {
            u16::try_from(workload.writers.optional()?.map_or(u64::from(WRITERS), |writers| writers.0)).ok()
        }
        None => Some(WRITERS),
    }
}
