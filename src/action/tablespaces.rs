//! Tablespaces outside of the data directory.
//!
//! A copy of a cluster must not share the files of its source. So a node has its tablespaces in a place of
//! its own (`NodePaths::tablespaces`), a folder for each, named by its OID; a copy that no server runs in, a
//! prepared cluster or a plain base backup, has them [`beside`] it.
//!
//! **Invariant:** whoever copies a data directory copies its tablespaces, and leads its links there.

use super::{backup, context::DrillContext};
use crate::{
    drill::Drill,
    lab::{Address, Command, LabError, NodePaths, node::Node},
    pg::quote::{identifier, literal},
};

/// Where the tablespaces of a copy lie in which no server runs.
#[must_use]
pub(super) fn beside(copy: &str) -> String {
    format!("{copy}.tablespaces")
}

/// The script that gives a node, whose data directory was copied from `copy`, the tablespaces that lie beside
/// that.
#[must_use]
pub(super) fn copy(copy: &str, NodePaths { data, tablespaces, .. }: &NodePaths) -> String {
    format!(
        "if [ -d {from} ]; then mkdir -p {tablespaces}; cp -a {from}/. {tablespaces}/; fi\n\
         for link in {data}/pg_tblspc/[0-9]*; do\n\
         if [ -L \"$link\" ]; then ln -sfn {tablespaces}/\"${{link##*/}}\" \"$link\"; fi\ndone",
        from = beside(copy)
    )
}

/// The script that unpacks the tar files of tablespaces in `folder` into a node whose data directory was
/// unpacked, where `unpack` writes a file to standard output. The links are made here: `tablespace_map` would
/// lead the server into the directories of its source.
#[must_use]
pub(super) fn unpack(
    folder: &str,
    NodePaths { data, tablespaces, .. }: &NodePaths,
    ending: &str,
    unpack: &str,
) -> String {
    format!(
        "for file in {folder}/[0-9]*.tar.{ending}; do\n[ -e \"$file\" ] || continue\noid=${{file##*/}}; \
         oid=${{oid%%.*}}\n\
         mkdir -p {tablespaces}/$oid; chmod 700 {tablespaces}/$oid\n\
         {{ {unpack} \"$file\" || touch {data}/unpack.failed; }} | tar -xf - -C {tablespaces}/$oid\n\
         test ! -e {data}/unpack.failed\nln -sfn {tablespaces}/$oid {data}/pg_tblspc/$oid\ndone\n\
         rm -f {data}/tablespace_map"
    )
}

/// The script that sets `$mapping` to what makes pg_basebackup put the tablespaces of a server into folders
/// of this one. Where they are needs no quotes: a node's paths have none of a shell's characters.
#[must_use]
pub(super) fn mapping(node: &Node, Address { host, port }: &Address, into: &str) -> String {
    format!(
        "mapping=$({psql} -XAtq -h {host} -p {port} -d postgres -c \"select string_agg(format(\
         '--tablespace-mapping=%s={into}/%s', pg_tablespace_location(oid), oid), ' ') \
         from pg_tablespace where pg_tablespace_location(oid) like '/%'\")",
        psql = node.program("psql"),
    )
}

/// Makes the tablespaces that a drill asks for.
///
/// # Errors
/// Returns an error if one can't be created.
pub(super) async fn create(context: &DrillContext, node: &Node) -> Result<(), LabError> {
    for (number, name) in context.drill.server.tablespaces.iter().enumerate() {
        let place = format!("{}/new-{number}", node.paths().tablespaces);
        node.run(Command::shell(
            "make room for a tablespace",
            format!("mkdir -p {place}; chmod 700 {place}"),
        ))
        .await?;
        let session = node.session("postgres").await?;
        let sql = format!("create tablespace {} location {}", identifier(name), literal(&place));
        node.ask(session.run(&sql).await, &format!("make the tablespace {name:?}"))?;
    }
    Ok(())
}

/// Brings the tablespaces of a server that was stopped, wherever a dataset made them, into the node's own
/// place.
///
/// # Errors
/// Returns an error if they can't be moved.
pub(super) async fn adopt(node: &Node) -> Result<(), LabError> {
    let NodePaths { data, tablespaces: own, .. } = node.paths();
    let script = format!(
        "umask 077\nfor link in {data}/pg_tblspc/[0-9]*; do\n[ -L \"$link\" ] || continue\n\
         from=$(readlink \"$link\"); to={own}/${{link##*/}}\n[ \"$from\" != \"$to\" ] || continue\n\
         mkdir -p \"$to\"; mv \"$from\"/PG_* \"$to\"/; ln -sfn \"$to\" \"$link\"\ndone\n\
         if [ -d {own} ]; then rmdir {own}/new-* 2>/dev/null || true; fi"
    );
    node.run(Command::shell("move the tablespaces into the node", script)).await.map(drop)
}

/// Whether every tool that takes the drill's backups brings tablespaces into directories of a copy's own.
fn are_mapped(drill: &Drill) -> bool {
    drill.backups().all(|backup| backup::tool(backup.method).maps_tablespaces())
}

/// Refuses a cluster with tablespaces where a restored copy would share them.
///
/// # Errors
/// Returns an error if that is so, or the server can't be asked.
pub(super) async fn refuse_unmapped(context: &DrillContext, node: &Node) -> Result<(), LabError> {
    if are_mapped(&context.drill) {
        return Ok(());
    }
    let session = node.session("postgres").await?;
    let outside = "select string_agg(quote_ident(spcname), ', ' order by spcname) from pg_tablespace \
        where pg_tablespace_location(oid) like '/%'";
    match node.ask(session.value(outside).await, "look for tablespaces")? {
        None => Ok(()),
        Some(names) => Err(LabError::refused(
            "back up a cluster with tablespaces by this method",
            format!(
                "copies would share the files of {names}: use `basebackup` or `dump`, or load the dataset \
                 without them"
            ),
        )),
    }
}
