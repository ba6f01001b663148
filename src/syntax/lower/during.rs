//! Faults that come while a recovery runs.

use super::{
    fault,
    world::{Waiting, World},
};
use crate::{
    drill::{Armed, BackupKind, Fault, Recovery, RecoveryPhase, ServiceEffect, Verb},
    syntax::{
        declared,
        diagnostic::{Diagnostic, Span},
        nearest::either,
    },
};

/// A fault that waits for the recovery of the next step.
pub(super) fn arm(
    world: &mut World<'_>,
    declared: &declared::Fault,
    during: RecoveryPhase,
    place: Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Verb> {
    let (hit, fault) = declared.all().pop()?;
    world.faults += 1;
    if fault.is_human_error() {
        let message = "a human error while a recovery runs: there is no service through which to make it";
        diagnostics.push(Diagnostic::meaning(hit, message).help("take `during` away, or break a server"));
        return None;
    }
    let next = world.file.all_steps().get(world.step + 1);
    if !next.is_some_and(|next| next.recover.is_given()) {
        let message = "`during` names a phase of the recovery in the next step, which is no recovery";
        let help = "write the `recover` step right after this one, or take `during` away";
        diagnostics.push(
            Diagnostic::meaning(place, message)
                .also(next.map(|next| next.span.clone()), "the next step")
                .help(help),
        );
        return None;
    }
    let armed = Armed { fault, during };
    world.armed = Some(Waiting { step: world.step, place: hit, during: place, armed: armed.clone() });
    Some(Verb::Arm(armed))
}

/// After the recovery of this step: whether the fault can come while it runs, and what it leaves.
pub(super) fn beside(
    world: &mut World<'_>,
    waiting: &Waiting,
    recovery: &Recovery,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if let Some(diagnostic) = refusal(world, waiting, recovery) {
        diagnostics.push(diagnostic);
        world.state.disarm();
    } else if waiting.armed.interrupts(recovery) {
        world.examinable = false;
        fault::breaks(world, recovery.server(), waiting.step, waiting.place.clone(), &waiting.armed.fault);
    } else {
        bystander(world, waiting, diagnostics);
    }
}

fn refusal(world: &World<'_>, waiting: &Waiting, recovery: &Recovery) -> Option<Diagnostic> {
    let Waiting { armed: Armed { fault, during }, .. } = waiting;
    let is_physical = is_physical(world, recovery);
    let phases = recovery.phases(is_physical);
    let (place, message, help) = if !phases.contains(during) {
        let message = format!("this recovery never enters `{}`", during.name());
        let help = format!("write {}", either(phases.iter().map(|phase| phase.name())));
        (&waiting.during, message, help)
    } else if waiting.armed.interrupts(recovery) {
        let (message, help) = no_interruption(recovery, is_physical, fault, *during)?;
        (&waiting.place, message, help.to_owned())
    } else {
        return None;
    };
    let diagnostic = Diagnostic::meaning(place.clone(), message);
    Some(diagnostic.also(Some(world.verb.clone()), "the recovery").help(help))
}

/// A fault on a node that the recovery does not bring up: it must be there.
fn bystander(world: &mut World<'_>, waiting: &Waiting, diagnostics: &mut Vec<Diagnostic>) {
    let Waiting { step, place, armed: Armed { fault, .. }, .. } = waiting;
    let Some(node) = fault.node() else { return };
    let unsure = world.unsure;
    let Some(server) = world.known(node, place.clone(), diagnostics) else { return };
    if let Some((trouble, since)) = server.trouble().filter(|_| !unsure) {
        let message = format!("a fault on `{node}`, which {trouble} already");
        diagnostics.push(
            Diagnostic::meaning(place.clone(), message)
                .also(Some(since), "since here")
                .help("break another node, or recover this one first"),
        );
        world.state.disarm();
        return;
    }
    fault::breaks(world, node, *step, place.clone(), fault);
}

fn is_physical(world: &World<'_>, recovery: &Recovery) -> bool {
    let Recovery::Restore { from, .. } = recovery else { return false };
    let method = world.backups.get(from).and_then(|made| made.what);
    method.is_none_or(|method| method.info().kind == BackupKind::Physical)
}

/// Why this fault can't come to the server that this recovery brings up, and what to write instead.
fn no_interruption(
    recovery: &Recovery,
    is_physical: bool,
    fault: &Fault,
    during: RecoveryPhase,
) -> Option<(String, &'static str)> {
    let server = recovery.server();
    if !matches!(recovery, Recovery::Restore { .. }) || !is_physical {
        let message = format!("a fault on `{server}`, which this recovery can't be interrupted by");
        return Some((message, "interrupt a restore of a physical backup, or break another node"));
    }
    if fault.has_heal() {
        let message = format!("`{server}` would stand still until the deadline: no step heals it meanwhile");
        return Some((message, "write `kill-postmaster`, or freeze another node"));
    }
    let is_there = match fault.info().service {
        ServiceEffect::Silenced => during == RecoveryPhase::Replay,
        ServiceEffect::Removed | ServiceEffect::GoesOn => during != RecoveryPhase::Provision,
    };
    (!is_there).then(|| {
        let message = format!("`{server}` does not answer yet during `{}`", during.name());
        (message, "write `during = \"replay\"`")
    })
}
