//! Faults, and their healing.

use super::{
    step::value_place,
    table,
    world::{Broken, Dropped, Open, World},
};
use crate::{
    drill::{EndedBy, Fault, NodeName, TableName, Verb},
    syntax::{
        declared,
        diagnostic::{Diagnostic, Span},
        visible::quoted,
    },
};

pub(super) fn fault(
    world: &mut World<'_>,
    fault: &declared::Fault,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Verb> {
    let mut faults = Vec::new();
    for (place, fault) in fault.all() {
        let done = match (fault.node(), fault.table()) {
            (Some(node), _) => hit(world, node, place, &fault, diagnostics),
            (None, Some(table)) => drop_table(world, table, place, diagnostics),
            (None, None) => Some(()),
        };
        faults.push(done.map(|()| fault));
    }
    world.unsure |= faults.is_empty();
    world.faults += 1;
    world.forgiven = false;
    world.examinable = false;
    faults.pop().flatten().map(Verb::Fault)
}

fn hit(
    world: &mut World<'_>,
    node: &NodeName,
    place: Span,
    fault: &Fault,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<()> {
    let unsure = world.unsure;
    let server = world.known(node, place.clone(), diagnostics)?;
    if let Some((trouble, since)) = server.trouble().filter(|_| !unsure) {
        let diagnostic = Diagnostic::meaning(place, format!("a fault on `{node}`, which {trouble} already"))
            .also(Some(since), "since here");
        diagnostics.push(diagnostic.help("break another node, or recover this one first"));
        return None;
    }
    breaks(world, node, world.step, place, fault);
    Some(())
}

/// A server is broken by the fault of `step` from now on.
pub(super) fn breaks(world: &mut World<'_>, node: &NodeName, step: usize, place: Span, fault: &Fault) {
    if let Some(server) = world.server(node) {
        server.broken = Some(Broken { fault: fault.clone(), since: place.clone() });
    }
    world.open.push(Open { step, place, table: None });
}

fn drop_table(
    world: &mut World<'_>,
    table: &TableName,
    place: Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<()> {
    world.needs_commits("a table is dropped on the server that takes writes", diagnostics);
    table::table(world.file, table, place.clone(), diagnostics);
    if let Some(first) = world.open.iter().find(|open| open.table.as_ref() == Some(table)) {
        let message = format!("{} is dropped already", quoted(&table.to_string()));
        diagnostics.push(
            Diagnostic::meaning(place, message)
                .also(Some(first.place.clone()), "here")
                .help("recover it first, or drop another table"),
        );
        return None;
    }
    world.dropped.push(Dropped {
        table: table.clone(),
        step: world.step,
        place: place.clone(),
        worked: world.worked,
    });
    world.open.push(Open { step: world.step, place, table: Some(table.clone()) });
    Some(())
}

pub(super) fn heal(
    world: &mut World<'_>,
    heal: &declared::Heal,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Verb> {
    match heal {
        declared::Heal::Fault(declared) => {
            let (place, fault) = declared.all().pop()?;
            lift(world, &fault, place, diagnostics)
        }
        declared::Heal::Node(node) => heal_of_node(world, node, diagnostics),
    }
    .map(Verb::Heal)
}

fn lift(
    world: &mut World<'_>,
    fault: &Fault,
    place: Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Fault> {
    let key = fault.info().key;
    let node = fault.node()?;
    let unsure = world.unsure;
    let server = world.known(node, place.clone(), diagnostics)?;
    match &server.broken {
        Some(broken) if broken.fault == *fault => server.broken = None,
        _ if unsure => {}
        broken => {
            let trouble = server.trouble();
            let help = match broken.as_ref().map(|broken| &broken.fault) {
                Some(open) if open.has_heal() => format!("write `heal = {}`", open.written()),
                Some(open) if open.info().ended_by == EndedBy::Restart => restart(node),
                _ => format!("inject the fault before it is healed: `fault = {}`", fault.written()),
            };
            let (trouble, since) = trouble.map_or(("runs", None), |(trouble, since)| (trouble, Some(since)));
            let message = format!("no `{key}` to heal: `{node}` {trouble}");
            diagnostics.push(Diagnostic::meaning(place, message).also(since, "since here").help(help));
            return None;
        }
    }
    Some(fault.clone())
}

fn restart(node: &NodeName) -> String {
    format!("write `recover = {{ restart = \"{node}\" }}`")
}

/// What earlier versions wrote: the fault is the one that is open on this node. A drill that was run so is
/// read all the same.
fn heal_of_node(world: &mut World<'_>, node: &NodeName, diagnostics: &mut Vec<Diagnostic>) -> Option<Fault> {
    let place = value_place(world, |step| step.heal.placed().map(|(place, _)| place));
    let server = world.known(node, place.clone(), diagnostics)?;
    let open = server.broken.take_if(|broken| broken.fault.has_heal()).map(|broken| broken.fault);
    let written = open.as_ref().map_or_else(|| format!("{{ freeze = \"{node}\" }}"), Fault::written);
    let message = format!("`heal` names the fault that it lifts, and `{node}` is a node");
    diagnostics.push(Diagnostic::meaning(place, message).help(format!("write `heal = {written}`")));
    open
}
