//! The nodes.

use std::time::Duration;

use super::settings;
use crate::{
    drill::{Node, NodeName, REPOSITORY, Role},
    syntax::{
        declared::{self, RoleWord},
        diagnostic::{Diagnostic, Span},
    },
};

/// The nodes, the primary first.
pub(super) fn nodes(file: &declared::Drill, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Node>> {
    let nodes = &file.nodes.get()?.0;
    twice(nodes, diagnostics);
    nodes
        .iter()
        .filter_map(|node| node.name.placed())
        .for_each(|(place, name)| reserved(place, name, diagnostics));
    one_primary(nodes, diagnostics);
    let lowered: Vec<Option<Node>> = nodes.iter().map(|declared| node(file, declared, diagnostics)).collect();
    lowered.into_iter().collect()
}

/// Says where a node has the name of the place that keeps backups and the archive.
pub(super) fn reserved(place: Span, name: &NodeName, diagnostics: &mut Vec<Diagnostic>) {
    if name.as_str() == REPOSITORY {
        let diagnostic =
            Diagnostic::meaning(place, format!("`{name}` is the place that keeps backups and the archive"));
        diagnostics.push(diagnostic.help("give the node another name"));
    }
}

/// How far behind a standby may replay: `recovery_min_apply_delay` is an `int` of milliseconds.
const LONGEST_DELAY: Duration = Duration::from_millis(i32::MAX as u64);

/// Says where a server would refuse a delay.
fn too_long(node: &declared::Node, diagnostics: &mut Vec<Diagnostic>) {
    if let Some((place, delay)) = node.delay.placed()
        && delay.0.duration() > LONGEST_DELAY
    {
        let diagnostic =
            Diagnostic::meaning(place, format!("a delay of {} is longer than a server takes", delay.0));
        diagnostics.push(diagnostic.help("write at most 596h, which is nearly 25 days"));
    }
}

/// What a node is; `None` where it was said wrongly.
pub(super) fn role(node: &declared::Node) -> Option<RoleWord> {
    node.role.or(RoleWord::Primary)
}

fn node(file: &declared::Drill, node: &declared::Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Node> {
    let settings = settings::of_node(file, node, diagnostics);
    too_long(node, diagnostics);
    let role = match role(node)? {
        RoleWord::Standby => Role::Standby {
            synchronous: node.synchronous.or(false)?,
            delay: node.delay.optional()?.map(|delay| delay.0),
        },
        RoleWord::Primary => {
            let keys = [("synchronous", node.synchronous.key()), ("delay", node.delay.key())];
            for (key, span) in keys.into_iter().filter_map(|(key, span)| Some((key, span?))) {
                let help =
                    format!("add `role = \"standby\"` to this node, or move `{key}` to one that has it");
                diagnostics.push(
                    Diagnostic::meaning(span, format!("`{key}` on a primary: it says how a standby follows"))
                        .help(help),
                );
            }
            Role::Primary
        }
    };
    Some(Node { name: node.name.get()?.clone(), role, settings: settings? })
}

fn twice(nodes: &[declared::Node], diagnostics: &mut Vec<Diagnostic>) {
    let mut seen = Vec::new();
    for (place, name) in nodes.iter().filter_map(|node| node.name.placed()) {
        if let Some((first, _)) = seen.iter().find(|(_, known)| *known == name) {
            let message = format!("two nodes are called `{name}`");
            let diagnostic =
                Diagnostic::meaning(place.clone(), message).also(Some(Clone::clone(first)), "the first one");
            diagnostics.push(diagnostic.help("give each node a name of its own"));
        }
        seen.push((place, name));
    }
}

fn one_primary(nodes: &[declared::Node], diagnostics: &mut Vec<Diagnostic>) {
    // A role that was misspelt may be either.
    let Some(roles) = nodes.iter().map(role).collect::<Option<Vec<_>>>() else { return };
    let primaries: Vec<&declared::Node> = nodes
        .iter()
        .zip(&roles)
        .filter(|(_, role)| **role == RoleWord::Primary)
        .map(|(node, _)| node)
        .collect();
    match (primaries.as_slice(), nodes.first(), roles.first()) {
        (_, None, _) | (_, _, None) => {}
        ([], Some(first), _) => {
            let span = first.role.key().unwrap_or_else(|| first.span.clone());
            diagnostics.push(
                Diagnostic::meaning(span, "a cluster without a primary")
                    .help("make the first node the primary: take its `role` away"),
            );
        }
        ([_], Some(first), Some(RoleWord::Standby)) => {
            let span = first.role.key().unwrap_or_else(|| first.span.clone());
            diagnostics.push(
                Diagnostic::meaning(span, "the first node is a standby").help("move the primary before it"),
            );
        }
        ([_], _, Some(RoleWord::Primary)) => {}
        ([first, rest @ ..], _, _) => {
            for other in rest {
                let span = other.role.key().unwrap_or_else(|| other.span.clone());
                let diagnostic = Diagnostic::meaning(span, "a second primary")
                    .also(Some(first.span.clone()), "the first one");
                diagnostics.push(
                    diagnostic.help("add `role = \"standby\"`: a cluster has one server that takes writes"),
                );
            }
        }
    }
}
