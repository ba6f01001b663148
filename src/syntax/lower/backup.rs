//! Backup steps.

use super::world::{Made, World};
use crate::{
    drill::{Backup, Compression, Verb, versions},
    syntax::{declared, mistake::Mistake},
};

pub(super) fn backup(
    world: &mut World<'_>,
    backup: &declared::Backup,
    mistakes: &mut Vec<Mistake>,
) -> Option<Verb> {
    let node = node(world, backup, mistakes);
    pack(world, backup, mistakes);
    let (place, label) = backup.label.placed()?;
    if let Some(first) = world.backups.get(label) {
        let mistake = Mistake::meaning(place, format!("two backups are labelled `{label}`"));
        mistakes.push(
            mistake.also(Some(first.place.clone()), "the first one").help("give each a label of its own"),
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
    mistakes: &mut Vec<Mistake>,
) -> Option<crate::drill::NodeName> {
    if !backup.node.is_given() {
        world.needs_service("a backup is taken from the server that takes writes", mistakes);
        return world.serving.clone();
    }
    let (place, name) = backup.node.placed()?;
    world.known(name, place.clone(), mistakes);
    if let Some((trouble, since)) = world.trouble(name) {
        let mistake = Mistake::meaning(place, format!("a backup of `{name}`, which {trouble}"))
            .also(Some(since), "since here");
        mistakes.push(mistake.help("take it before, or from another node"));
    }
    Some(name.clone())
}

fn pack(world: &World<'_>, backup: &declared::Backup, mistakes: &mut Vec<Mistake>) {
    let version = world.file.postgres.get().and_then(|postgres| postgres.version.placed());
    let (Some((place, compress)), Some(method), Some((of, version))) =
        (backup.compress.placed(), backup.method.get(), version)
    else {
        return;
    };
    if let Some((message, help)) = versions::compression(*method, *compress, *version) {
        mistakes.push(
            Mistake::meaning(place, message).also(Some(of), "the version that the drill needs").help(help),
        );
    }
}
