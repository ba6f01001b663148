//! What goes with a table when it is dropped, and how to bring back what `pg_dump` of the table does not
//! hold.
//!
//! **Invariant:** an inventory names things as people do, never by OID: two servers that hold the same have
//! the same lines.

use std::collections::BTreeSet;

use crate::{
    drill::TableName,
    lab::{LabError, node::Node, session::Session},
    pg::quote::literal,
};

/// The objects, and the relations among them.
const OBJECTS: &str = include_str!("inventory/objects.sql");

/// A line an object, and a line for each of its properties that a restore can lose.
const LINES: &str = include_str!("inventory/lines.sql");

/// The relations, as patterns for `pg_dump -t`: the table itself, its partitions, views over it. Sequences
/// come along.
const RELATIONS: &str = include_str!("inventory/relations.sql");

/// A line of the inventory that `pg_dump` of these relations does not hold, mostly since it is part of
/// something else, and the statement that makes it.
const ELSEWHERE: &str = include_str!("inventory/elsewhere.sql");

async fn ask(
    node: &Node,
    session: &Session,
    table: &TableName,
    query: &str,
) -> Result<Vec<Vec<String>>, LabError> {
    let objects = OBJECTS.replace("{table}", &literal(&table.quoted()));
    let rows = session.rows(&format!("{objects}\n{query}")).await;
    let rows = node.ask(rows, &format!("list what depends on {table}"))?;
    Ok(rows.into_iter().map(|row| row.into_iter().flatten().collect()).collect())
}

/// Everything that goes with a table when it is dropped, in lines that are the same on every server that has
/// the same; empty where there is no such table.
///
/// # Errors
/// Returns an error if the server does not answer.
pub(super) async fn of(node: &Node, session: &Session, table: &TableName) -> Result<Vec<String>, LabError> {
    Ok(ask(node, session, table, LINES).await?.into_iter().flatten().collect())
}

/// So many missing lines are sorted out; each is held against each.
const SORTED: usize = 2_000;

/// What an inventory has that another one lacks: of a thing that is not there at all, its name alone.
pub(super) fn missing(before: &[String], after: &[String]) -> Vec<String> {
    let after: BTreeSet<&String> = after.iter().collect();
    let missing: Vec<&String> = before.iter().filter(|line| !after.contains(line)).collect();
    if missing.len() > SORTED {
        return missing.into_iter().cloned().collect();
    }
    let is_of = |line: &str, thing: &str| {
        let rest = line.find(thing).and_then(|at| line.get(at + thing.len()..));
        rest.is_some_and(|rest| rest.starts_with([' ', ':']))
    };
    let is_told = |line: &&&String| !missing.iter().any(|thing| thing != *line && is_of(line, thing));
    missing.iter().filter(is_told).map(|line| (*line).clone()).collect()
}

/// What it takes to make again what goes with a table.
pub(super) struct Plan {
    /// The relations that `pg_dump` brings along, quoted for SQL.
    pub(super) relations: Vec<String>,
    /// For lines of the inventory that belong to something else, the statements that make them.
    pub(super) elsewhere: Vec<(String, String)>,
}

impl Plan {
    /// Whether the table is a part of another one, and has no parts itself.
    pub(super) fn is_a_part(&self) -> bool {
        self.relations.len() == 1
            && self.elsewhere.iter().any(|(line, _)| line.starts_with("inheritance of "))
    }
}

/// The plan for a table, by a server that still has it.
pub(super) async fn plan(node: &Node, session: &Session, table: &TableName) -> Result<Plan, LabError> {
    let relations = ask(node, session, table, RELATIONS).await?.into_iter().flatten().collect();
    let elsewhere = ask(node, session, table, ELSEWHERE).await?.into_iter();
    let elsewhere = elsewhere.filter_map(|row| <[String; 2]>::try_from(row).ok());
    Ok(Plan { relations, elsewhere: elsewhere.map(|[line, statement]| (line, statement)).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_thing_that_is_gone_its_name_is_told_and_of_another_what_it_lost() {
        let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        let before = lines(&[
            "column id of view shop.v: integer",
            "grants on table shop.x to alice: SELECT",
            "index shop.i",
            "index shop.i: valid",
            "owner of view shop.v: app",
            "table shop.x",
            "view shop.v",
            "view shop.vv",
        ]);
        assert_eq!(missing(&before, &before), lines(&[]));
        let after = lines(&["grants on table shop.x to alice: INSERT", "index shop.i", "table shop.x"]);
        assert_eq!(
            missing(&before, &after),
            lines(&[
                "grants on table shop.x to alice: SELECT",
                "index shop.i: valid",
                "view shop.v",
                "view shop.vv"
            ])
        );
    }
}
