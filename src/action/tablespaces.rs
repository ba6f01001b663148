//! Tablespaces outside of the data directory.
//!
//! Copies of a cluster share them: a prepared cluster, a standby or a rehearsed copy would write into the files of another
//! server. Until they are mapped into each node, such a cluster is refused before anything is done with it.

use crate::lab::{LabError, node::Node};

const OUTSIDE: &str = "select string_agg(quote_ident(spcname), ', ' order by spcname) from pg_tablespace \
    where pg_tablespace_location(oid) like '/%'";

/// Refuses a cluster with tablespaces outside of its data directory.
///
/// # Errors
/// Returns an error if it has one, or can't be asked.
pub(super) async fn refuse_outside(node: &Node) -> Result<(), LabError> {
    let session = node.session("postgres").await?;
    match node.ask(session.value(OUTSIDE).await, "look for tablespaces")? {
        None => Ok(()),
        Some(names) => Err(LabError::refused(
            "drill a cluster with tablespaces outside of its data directory",
            format!("copies would share the files of {names}: load the dataset without `CREATE TABLESPACE`"),
        )),
    }
}
