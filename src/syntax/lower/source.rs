//! A restore test: an existing backup in the place of a cluster.

use super::{check, own_step, world::World};
use crate::{
    drill::{Check, CheckWord, Decrypt, KeyDerivation, NodeName, Period, Recovery, Source, Step, Verb},
    syntax::{
        declared::{self, KeyDerivationWord},
        diagnostic::{Diagnostic, Span},
    },
};

/// What the throw-away server is called where the file doesn't say.
const ONTO: &str = "restored";

/// What is asked of a restored backup where the file asks nothing.
const DEFAULT_CHECKS: [CheckWord; 1] = [CheckWord::Amcheck];

/// What `[source]` says.
pub(super) fn source(file: &declared::Drill, diagnostics: &mut Vec<Diagnostic>) -> Option<Source> {
    let declared = file.source.get()?;
    belongs_to_a_cluster(file, diagnostics);
    Some(Source {
        backup: declared.backup.get()?.clone(),
        kind: declared.kind.optional()?,
        pick: declared.pick.or_else(|| Some(Default::default()))?,
        globals: declared.globals.optional()?,
        decrypt: match declared.decrypt.get() {
            Some(keys) => decrypt(keys)?,
            None if declared.decrypt.is_given() => return None,
            None => Decrypt::default(),
        },
        max_age: declared.max_age.optional()?.map(|age| age.0),
        min_size: declared.min_size.optional()?.map(|size| size.0),
    })
}

fn decrypt(declared: &declared::Decrypt) -> Option<Decrypt> {
    let iterations = declared.iterations.optional()?.and_then(|iterations| u32::try_from(iterations.0).ok());
    let openssl = match declared.key_derivation.or(KeyDerivationWord::Pbkdf2)? {
        KeyDerivationWord::Pbkdf2 => iterations.map_or_else(KeyDerivation::default, KeyDerivation::Pbkdf2),
        KeyDerivationWord::Sha256 => KeyDerivation::Sha256,
        KeyDerivationWord::Md5 => KeyDerivation::Md5,
    };
    Some(Decrypt {
        gpg_key: declared.gpg_key.optional()?,
        passphrase: declared.passphrase.optional()?,
        age_identity: declared.age_identity.optional()?,
        openssl,
    })
}

/// Says where a section speaks of a cluster that a restore test does not make.
fn belongs_to_a_cluster(file: &declared::Drill, diagnostics: &mut Vec<Diagnostic>) {
    if let Some(postgres) = file.postgres.get() {
        for (name, key) in
            [("extensions", postgres.extensions.key()), ("tablespaces", postgres.tablespaces.key())]
        {
            if let Some(key) = key {
                let message = format!("`{name}` in a restore test: the backup brings its own");
                diagnostics.push(Diagnostic::meaning(key, message).help(format!("take `{name}` away")));
            }
        }
    }
    for (name, key) in [
        ("archive", file.archive.key()),
        ("dataset", file.dataset.key()),
        ("workload", file.workload.key()),
        ("service", file.service.key()),
    ] {
        if let Some(key) = key {
            let message = format!("`[{name}]` in a restore test, which makes no cluster");
            diagnostics.push(
                Diagnostic::meaning(key, message)
                    .also(file.source.key(), "the backup")
                    .help(format!("take `[{name}]` away; or `[source]`, and declare `[[nodes]]`")),
            );
        }
    }
}

/// The steps: the restore, which goes without saying, and what is asked of its result.
pub(super) fn steps(file: &declared::Drill, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Step>> {
    let declared = file.source.get()?;
    let onto = declared.onto.or_else(|| ONTO.parse::<NodeName>().ok())?;
    let restore = Verb::Recover(Recovery::Source { onto });
    let deadline = declared.deadline.optional()?;
    let mut steps = vec![Some(step(restore, None, deadline))];
    // What it knows of a cluster is nothing, so that it says nothing of one.
    let mut world = World::new(file);
    world.unsure = true;
    world.recoveries = 1;
    for (index, declared) in file.all_steps().iter().enumerate() {
        world.step = index;
        steps.push(own(&mut world, declared, diagnostics));
    }
    if !file.steps.is_given() {
        let checks: Vec<Check> = DEFAULT_CHECKS.iter().map(|word| word.check()).collect();
        steps.push(Some(step(Verb::Check(checks), None, None)));
    }
    steps.into_iter().collect()
}

fn step(verb: Verb, title: Option<String>, deadline: Option<Period>) -> Step {
    Step {
        title: title.unwrap_or_else(|| verb.describe()),
        deadline: deadline.unwrap_or_else(|| verb.default_deadline()),
        verb,
    }
}

/// A step that a restore test may have.
fn own(world: &mut World<'_>, declared: &declared::Step, diagnostics: &mut Vec<Diagnostic>) -> Option<Step> {
    for (name, key) in [
        ("backup", declared.backup.key()),
        ("work", declared.work.key()),
        ("restore-point", declared.restore_point.key()),
        ("fault", declared.fault.key()),
        ("heal", declared.heal.key()),
        ("recover", declared.recover.key()),
        ("rehearse", declared.rehearse.key()),
    ] {
        if let Some(key) = key {
            let message = format!("`{name}` in a restore test, which begins with the restore of its backup");
            let help = "keep to `check`, `sql` and `exec`; or declare `[[nodes]]` in place of `[source]`";
            diagnostics.push(Diagnostic::meaning(key, message).help(help));
        }
    }
    let mut verb = None;
    if let Some((place, checks)) = declared.check.placed() {
        world.verb = place;
        verb = no_clients(&checks.0, diagnostics)
            .then(|| check::checks(world, &checks.0, diagnostics))
            .flatten();
    }
    if let Some(sql) = declared.sql.get() {
        verb = own_step::statements(world, sql, diagnostics);
    }
    if let Some(exec) = declared.exec.get() {
        verb = own_step::exec(world, exec, diagnostics);
    }
    let (title, deadline) = (declared.title.optional()?, declared.deadline.optional()?);
    Some(step(verb?, title.map(|title| title.0), deadline.map(|deadline| deadline.0)))
}

/// Whether none of the checks asks for what only a cluster of the drill's own has; says which does.
fn no_clients(checks: &[declared::Check], diagnostics: &mut Vec<Diagnostic>) -> bool {
    let mut is_right = true;
    for item in checks {
        let declared::Check::Word(word, place) = item else { continue };
        let Some((why, help)) = refused(*word) else { continue };
        let name = word.check().info().name;
        let place: Span = place.clone();
        diagnostics.push(Diagnostic::meaning(place, format!("`{name}` in a restore test: {why}")).help(help));
        is_right = false;
    }
    is_right
}

/// Why a check can't be made on a restored backup, and what to ask instead.
const fn refused(word: CheckWord) -> Option<(&'static str, &'static str)> {
    match word {
        CheckWord::Ledger => Some((
            "no client of Lifeboat has committed anything in it",
            "ask for rows or a query of your own: `{ rows = { table = \"shop.receipt\", at-least = 1 } }`",
        )),
        CheckWord::Content => Some((
            "there is nothing to compare it with",
            "ask for rows, or for the answer to a query of your own",
        )),
        CheckWord::Reprotect => Some((
            "the restored copy is thrown away, and archives nothing",
            "take it away, or declare `[[nodes]]` and an `[archive]` in place of `[source]`",
        )),
        CheckWord::Amcheck => None,
    }
}
