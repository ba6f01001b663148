//! The file as a whole.

use super::{Archive, Dataset, Node, Objectives, Postgres, Service, Source, Step, Workload};
use crate::{
    drill::Period,
    syntax::reading::{Line, Prose, Several, section},
};

section! {
    /// A disaster-recovery drill for PostgreSQL: a cluster, its protection, its work, what breaks, how it is
    /// recovered, and what is checked.
    Drill at "at the top of the file", one "server source" of ["nodes", "source"];

    /// One line for people: what breaks, and from what it is recovered.
    "title" title: Line = required;
    /// What the drill is for, in a paragraph.
    "description" description: Prose;
    /// Words to select drills by, as in `lifeboat run --tag monthly`.
    "tags" tags: Vec<Line>;
    /// Time that people need (paging, deciding), as in `5m`: declared, not measured; it is added to the
    /// recovery time.
    "manual-time" manual_time: Period;
    /// The interval of the backup schedule that this drill stands for, as in `24h`: the worst case of a dump
    /// follows from it.
    "backup-interval" backup_interval: Period;
    /// What was promised.
    "objectives" objectives: Objectives;
    /// The version and the settings of every server.
    "postgres" postgres: Postgres;
    /// The servers; the first is the primary.
    "nodes" nodes: Several<Node>;
    /// An existing backup in the place of servers, clients and faults: the drill is a restore test.
    "source" source: Source;
    /// Where WAL goes. Without it, a physical backup can't be rolled forward.
    "archive" archive: Archive;
    /// What the database holds before the drill; nothing where it is left out.
    "dataset" dataset: Dataset;
    /// The clients that commit through the whole drill; four of them, as fast as the server goes, where it is
    /// left out.
    "workload" workload: Workload;
    /// How the clients find the server that takes writes.
    "service" service: Service;
    /// What happens, in order.
    "steps" steps: Several<Step>;
}
