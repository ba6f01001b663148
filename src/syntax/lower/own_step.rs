//! Steps of the user's own: statements, and commands in a node.

use super::world::World;
use crate::{
    drill::{EndedBy, Exec, Fault, NodeName, REPOSITORY, ServiceEffect, SqlText, Statements, Verb},
    syntax::{
        declared,
        diagnostic::{Diagnostic, Span},
    },
};

pub(super) fn statements(
    world: &mut World<'_>,
    declared: &declared::Statements,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Verb> {
    match declared.on.placed() {
        Some((place, node)) => reachable(world, node, place, "statements", goes_on, diagnostics),
        None if declared.on.is_given() => {}
        None => world.needs_service("statements run on the server that takes writes", diagnostics),
    }
    let sql = match declared.file.optional()? {
        Some(path) => SqlText { file: Some(path.0), text: String::new() },
        None => SqlText { file: None, text: declared.statements.get()?.0.clone() },
    };
    Some(Verb::Sql(Statements {
        sql,
        on: declared.on.optional()?,
        database: declared.database.optional()?,
        role: declared.role.optional()?,
    }))
}

pub(super) fn exec(
    world: &mut World<'_>,
    declared: &declared::Exec,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Verb> {
    let (place, node) = declared.on.placed()?;
    if node.as_str() != REPOSITORY {
        // Where the postmaster alone is dead, the node is there.
        let runs = |fault: &Fault| goes_on(fault) || fault.info().ended_by == EndedBy::Restart;
        reachable(world, node, place, "a command", runs, diagnostics);
    }
    let command = declared.command.get()?.0.iter().map(|word| word.0.clone()).collect();
    Some(Verb::Exec(Exec { on: node.clone(), command }))
}

fn goes_on(fault: &Fault) -> bool {
    fault.info().service == ServiceEffect::GoesOn
}

/// Says where a node, or the copy of a rehearsal, is broken by a fault that leaves nothing there for a step
/// of the user's.
fn reachable(
    world: &mut World<'_>,
    node: &NodeName,
    place: Span,
    what: &str,
    leaves_it: impl Fn(&Fault) -> bool,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let is_copy = world.servers.iter().any(|server| server.name == *node && server.copy);
    let unsure = world.unsure;
    let server = if is_copy { world.server(node) } else { world.known(node, place.clone(), diagnostics) };
    let Some(server) = server.filter(|_| !unsure) else { return };
    if let Some((trouble, since)) = server.trouble()
        && !server.broken.as_ref().is_some_and(|broken| leaves_it(&broken.fault))
    {
        let message = format!("{what} on `{node}`, which {trouble}");
        let diagnostic = Diagnostic::meaning(place, message).also(Some(since), "since here");
        diagnostics.push(diagnostic.help("move it before the fault, or name another node"));
    }
}
