//! Recoveries and rehearsals from a backup.

use super::{
    cluster, target,
    world::{Server, World},
};
use crate::{
    drill::{DataEffect, Label, NodeName, Recovery, Service},
    syntax::{
        declared,
        diagnostic::{Diagnostic, Span},
        nearest::{either, nearest},
        reading::Field,
    },
};

/// A restore as it was declared.
pub(super) struct Restore<'d> {
    pub(super) from: &'d Field<Label>,
    pub(super) target: &'d Field<declared::Target>,
    pub(super) onto: &'d Field<NodeName>,
    pub(super) serve: bool,
}

impl Restore<'_> {
    fn default_onto(&self) -> Option<NodeName> {
        if self.serve { "recovered" } else { "copy" }.parse().ok()
    }
}

pub(super) fn restore(
    world: &mut World<'_>,
    declared: &Restore<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Recovery> {
    let before = diagnostics.len();
    if let Some((place, label)) = declared.from.placed() {
        known_label(world, label, place, diagnostics);
    }
    let target = target::target(world, declared, diagnostics);
    let onto = declared.onto.or_else(|| declared.default_onto());
    if let Some(onto) = &onto {
        free_name(world, declared, onto, diagnostics);
        settle(world, declared, onto);
    }
    if diagnostics.len() > before {
        return None;
    }
    Some(Recovery::Restore {
        from: declared.from.get()?.clone(),
        target: target?,
        onto: onto?,
        serve: declared.serve,
    })
}

/// Says where a label was given by no backup before this step.
fn known_label(world: &World<'_>, label: &Label, place: Span, diagnostics: &mut Vec<Diagnostic>) {
    if world.backups.contains_key(label) {
        return;
    }
    let steps = world.file.all_steps();
    let backups = || steps.iter().filter_map(|step| step.backup.get());
    if let Some((later, _)) =
        backups().filter_map(|backup| backup.label.placed()).find(|(_, known)| *known == label)
    {
        let diagnostic = Diagnostic::meaning(place, format!("backup `{label}` is used before it is taken"))
            .also(Some(later), "taken here");
        diagnostics.push(diagnostic.help("move the `backup` step before this one"));
        return;
    }
    // A label that could not be read, or a backup whose table could not, may be the one that is meant.
    let unread = steps.iter().any(|step| {
        step.backup.is_wrong() || step.backup.get().is_some_and(|backup| backup.label.get().is_none())
    });
    let nothing_read = steps.iter().any(|step| world.unsure && !has_verb(step));
    let labels = || world.backups.keys().map(Label::as_str);
    let near = nearest(label.as_str(), labels());
    if (unread || nothing_read) && near.is_none() {
        return;
    }
    let help = match (near, world.backups.is_empty()) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, true) => {
            format!("add a step before it: `backup = {{ method = \"basebackup\", label = \"{label}\" }}`")
        }
        (None, false) => format!("the backups before it are {}", either(labels())),
    };
    diagnostics.push(Diagnostic::meaning(place, format!("no backup is labelled `{label}`")).help(help));
}

fn has_verb(step: &declared::Step) -> bool {
    step.backup.is_given()
        || step.work.is_given()
        || step.restore_point.is_given()
        || step.fault.is_given()
        || step.heal.is_given()
        || step.recover.is_given()
        || step.rehearse.is_given()
        || step.check.is_given()
}

/// Says where the new server can't have its name, or where clients could not find it.
fn free_name(world: &World<'_>, declared: &Restore<'_>, onto: &NodeName, diagnostics: &mut Vec<Diagnostic>) {
    let place = declared.onto.placed().map_or_else(|| world.verb.clone(), |(place, _)| place);
    cluster::reserved(place.clone(), onto, diagnostics);
    let server = world.servers.iter().find(|server| server.name == *onto);
    let left = |server: &Server| server.broken.as_ref().map(|broken| broken.fault.info().data);
    let taken = server.and_then(|server| match (left(server), declared.serve) {
        _ if server.copy && !declared.serve => None,
        _ if server.copy => Some("is a rehearsal's copy"),
        // The name of a server that is gone is free for its successor.
        (Some(DataEffect::Lost | DataEffect::OutOfReach), true) => None,
        (Some(DataEffect::Lost | DataEffect::OutOfReach), false) => Some("is a node of the cluster"),
        (None, _) => Some("is a node that runs"),
        (Some(DataEffect::Kept | DataEffect::HumanError), _) => Some("is a node whose files are there"),
    });
    if let (Some(taken), Some(server)) = (taken, server)
        && !world.unsure
    {
        let diagnostic =
            Diagnostic::meaning(place.clone(), format!("`{onto}` {taken}: nothing can be restored onto it"));
        diagnostics.push(
            diagnostic
                .also(Some(server.place.clone()), "here")
                .help("give the new server a name of its own with `onto`"),
        );
    }
    let address = world.file.service.get().and_then(|service| service.address.placed());
    if let Some((service, Service::MultiHost)) = address
        && declared.serve
        && !world.servers.iter().any(|server| server.name == *onto && !server.copy)
    {
        let message = format!(
            "clients would never find `{onto}`: their connection string names the nodes that the drill began \
             with"
        );
        let diagnostic =
            Diagnostic::meaning(place, message).also(Some(service), "the clients' way to the server");
        diagnostics.push(diagnostic.help("write `address = \"switch\"`, or promote a standby"));
    }
}

/// The cluster with the new server in it.
fn settle(world: &mut World<'_>, declared: &Restore<'_>, onto: &NodeName) {
    let place = declared.onto.placed().map_or_else(|| world.verb.clone(), |(place, _)| place);
    let server = Server {
        name: onto.clone(),
        place,
        standby: None,
        broken: None,
        copy: !declared.serve,
        turned: None,
    };
    let known = world.servers.iter().any(|server| server.name == *onto);
    if declared.serve {
        world.servers.retain(|server| server.name != *onto);
        world.servers.push(server);
        world.moves_to(onto);
    } else if !known {
        world.servers.push(server);
    }
}
