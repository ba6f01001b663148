//! What only the whole drill tells.

use super::{refusal, world::World, writers};
use crate::{
    drill::{AtWorst, Bound, Drill, Guarantee, Property},
    human,
    syntax::{
        declared,
        diagnostic::{Diagnostic, Span},
    },
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
        let known = world.state.open_faults().iter().find(|known| known.step == open.step);
        let kept_by = known.and_then(|known| steps.get(known.kept_by?)?.recover.key());
        if let Some(recovery) = kept_by {
            diagnostics.push(refusal::keeps_human_error(world, open.step, recovery));
            continue;
        }
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
        || file.objectives.get().is_some_and(|objectives| {
            objectives.rto.is_given() || objectives.rpo.is_given() || objectives.discarded.is_given()
        });
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

/// Says where a worst case is accepted that needs no acceptance.
fn at_worst(file: &declared::Drill, diagnostics: &mut Vec<Diagnostic>) {
    let Some((place, accepted)) = file
        .objectives
        .get()
        .and_then(|objectives| Some((objectives, objectives.rpo_at_worst.placed()?)))
        .map(|(objectives, (place, accepted))| (place, (*accepted, &objectives.rpo)))
    else {
        return;
    };
    match accepted {
        (_, rpo) if !rpo.is_given() => {
            let diagnostic = Diagnostic::meaning(
                place,
                "`rpo-at-worst` without `rpo`: there is no objective to be at risk",
            );
            diagnostics.push(diagnostic.help("add `rpo`, or take `rpo-at-worst` away"));
        }
        (AtWorst::Within(accepted), rpo) => {
            if let Some((objective, limit)) = rpo.placed()
                && accepted <= *limit
            {
                let message =
                    format!("`rpo-at-worst` of {accepted} accepts nothing above the objective of {limit}");
                let diagnostic = Diagnostic::meaning(place, message).also(Some(objective), "the objective");
                diagnostics.push(diagnostic.help("write a longer one, or take it away"));
            }
        }
        (AtWorst::Unbounded, _) => {}
    }
}

/// Says where the configuration that a drill declares can't guarantee its recovery point objective: the drill
/// may run, and will not pass.
pub(in crate::syntax) fn cautions(file: &declared::Drill, drill: &Drill) -> Vec<Diagnostic> {
    let objective = file.objectives.get().and_then(|objectives| objectives.rpo.placed());
    let Some((place, limit)) = objective else { return Vec::new() };
    let accepted = drill.objectives.rpo_at_worst;
    let mut cautions: Vec<Diagnostic> = Vec::new();
    for (_, worst) in drill.declared_worst_cases() {
        let guarantee = worst.bound.guarantees(*limit, accepted);
        let message = match (guarantee, worst.bound) {
            (Guarantee::Broken, Bound::Known(bound)) => format!(
                "warning: objective not guaranteed by configuration: worst-case RPO {}, objective {}: {}",
                human::against(bound, Some(limit.duration())),
                human::duration(limit.duration()),
                worst.because
            ),
            (Guarantee::Broken, _) => format!(
                "warning: objective not guaranteed by configuration: worst-case RPO above the objective {}: \
                 {}",
                human::duration(limit.duration()),
                worst.because
            ),
            // How long a backup takes is known after the run.
            (Guarantee::Open, Bound::Above(_)) | (Guarantee::Kept | Guarantee::Accepted, _) => continue,
            (Guarantee::Open, _) => {
                format!("warning: objective at risk: configuration sets no bound: {}", worst.because)
            }
        };
        if cautions.iter().all(|known| known.message() != message) {
            let help = "the drill runs and does not pass: change the configuration or the objective, or \
                accept the worst case \
                in writing with `rpo-at-worst`";
            cautions.push(Diagnostic::meaning(place.clone(), message).help(help));
        }
    }
    cautions
}

/// Says where an objective can't be measured.
pub(super) fn objectives(file: &declared::Drill, diagnostics: &mut Vec<Diagnostic>) {
    at_worst(file, diagnostics);
    let Some(objectives) = file.objectives.get() else { return };
    if file.source.is_given() {
        if let Some(key) = objectives.discarded.key() {
            let message = "a bound of what is discarded, in a restore test, which discards nothing";
            diagnostics.push(Diagnostic::meaning(key, message).help("take it away"));
        }
        return;
    }
    measured(file, objectives.rpo.key(), "an RPO", diagnostics);
    measured(file, objectives.discarded.key(), "a bound of what is discarded", diagnostics);
}

/// Says where an objective of commits can't be measured.
fn measured(file: &declared::Drill, key: Option<Span>, what: &str, diagnostics: &mut Vec<Diagnostic>) {
    let Some(key) = key else { return };
    if writers(file) == Some(0) {
        let zero = file.workload.get().and_then(|workload| workload.writers.placed()).map(|(place, _)| place);
        let message = format!("{what} that can't be measured: without writers nothing can be lost");
        let diagnostic = Diagnostic::meaning(key, message).also(zero, "no writers");
        diagnostics.push(diagnostic.help("take `writers = 0` away, or the objective"));
        return;
    }
    let steps = file.all_steps();
    let surveys = |step: &declared::Step| {
        let ledger = |check: &declared::Check| match check {
            declared::Check::Word(word, _) => word.check().proves(Property::Commits),
            declared::Check::Table(_) => false,
        };
        step.check.is_wrong() || step.check.get().is_some_and(|checks| checks.0.iter().any(ledger))
    };
    if !steps.is_empty() && !steps.iter().any(surveys) {
        let message = format!("{what} that is not measured: the drill has no `ledger` check");
        let diagnostic = Diagnostic::meaning(key, message);
        diagnostics.push(
            diagnostic.help("add `check = [\"ledger\"]` after the recovery, or take the objective away"),
        );
    }
}
