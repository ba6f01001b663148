//! The databases of a cluster.

use std::collections::BTreeMap;

use crate::{
    drill::DatabaseName,
    lab::{LabError, node::Node},
};

/// Every database but the template that nobody changes. One with a negative limit of connections is half
/// dropped.
const DATABASES: &str = "select datname, datallowconn and datconnlimit <> -2 from pg_database \
    where datname <> 'template0' order by datname";

/// The template of new databases: it counts only where somebody has put something into it.
const TEMPLATE: &str = "template1";

/// Whether a database holds what was not in it when `initdb` made it.
///
/// Source: `FirstNormalObjectId` in `src/include/access/transam.h`.
const IS_CHANGED: &str = "select exists (select from pg_class where oid >= 16384) \
    or exists (select from pg_proc where oid >= 16384) or exists (select from pg_type where oid >= 16384) \
    or exists (select from pg_namespace where oid >= 16384) or exists (select from pg_extension where oid >= \
    16384) \
    or exists (select from pg_largeobject_metadata)";

/// The databases of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Databases {
    /// Those that take connections.
    pub covered: Vec<DatabaseName>,
    /// The others, with what keeps Lifeboat out.
    pub not_covered: BTreeMap<DatabaseName, String>,
}

/// The databases of a node's cluster.
///
/// # Errors
/// Returns an error if the server can't be asked.
pub async fn databases(node: &Node) -> Result<Databases, LabError> {
    let what = "list the databases";
    let session = node.session("postgres").await?;
    let mut databases = Databases::default();
    for row in node.ask(session.rows(DATABASES).await, what)? {
        let [Some(name), Some(open)] = row.as_slice() else {
            return Err(LabError::state(what, "the system catalog gave a database without a name"));
        };
        let name: DatabaseName =
            name.parse().map_err(|error: crate::drill::NotAName| LabError::state(what, error.to_string()))?;
        if open == "t" && name.as_str() == TEMPLATE && !is_changed(node, &name).await? {
            continue;
        }
        if open == "t" {
            databases.covered.push(name);
        } else {
            databases.not_covered.insert(name, "it takes no connections".to_owned());
        }
    }
    Ok(databases)
}

async fn is_changed(node: &Node, database: &DatabaseName) -> Result<bool, LabError> {
    let session = node.session(database.as_str()).await?;
    let changed = node.ask(session.value(IS_CHANGED).await, "look into the template of new databases")?;
    Ok(changed.as_deref() == Some("t"))
}
