//! Backup steps.

use super::world::{Made, World};
use crate::{
    drill::{Backup, Compression, Verb, versions},
    syntax::{declared, diagnostic::Diagnostic},
};

pub(super) fn backup(
    world: &mut World<'_>,
    backup: &declared::Backup,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Verb> {
    let node = node(world, backup, diagnostics);
    pack(world, backup, diagnostics);
    archived(world, backup, diagnostics);
    let (place, label) = backup.label.placed()?;
    if let Some(first) = world.backups.get(label) {
        let diagnostic = Diagnostic::meaning(place, format!("two backups are labelled `{label}`"));
        diagnostics.push(
            diagnostic.also(Some(first.place.clone()), "the first one").help("give each a label of its own"),
        );
        return None;
    }
    world.backups.insert(label.clone(), Made { step: world.step, place, what: backup.method.get().copied() });
    Some(Verb::Backup(Backup {
        method: *backup.method.get()?,
        label: label.clone(),
        node: node?,
        compress: backup.compress.or(Compression::None)?,
    }))
}

fn node(
    world: &mut World<'_>,
    backup: &declared::Backup,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<crate::drill::NodeName> {
    if !backup.node.is_given() {
        world.needs_service("a backup is taken from the server that takes writes", diagnostics);
        return world.serving.clone();
    }
    let (place, name) = backup.node.placed()?;
    world.known(name, place.clone(), diagnostics);
    if let Some((trouble, since)) = world.trouble(name) {
        let diagnostic = Diagnostic::meaning(place, format!("a backup of `{name}`, which {trouble}"))
            .also(Some(since), "since here");
        diagnostics.push(diagnostic.help("take it before, or from another node"));
    }
    Some(name.clone())
}

/// Says where a method needs an archive that is not there.
fn archived(world: &World<'_>, backup: &declared::Backup, diagnostics: &mut Vec<Diagnostic>) {
    let Some((place, method)) = backup.method.placed() else { return };
    let info = method.info();
    let Some(needed) = info.archive else { return };
    let archive = world.file.archive.get();
    if world.file.archive.is_wrong()
        || archive.is_some_and(|archive| archive.method.or(needed) == Some(needed))
    {
        return;
    }
    let needed = needed.info().name;
    let message = format!("a backup by `{}` needs an archive by `{needed}`", info.name);
    let place_of = archive.and_then(|archive| archive.method.placed()).map(|(place, _)| place);
    let help = format!("add `[archive]` with `method = \"{needed}\"`");
    diagnostics.push(Diagnostic::meaning(place, message).also(place_of, "the archive").help(help));
}

fn pack(world: &World<'_>, backup: &declared::Backup, diagnostics: &mut Vec<Diagnostic>) {
    let version = world.file.postgres.get().and_then(|postgres| postgres.version.placed());
    let (Some((place, compress)), Some(method), Some((of, version))) =
        (backup.compress.placed(), backup.method.get(), version)
    else {
        return;
    };
    if let Some((message, help)) = versions::compression(*method, *compress, *version) {
        diagnostics.push(
            Diagnostic::meaning(place, message).also(Some(of), "the version that the drill needs").help(help),
        );
    }
}
