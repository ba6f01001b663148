//! Faults, and their healing.

use super::{
    step::value_place,
    table,
    world::{Dropped, Fate, Open, World},
};
use crate::{
    drill::{Fault, NodeName, TableName, Verb},
    syntax::{
        declared,
        diagnostic::{Diagnostic, Span},
        reading::Field,
        visible::quoted,
    },
};

pub(super) fn fault(
    world: &mut World<'_>,
    fault: &declared::Fault,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Verb> {
    let mut kinds = Vec::new();
    let mut on_node = |field: &Field<NodeName>, make: fn(NodeName) -> Fault, fate: fn(Span) -> Fate| {
        if let Some((place, node)) = field.placed() {
            kinds.push(hit(world, node, place, fate, diagnostics).map(|()| make(node.clone())));
        }
    };
    on_node(&fault.lose_volume, |node| Fault::LoseVolume { node }, Fate::Lost);
    on_node(&fault.kill_node, |node| Fault::KillNode { node }, Fate::Killed);
    on_node(&fault.kill_postmaster, |node| Fault::KillPostmaster { node }, Fate::Stopped);
    on_node(&fault.freeze, |node| Fault::Freeze { node }, Fate::Frozen);
    if let Some((place, table)) = fault.drop_table.placed() {
        kinds.push(
            drop_table(world, table, place, diagnostics).map(|()| Fault::DropTable { table: table.clone() }),
        );
    }
    world.unsure |= kinds.is_empty();
    world.faults += 1;
    world.forgiven = false;
    world.examinable = false;
    kinds.pop().flatten().map(Verb::Fault)
}

fn hit(
    world: &mut World<'_>,
    node: &NodeName,
    place: Span,
    fate: fn(Span) -> Fate,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<()> {
    let unsure = world.unsure;
    let server = world.known(node, place.clone(), diagnostics)?;
    if let Some((trouble, since)) = server.fate.trouble().filter(|_| !unsure) {
        let diagnostic = Diagnostic::meaning(place, format!("a fault on `{node}`, which {trouble} already"))
            .also(Some(since), "since here");
        diagnostics.push(diagnostic.help("break another node, or recover this one first"));
        return None;
    }
    server.fate = fate(place.clone());
    world.open.push(Open { step: world.step, place, table: None });
    Some(())
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
    node: &NodeName,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Verb> {
    let place = value_place(world, |step| step.heal.placed().map(|(place, _)| place));
    let unsure = world.unsure;
    let server = world.known(node, place.clone(), diagnostics)?;
    match &server.fate {
        Fate::Frozen(_) => {
            server.fate = Fate::Alive;
        }
        _ if unsure => {}
        fate => {
            let (trouble, since) =
                fate.trouble().map_or(("runs", None), |(trouble, since)| (trouble, Some(since)));
            let help = match fate {
                Fate::Stopped(_) => format!("write `recover = {{ restart = \"{node}\" }}`"),
                _ => "freeze a node before it is healed: `fault = { freeze = \"…\" }`".into(),
            };
            let message = format!("`heal` thaws a frozen node, but `{node}` {trouble}");
            diagnostics.push(Diagnostic::meaning(place, message).also(since, "since here").help(help));
            return None;
        }
    }
    Some(Verb::Heal(node.clone()))
}
