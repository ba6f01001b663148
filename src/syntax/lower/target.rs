//! Recovery targets, and whether a backup can reach them.

use jiff::{Timestamp, civil};

use super::{restore::Restore, world::World};
use crate::{
    drill::{BackupMethod, Label, RecoveryTarget, RestorePointName, TargetLsn, TargetTime},
    pg::Lsn,
    syntax::{
        declared::{Target, TargetTable, TargetWord},
        diagnostic::{Diagnostic, Span},
        nearest::{either, nearest},
        visible::quoted,
    },
};

/// The target of a restore; says where its backup can't reach it.
pub(super) fn target(
    world: &World<'_>,
    declared: &Restore<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<RecoveryTarget> {
    let target = match declared.target.get() {
        Some(Target::Word(word)) => Some(match word {
            TargetWord::Latest => RecoveryTarget::Latest,
            TargetWord::Immediate => RecoveryTarget::Immediate,
            TargetWord::BeforeFault => RecoveryTarget::BeforeFault,
        }),
        Some(Target::Place(table)) => place_in_wal(table, diagnostics),
        None if declared.target.is_wrong() => None,
        None => Some(RecoveryTarget::Latest),
    }?;
    let label = declared.from.placed();
    let place =
        declared.target.placed().map(|(place, _)| place).or_else(|| label.clone().map(|(place, _)| place));
    let place = place.unwrap_or_else(|| world.verb.clone());
    let backup = label.and_then(|(_, label)| Some((label, world.backups.get(label)?)));
    if let Some((label, made)) = backup
        && let Some(method) = made.what
    {
        // What the method, or the place that the service has moved to, can't do at all needs no word on when.
        let wrong = beyond(world, method, label, &target)
            .map(|(message, help)| Diagnostic::meaning(place.clone(), message).help(help));
        if let Some(diagnostic) =
            wrong.or_else(|| left_behind(world, method, label, made.step, &target, place.clone()))
        {
            diagnostics.push(diagnostic.also(Some(made.place.clone()), "the backup"));
            return None;
        }
    }
    let backup = backup.map(|(label, made)| (label, made.step, made.place.clone()));
    let wrong = match (&target, target.point()) {
        (RecoveryTarget::BeforeFault, _) => before_fault(world, place, backup),
        (_, Some(point)) => {
            before_point(world, point, point_place(declared.target.get()).unwrap_or(place), backup)
        }
        (_, None) => None,
    };
    let right = wrong.is_none();
    diagnostics.extend(wrong);
    right.then_some(target)
}

/// Why a method of backup can't reach a target, and how to mend it.
fn beyond(
    world: &World<'_>,
    method: BackupMethod,
    label: &Label,
    target: &RecoveryTarget,
) -> Option<(String, String)> {
    if !method.is_physical() {
        return (*target != RecoveryTarget::Latest).then(|| {
            let message =
                format!("a recovery target over `{label}`, which is a dump: no WAL can be replayed over it");
            (message, "take `target` away, or take the backup with `method = \"basebackup\"`".into())
        });
    }
    (!world.file.archive.is_given() && *target != RecoveryTarget::Immediate).then(|| {
        let message = format!("without an archive `{label}` can be recovered to `immediate` alone");
        (message, "add `[archive]` with `method = \"command\"`, or write `target = \"immediate\"`".into())
    })
}

/// Why a physical backup can't be rolled forward since the service runs on a timeline of its own.
fn left_behind(
    world: &World<'_>,
    method: BackupMethod,
    label: &Label,
    taken: usize,
    target: &RecoveryTarget,
    place: Span,
) -> Option<Diagnostic> {
    let moved = world.moved.as_ref().filter(|_| method.is_physical() && !world.unsure)?;
    let (message, help) = if taken < moved.step {
        (
            format!(
                "backup `{label}` was taken before the service moved, and leads to a timeline that it has \
                 left"
            ),
            "restore it before that recovery; or take another after it, and recover from that one to \
             `immediate`",
        )
    } else if *target != RecoveryTarget::Immediate {
        (
            format!(
                "backup `{label}` can be recovered to `immediate` alone: since the service moved, nothing is \
                 archived"
            ),
            "write `target = \"immediate\"`, or do this in a drill of its own",
        )
    } else {
        return None;
    };
    Some(
        Diagnostic::meaning(place, message)
            .also(Some(moved.place.clone()), "the service moved here")
            .help(help),
    )
}

fn point_place(target: Option<&Target>) -> Option<Span> {
    let Some(Target::Place(table)) = target else { return None };
    let paths = [table.time.placed().map(|(place, _)| place), table.lsn.placed().map(|(place, _)| place)];
    let names = [table.xid.placed().map(|(place, _)| place), table.name.placed().map(|(place, _)| place)];
    paths.into_iter().chain(names).flatten().next()
}

fn place_in_wal(table: &TargetTable, diagnostics: &mut Vec<Diagnostic>) -> Option<RecoveryTarget> {
    if let Some((place, time)) = table.time.placed() {
        return time_target(&time.0, place, diagnostics).map(|at| RecoveryTarget::Time { at });
    }
    if let Some((place, lsn)) = table.lsn.placed() {
        return lsn_target(&lsn.0, place, diagnostics).map(|at| RecoveryTarget::Lsn { at });
    }
    if let Some(point) = table.xid.get() {
        return Some(RecoveryTarget::Xid { point: point.clone(), inclusive: table.inclusive.or(true)? });
    }
    table.name.get().map(|point| RecoveryTarget::Name { point: point.clone() })
}

fn time_target(text: &str, place: Span, diagnostics: &mut Vec<Diagnostic>) -> Option<TargetTime> {
    if let Ok(point) = text.parse() {
        return Some(TargetTime::Point(point));
    }
    // A drill makes its cluster anew: an instant in its file lies before there was anything to recover, or
    // after all that was done.
    let instant = match (text.parse::<Timestamp>(), text.parse::<civil::DateTime>()) {
        (Ok(_), _) => Some("an instant"),
        (_, Ok(_)) => Some("a timestamp without an offset"),
        (Err(_), Err(_)) => None,
    };
    let diagnostic = if let Some(what) = instant {
        let message = format!(
            "{} is {what}, and no drill can recover to an instant: its cluster begins when the drill is run",
            quoted(text)
        );
        let help = "add a step `restore-point = \"before-release\"` after the backup, and write its name: \
            `{ time = \"before-release\" }`";
        Diagnostic::meaning(place, message).help(help)
    } else {
        Diagnostic::value(place, format!("{} is no restore point", quoted(text)))
            .help("write the name of a restore point that an earlier step makes")
    };
    diagnostics.push(diagnostic);
    None
}

fn lsn_target(text: &str, place: Span, diagnostics: &mut Vec<Diagnostic>) -> Option<TargetLsn> {
    let point = text.parse().ok().map(TargetLsn::Point);
    let target = point.or_else(|| text.parse::<Lsn>().ok().map(TargetLsn::Absolute));
    if target.is_none() {
        let message = format!("{} is neither a restore point nor an LSN", quoted(text));
        diagnostics.push(
            Diagnostic::value(place, message)
                .help("write the name of a restore point, or an LSN such as `\"0/3000148\"`"),
        );
    }
    target
}

/// What is wrong with a restore point as a target.
fn before_point(
    world: &World<'_>,
    point: &RestorePointName,
    place: Span,
    backup: Option<(&Label, usize, Span)>,
) -> Option<Diagnostic> {
    let Some(made) = world.points.get(point) else { return unknown_point(world, point, place) };
    let (label, _, taken) = backup.filter(|(_, step, _)| *step > made.step)?;
    let message =
        format!("restore point `{point}` lies before backup `{label}`, and WAL is replayed forward only");
    let diagnostic = Diagnostic::meaning(place, message)
        .also(Some(made.place.clone()), "made here")
        .also(Some(taken), "the backup");
    Some(diagnostic.help("recover from an earlier backup, or make the restore point after this one"))
}

fn unknown_point(world: &World<'_>, point: &RestorePointName, place: Span) -> Option<Diagnostic> {
    let steps = || world.file.all_steps().iter();
    if let Some((later, _)) =
        steps().filter_map(|step| step.restore_point.placed()).find(|(_, known)| *known == point)
    {
        let diagnostic =
            Diagnostic::meaning(place, format!("restore point `{point}` is used before it is made"))
                .also(Some(later), "made here");
        return Some(diagnostic.help("move the `restore-point` step before this one"));
    }
    if steps().any(|step| step.restore_point.is_wrong()) {
        return None;
    }
    let points = || world.points.keys().map(RestorePointName::as_str);
    let help = match (nearest(point.as_str(), points()), world.points.is_empty()) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, true) => format!("add a step before it: `restore-point = \"{point}\"`"),
        (None, false) => format!("the restore points before it are {}", either(points())),
    };
    Some(Diagnostic::meaning(place, format!("no restore point is called `{point}`")).help(help))
}

/// What is wrong with `before-fault`.
fn before_fault(world: &World<'_>, place: Span, backup: Option<(&Label, usize, Span)>) -> Option<Diagnostic> {
    let Some(diagnostic) = world.dropped.last() else {
        let wrong = Diagnostic::meaning(
            place,
            "`before-fault` recovers to just before a human error, but no step makes one",
        );
        let help =
            "add `fault = { drop-table = \"schema.table\" }` before it, or write `target = \"latest\"`";
        return (!world.unsure).then(|| wrong.help(help));
    };
    let (label, _, taken) = backup.filter(|(_, step, _)| *step > diagnostic.step)?;
    let message = format!("backup `{label}` was taken after the human error, so it contains it");
    let wrong = Diagnostic::meaning(place, message)
        .also(Some(diagnostic.place.clone()), "the human error")
        .also(Some(taken), "the backup");
    Some(wrong.help("recover from a backup that was taken before it"))
}
