//! What the model of the cluster refuses, in words and with its place.

use super::world::World;
use crate::{
    drill::Refusal,
    syntax::diagnostic::{Diagnostic, Span},
};

/// The diagnostic of a refusal of the step whose verb stands at `place`.
pub(super) fn diagnostic(world: &World<'_>, refusal: &Refusal, place: Span) -> Diagnostic {
    match refusal {
        Refusal::KeepsHumanError { fault } => keeps_human_error(world, *fault, place),
    }
}

/// A recovery that ends with the human error of step `fault` still in the data.
pub(super) fn keeps_human_error(world: &World<'_>, fault: usize, place: Span) -> Diagnostic {
    let error = world.dropped.iter().find(|dropped| dropped.step == fault);
    let message = "this recovery brings the human error back: what was destroyed is still gone after it";
    let help = "recover a backup from before it to `before-fault` or to a restore point made before it, \
                or bring the table back from a delayed standby";
    Diagnostic::meaning(place, message)
        .also(error.map(|error| error.place.clone()), "the human error")
        .help(help)
}
