//! Fingerprints of all tables of all databases, whatever the order of their rows.
//!
//! A row's hash is PostgreSQL's own 64-bit hash of the whole row (`hash_record_extended`), so that values
//! which move from one row to another are noticed; a table's is the sum of its rows' hashes.
//!
//! **Invariant:** tables are read in batches that share one snapshot, and each batch gives its locks back
//! before the next, so that the number of tables is bounded by nothing.

mod catalog;
mod databases;
mod expression;
mod second_look;
mod snapshot;

use std::collections::BTreeMap;

pub use databases::{Databases, databases};
pub use second_look::{look_again, mark_what_grows, mark_what_moves};
pub use snapshot::{Snapshot, unpopulated_views};

use super::{context::DrillContext, workload::Touch};
use crate::{
    drill::{DatabaseName, Drill, Property, TableName},
    journal::{DatabaseFingerprint, Derived, Fingerprint, TableFingerprint},
    lab::{LabError, clock::Clock, node::Node},
};

/// The clients' own: the database that they commit to, and the tables in it that they change.
#[derive(Clone, Debug)]
pub struct Live {
    database: DatabaseName,
    tables: BTreeMap<TableName, Touch>,
}

impl Live {
    /// Of the clients of an exercise.
    ///
    /// # Errors
    /// Returns an error if they were not started.
    pub fn of(context: &DrillContext) -> Result<Self, LabError> {
        Ok(Self { database: context.database(), tables: context.live_tables.clone() })
    }

    /// The tables.
    #[must_use]
    pub const fn tables(&self) -> &BTreeMap<TableName, Touch> {
        &self.tables
    }
}

/// Whether a drill asks for the content: fingerprints are taken for that alone.
#[must_use]
pub fn is_asked(drill: &Drill) -> bool {
    drill.checks().any(|check| check.proves(Property::Content))
}

/// The fingerprint of a cluster as it is now. Where an earlier one is given, what is no longer what it was
/// says more of itself.
///
/// # Errors
/// Returns an error if it can't be read.
pub async fn now(
    node: &Node,
    clock: Clock,
    live: &Live,
    before: Option<&Fingerprint>,
) -> Result<Fingerprint, LabError> {
    let snapshot = Snapshot::open(node, &live.database).await?;
    snapshot.take().await?;
    at(node, snapshot, clock, live, before).await
}

/// The fingerprint of a cluster: of the clients' database in the snapshot that was taken, of all others as
/// they are now.
///
/// # Errors
/// Returns an error if it can't be read.
pub async fn at(
    node: &Node,
    snapshot: Snapshot,
    clock: Clock,
    live: &Live,
    before: Option<&Fingerprint>,
) -> Result<Fingerprint, LabError> {
    let begun = clock.now();
    let Databases { covered, not_covered } = databases(node).await?;
    let earlier = |database: &DatabaseName| Earlier {
        database: before.and_then(|before| before.databases.get(database)),
        horizon: before.and_then(|before| before.horizon),
    };
    let mut contents = BTreeMap::new();
    for database in covered.into_iter().filter(|database| *database != live.database) {
        let other = Snapshot::open(node, &database).await?;
        other.take().await?;
        let content = other.content(None, earlier(&database)).await?;
        contents.insert(database, content);
    }
    let horizon = Some(snapshot.horizon().await?);
    let content = snapshot.content(Some(&live.tables), earlier(&live.database)).await?;
    contents.insert(live.database.clone(), content);
    let millis = u64::try_from(clock.now().since(begun).as_millis()).unwrap_or(u64::MAX);
    Ok(Fingerprint { at: begun, databases: contents, not_covered, horizon, millis })
}

/// What a database is compared with while it is read.
#[derive(Clone, Copy, Default)]
pub struct Earlier<'a> {
    database: Option<&'a DatabaseFingerprint>,
    horizon: Option<u64>,
}

impl<'a> Earlier<'a> {
    /// The query that a materialized view had.
    fn definition_of(self, view: &TableName) -> Option<&'a String> {
        match &self.database?.tables.get(view)?.derived {
            Some(Derived::View { definition, .. }) => definition.as_ref(),
            Some(Derived::Columns { .. }) | None => None,
        }
    }

    /// Whether a table is not what it was.
    fn is_changed(self, table: &TableName, now: &TableFingerprint) -> bool {
        let was = self.database.and_then(|database| database.tables.get(table));
        was.is_some_and(|was| (was.rows, &was.hash) != (now.rows, &now.hash))
    }
}
