//! The steps, one after another, over what the earlier ones left.

use super::{backup, check, during, fault, own_step, recovery, whole, world::Made, world::World};
use crate::{
    drill::{Period, RestorePointName, Step, Verb},
    syntax::{
        declared,
        diagnostic::{Diagnostic, Span},
        reading::{Field, Shape},
    },
};

/// The steps.
pub(super) fn steps(file: &declared::Drill, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Step>> {
    if !file.steps.is_given() {
        let message = "`steps` is missing at the top of the file";
        let help = format!("add a `[[steps]]` with `backup = {}`", declared::Backup::example());
        diagnostics.push(Diagnostic::absence(file.span.clone(), message).help(help));
    }
    let (place, declared) = file.steps.placed().map(|(place, steps)| (place, steps.0.as_slice()))?;
    let mut world = World::new(file);
    let mut steps = Vec::new();
    for (index, declared) in declared.iter().enumerate() {
        world.step = index;
        steps.push(step(&mut world, declared, diagnostics));
    }
    whole::steps(&world, place, declared, diagnostics);
    steps.into_iter().collect()
}

fn step(world: &mut World<'_>, step: &declared::Step, diagnostics: &mut Vec<Diagnostic>) -> Option<Step> {
    // A step with two verbs was said to be wrong; each is followed, so that later steps find what it made.
    let mut verbs = Vec::new();
    with(world, &step.backup, &mut verbs, |world, backup| backup::backup(world, backup, diagnostics));
    with(world, &step.work, &mut verbs, |world, work| Some(work_for(world, work.0)));
    with(world, &step.restore_point, &mut verbs, |world, point| restore_point(world, point, diagnostics));
    with(world, &step.fault, &mut verbs, |world, fault| match step.during.placed() {
        Some((place, phase)) => during::arm(world, fault, *phase, place, diagnostics),
        None => fault::fault(world, fault, diagnostics),
    });
    with(world, &step.heal, &mut verbs, |world, heal| fault::heal(world, heal, diagnostics));
    with(world, &step.recover, &mut verbs, |world, recover| {
        let waiting = world.armed.take();
        let recovery = recovery::recover(world, recover, diagnostics);
        if let (Some(waiting), Some(Verb::Recover(recovery))) = (waiting, &recovery) {
            during::beside(world, &waiting, recovery, diagnostics);
        }
        recovery
    });
    with(world, &step.rehearse, &mut verbs, |world, rehearse| {
        recovery::rehearse(world, rehearse, diagnostics)
    });
    with(world, &step.check, &mut verbs, |world, checks| check::checks(world, &checks.0, diagnostics));
    with(world, &step.sql, &mut verbs, |world, sql| own_step::statements(world, sql, diagnostics));
    with(world, &step.exec, &mut verbs, |world, exec| own_step::exec(world, exec, diagnostics));
    // A step that could not be read may have changed the cluster; one that could, and was wrong, is judged as
    // it stands.
    world.unsure |= verbs.is_empty() || step.fault.is_wrong() || step.recover.is_wrong();
    for verb in verbs.iter().flatten() {
        world.apply(verb, diagnostics);
    }
    let verb = verbs.pop().flatten()?;
    let deadline = step.deadline.or_else(|| None).map(|deadline| deadline.0);
    if let (Some((place, deadline)), Verb::Work(work)) = (step.deadline.placed(), &verb)
        && deadline.0 <= *work
    {
        let message = format!("a deadline of {}, for {work} of work", deadline.0);
        diagnostics.push(
            Diagnostic::meaning(place, message)
                .help("give the step more time than it works, or omit the deadline"),
        );
    }
    if step.deadline.is_wrong() || step.title.is_wrong() || step.during.is_wrong() {
        return None;
    }
    Some(Step {
        title: step.title.get().map_or_else(|| verb.describe(), |title| title.0.clone()),
        deadline: deadline.unwrap_or_else(|| verb.default_deadline()),
        verb,
    })
}

/// Follows a verb, where it is given; one that could not be read is followed by uncertainty.
fn with<T>(
    world: &mut World<'_>,
    field: &Field<T>,
    verbs: &mut Vec<Option<Verb>>,
    follow: impl FnOnce(&mut World<'_>, &T) -> Option<Verb>,
) {
    let Some(key) = field.key() else { return };
    world.verb = key;
    verbs.push(field.get().and_then(|declared| follow(world, declared)));
}

fn work_for(world: &mut World<'_>, period: Period) -> Verb {
    world.worked = world.worked.saturating_add(period.duration());
    Verb::Work(period)
}

fn restore_point(
    world: &mut World<'_>,
    point: &RestorePointName,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Verb> {
    world.needs_commits("a restore point is made on the server that takes writes", diagnostics);
    let place = value_place(world, |step| step.restore_point.placed().map(|(place, _)| place));
    if let Some(first) = world.points.get(point) {
        let diagnostic = Diagnostic::meaning(place, format!("two restore points are called `{point}`"));
        diagnostics.push(
            diagnostic.also(Some(first.place.clone()), "the first one").help("give each a name of its own"),
        );
        return None;
    }
    world.points.insert(point.clone(), Made { step: world.step, place, what: () });
    Some(Verb::RestorePoint(point.clone()))
}

/// The place of a value in the current step; that of its verb where it has none.
pub(super) fn value_place(world: &World<'_>, place: impl FnOnce(&declared::Step) -> Option<Span>) -> Span {
    let step = world.file.all_steps().get(world.step);
    step.and_then(place).unwrap_or_else(|| world.verb.clone())
}
