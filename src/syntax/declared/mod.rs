//! What a drill file may say: each section with its keys, their types and their meaning.
//!
//! **Invariant:** this is the one list of keys. The parser reads it, the JSON Schema prints it, editors show
//! its words.

mod check;
mod cluster;
mod drill;
mod own_step;
mod recovery;
mod source;
mod step;

pub(super) use check::{Check, CheckTable};
pub(super) use cluster::{
    Archive, Dataset, Initdb, Node, Objectives, Postgres, RoleWord, Service, Transaction, Workload,
};
pub(super) use drill::Drill;
pub(super) use own_step::{Exec, Statements};
pub(super) use recovery::{Recover, Rehearse, Target, TargetTable, TargetWord};
pub(super) use source::{Decrypt, KeyDerivationWord, Source};
pub(super) use step::{Backup, Fault, Heal, HealedFault, Step};

use super::reading::{Key, Section};

impl Drill {
    /// The nodes that could be read.
    pub(super) fn all_nodes(&self) -> &[Node] {
        self.nodes.get().map(|nodes| nodes.0.as_slice()).unwrap_or_default()
    }

    /// The steps that could be read.
    pub(super) fn all_steps(&self) -> &[Step] {
        self.steps.get().map(|steps| steps.0.as_slice()).unwrap_or_default()
    }
}

const fn section<S: Section>() -> (&'static str, &'static [Key]) {
    (S::WHERE, S::KEYS)
}

/// Every section, with its place.
pub(super) const SECTIONS: &[(&str, &[Key])] = &[
    section::<Drill>(),
    section::<Objectives>(),
    section::<Source>(),
    section::<Decrypt>(),
    section::<Postgres>(),
    section::<Initdb>(),
    section::<Node>(),
    section::<Archive>(),
    section::<Dataset>(),
    section::<Workload>(),
    section::<Transaction>(),
    section::<Service>(),
    section::<Step>(),
    section::<Backup>(),
    section::<Fault>(),
    section::<HealedFault>(),
    section::<step::DropTable>(),
    section::<Statements>(),
    section::<Exec>(),
    section::<Recover>(),
    section::<Rehearse>(),
    section::<TargetTable>(),
    section::<CheckTable>(),
    section::<check::Rows>(),
    section::<check::Sql>(),
];

/// Where a key that is unknown here belongs, if that is one place: a key below a `[header]` is easily in the
/// wrong section.
pub(super) fn home_of(key: &str, here: &str) -> Option<String> {
    // What is healed is written as it was injected: that is its home.
    let mut homes = SECTIONS.iter().filter(|(place, keys)| {
        *place != here && *place != HealedFault::WHERE && keys.iter().any(|known| known.name == key)
    });
    match (homes.next(), homes.next(), homes.next()) {
        (Some((place, _)), None, None) if *place == Drill::WHERE => {
            Some("move it to the top of the file, above the first `[header]`".into())
        }
        (Some((place, _)), None, None) => Some(format!("`{key}` belongs {place}")),
        (Some((place, _)), Some((other, _)), None) => Some(format!("`{key}` belongs {place}, or {other}")),
        _ => None,
    }
}
