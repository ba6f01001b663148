//! Recoveries without a backup, and what all recoveries have in common.

use super::{
    restore::{self, Restore},
    world::{Broken, World},
};
use crate::{
    drill::{DataEffect, EndedBy, Fault, NodeName, Recovery, TableName, Verb},
    syntax::{
        declared,
        diagnostic::{Diagnostic, Span},
        nearest::either,
        visible::quoted,
    },
};

pub(super) fn recover(
    world: &mut World<'_>,
    recover: &declared::Recover,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Verb> {
    if world.open.is_empty() && !world.unsure && !world.forgiven {
        let message = if world.faults == 0 {
            "a recovery, but nothing was broken before it"
        } else {
            "a recovery, but nothing is broken here"
        };
        let help = "add a `fault` step before it; or write `rehearse`, which restores a backup beside the \
            running service";
        diagnostics.push(Diagnostic::meaning(world.verb.clone(), message).help(help));
    }
    let mut ways = Vec::new();
    if recover.from.is_given() {
        let declared =
            Restore { from: &recover.from, target: &recover.target, onto: &recover.onto, serve: true };
        ways.push(restore::restore(world, &declared, diagnostics));
    }
    if let Some((place, node)) = recover.restart.placed() {
        ways.push(restart(world, node, place, diagnostics));
    }
    if let Some((place, node)) = recover.promote.placed() {
        ways.push(promote(world, node, place, diagnostics));
    }
    if let (Some(table), Some(standby)) = (recover.table.placed(), recover.standby.placed()) {
        ways.push(table_from(world, table, standby, diagnostics));
    }
    world.unsure |= ways.is_empty();
    world.recoveries += 1;
    world.examinable = true;
    let recovery = ways.pop().flatten();
    if recovery.is_none() {
        // It was said to be wrong; that the fault stays would only follow from it.
        world.forgive();
    }
    recovery.map(Verb::Recover)
}

pub(super) fn rehearse(
    world: &mut World<'_>,
    rehearse: &declared::Rehearse,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Verb> {
    world.rehearsals += 1;
    world.examinable = true;
    let declared =
        Restore { from: &rehearse.from, target: &rehearse.target, onto: &rehearse.onto, serve: false };
    restore::restore(world, &declared, diagnostics).map(Verb::Recover)
}

fn restart(
    world: &mut World<'_>,
    node: &NodeName,
    place: Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Recovery> {
    let unsure = world.unsure;
    let serving = world.serving.clone().filter(|serving| serving != node);
    let server = world.known(node, place.clone(), diagnostics)?;
    let (message, since, help) = match &server.broken {
        Some(Broken { fault, since }) if fault.info().ended_by == EndedBy::Restart => {
            let Some(serving) = serving.filter(|_| !unsure) else {
                server.broken = None;
                return Some(Recovery::Restart { node: node.clone() });
            };
            (
                "is not the server that takes writes: a restart brings the service back".to_owned(),
                Some(since),
                format!("break and restart `{serving}`; a standby can be frozen and healed"),
            )
        }
        _ if unsure => return Some(Recovery::Restart { node: node.clone() }),
        Some(Broken { fault, since }) => {
            let (message, help) = no_restart(fault);
            (message, Some(since), help)
        }
        None => ("runs".to_owned(), None, "restart the node that the fault stopped".to_owned()),
    };
    diagnostics.push(
        Diagnostic::meaning(place, format!("`{node}` {message}"))
            .also(since.cloned(), "since here")
            .help(help),
    );
    None
}

/// Why a restart brings a server back from no such fault, and what does.
fn no_restart(fault: &Fault) -> (String, String) {
    let info = fault.info();
    match info.data {
        DataEffect::Lost => (
            "lost its volume: nothing is left to restart".into(),
            "recover from a backup, or promote a standby".into(),
        ),
        DataEffect::OutOfReach => (
            "is dead for good, its files out of reach".into(),
            "recover from a backup, promote a standby, or use `kill-postmaster`".into(),
        ),
        DataEffect::Kept | DataEffect::HumanError => (
            format!("{}, which no restart ends", info.leaves),
            if fault.has_heal() {
                format!("write `heal = {}`", fault.written())
            } else {
                "recover from a backup, or promote a standby".into()
            },
        ),
    }
}

fn promote(
    world: &mut World<'_>,
    node: &NodeName,
    place: Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Recovery> {
    let unsure = world.unsure;
    let standbys: Vec<NodeName> =
        world.servers.iter().filter(|s| s.standby.is_some()).map(|s| s.name.clone()).collect();
    let (declared, is_standby) = world
        .known(node, place.clone(), diagnostics)
        .map(|server| (server.place.clone(), server.standby.is_some()))?;
    if unsure {
        return Some(Recovery::Promote { node: node.clone() });
    }
    if !is_standby {
        let help = match standbys.as_slice() {
            [] => "add a `[[nodes]]` with `role = \"standby\"`, and promote that".to_owned(),
            names => format!("promote {}", either(names.iter().map(NodeName::as_str))),
        };
        diagnostics.push(
            Diagnostic::meaning(place, format!("`{node}` is no standby"))
                .also(Some(declared), "declared here")
                .help(help),
        );
        return None;
    }
    if let Some((trouble, since)) = world.trouble(node) {
        let diagnostic = Diagnostic::meaning(place, format!("`{node}` {trouble} and can't be promoted"))
            .also(Some(since), "since here");
        diagnostics.push(diagnostic.help("promote another standby, or recover from a backup"));
        return None;
    }
    let serving = world.serving.clone();
    if let Some(alive) =
        serving.filter(|name| world.server(name).is_some_and(|server| server.broken.is_none()))
    {
        let message = format!("`{alive}` still takes writes: there would be two primaries");
        diagnostics.push(
            Diagnostic::meaning(place, message)
                .help(format!("break `{alive}` first, as with `fault = {{ kill-node = \"{alive}\" }}`")),
        );
        return None;
    }
    if let Some(server) = world.server(node) {
        server.standby = None;
    }
    world.moves_to(node);
    Some(Recovery::Promote { node: node.clone() })
}

fn table_from(
    world: &mut World<'_>,
    (table_place, table): (Span, &TableName),
    (place, standby): (Span, &NodeName),
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Recovery> {
    let before = diagnostics.len();
    world.needs_commits("a table is brought back to the server that takes writes", diagnostics);
    let (unsure, worked) = (world.unsure, world.worked);
    let dropped = world
        .dropped
        .iter()
        .rev()
        .find(|dropped| dropped.table == *table)
        .map(|it| (it.place.clone(), it.worked));
    if dropped.is_none() && !unsure {
        let message = format!("no earlier step drops {}", quoted(&table.to_string()));
        let names: Vec<String> = world.dropped.iter().map(|dropped| dropped.table.to_string()).collect();
        let help = match names.as_slice() {
            [] => format!("add a step with `fault = {{ drop-table = \"{table}\" }}` before it"),
            names => format!("bring back {}", either(names.iter().map(String::as_str))),
        };
        diagnostics.push(Diagnostic::meaning(table_place, message).help(help));
    }
    let (declared, follows) = world
        .known(standby, place.clone(), diagnostics)
        .map(|server| (Some(server.place.clone()), server.standby))?;
    let trouble = world.trouble(standby);
    match (follows, dropped) {
        (None, _) => {
            let diagnostic = Diagnostic::meaning(place, format!("`{standby}` is no standby"))
                .also(declared, "declared here");
            diagnostics.push(diagnostic.help("name a node with `role = \"standby\"` and a `delay`"));
        }
        (Some(None), _) => {
            let diagnostic = Diagnostic::meaning(
                place,
                format!("`{standby}` follows without delay, so it has dropped the table too"),
            );
            diagnostics.push(
                diagnostic
                    .also(declared, "declared here")
                    .help("give it a `delay`, such as `delay = \"10m\"`"),
            );
        }
        (Some(Some(delay)), Some((since, then))) if worked.saturating_sub(then) >= delay && !unsure => {
            let diagnostic =
                Diagnostic::meaning(place, format!("`{standby}` will have replayed the human error by then"))
                    .also(Some(since), "the human error");
            diagnostics.push(
                diagnostic.help("give it a longer `delay`, or work less between the human error and here"),
            );
        }
        (Some(Some(_)), _) => {}
    }
    if let Some((trouble, since)) = trouble {
        let diagnostic = Diagnostic::meaning(world.verb.clone(), format!("`{standby}` {trouble}"))
            .also(Some(since), "since here");
        diagnostics.push(diagnostic.help("use another delayed standby"));
    }
    if diagnostics.len() > before {
        return None;
    }
    let verb = world.verb.clone();
    if let Some(server) = world.server(standby) {
        server.turned = Some(verb);
    }
    Some(Recovery::Table { table: table.clone(), standby: standby.clone() })
}
