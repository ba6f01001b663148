//! What only the whole drill tells.

use super::{world::World, writers};
use crate::syntax::{
    declared,
    diagnostic::{Diagnostic, Span},
};

/// Says where the steps lead nowhere.
pub(super) fn steps(
    world: &World<'_>,
    place: Span,
    steps: &[declared::Step],
    diagnostics: &mut Vec<Diagnostic>,
) {
    if world.unsure || steps.is_empty() {
        return;
    }
    for open in &world.open {
        let diagnostic = Diagnostic::meaning(open.place.clone(), "no step recovers from this fault");
        diagnostics.push(diagnostic.help("add a `recover` step after it"));
    }
    if world.open.is_empty() && world.recoveries + world.rehearsals == 0 {
        let place = steps.last().map_or(place, |step| step.span.clone());
        let diagnostic = Diagnostic::meaning(place, "this drill recovers nothing");
        diagnostics.push(diagnostic.help("add a `fault` and a `recover` step, or a `rehearse` step"));
    }
}

/// Says where a drill judges nothing: neither a promise nor a check could be broken.
pub(super) fn judgement(file: &declared::Drill, diagnostics: &mut Vec<Diagnostic>) {
    let promises = file.objectives.is_wrong()
        || file
            .objectives
            .get()
            .is_some_and(|objectives| objectives.rto.is_given() || objectives.rpo.is_given());
    let steps = file.all_steps();
    if let Some((place, _)) = file.title.placed()
        && !promises
        && steps.iter().any(|step| step.recover.is_given() || step.rehearse.is_given())
        && !steps.iter().any(|step| step.check.is_given())
    {
        let diagnostic = Diagnostic::meaning(
            place,
            "this drill has neither an objective nor a check, so there is nothing to judge",
        );
        diagnostics
            .push(diagnostic.help(
                "add `check = [\"ledger\"]` after the recovery, or `[objectives]` with `rto = \"1h\"`",
            ));
    }
}

/// Says where an objective can't be measured.
pub(super) fn objectives(file: &declared::Drill, diagnostics: &mut Vec<Diagnostic>) {
    let rpo = file.objectives.get().and_then(|objectives| objectives.rpo.key());
    if let (Some(rpo), Some(0)) = (rpo, writers(file)) {
        let zero = file.workload.get().and_then(|workload| workload.writers.placed()).map(|(place, _)| place);
        let diagnostic =
            Diagnostic::meaning(rpo, "an RPO that can't be measured: without writers nothing can be lost")
                .also(zero, "no writers");
        diagnostics.push(diagnostic.help("take `writers = 0` away, or the objective"));
        return;
    }
    let steps = file.all_steps();
    let surveys = |step: &declared::Step| {
        let ledger =
            |check: &declared::Check| matches!(check, declared::Check::Word(declared::CheckWord::Ledger, _));
        step.check.is_wrong() || step.check.get().is_some_and(|checks| checks.0.iter().any(ledger))
    };
    if let Some(rpo) = file.objectives.get().and_then(|objectives| objectives.rpo.key())
        && !steps.is_empty()
        && !steps.iter().any(surveys)
    {
        let diagnostic =
            Diagnostic::meaning(rpo, "an RPO that is not measured: the drill has no `ledger` check");
        diagnostics.push(
            diagnostic.help("add `check = [\"ledger\"]` after the recovery, or take the objective away"),
        );
    }
}
