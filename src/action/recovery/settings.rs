//! The settings of a server that replays an archive up to a target.

use crate::{
    action::{archive, stage::Stage, topology},
    drill::RecoveryTarget,
    journal,
    lab::LabError,
    pg::{Aim, setting::Settings},
};

/// The target in the values that a server is given; `None` for the end of the archive.
///
/// # Errors
/// Where it refers to something that has not happened.
pub(super) fn aim(stage: &Stage, target: &RecoveryTarget) -> Result<Option<Aim>, LabError> {
    let mark = target.point().and_then(|point| stage.marks.get(point));
    let aim = journal::aim(target, mark, stage.mistake());
    aim.map_err(|why| LabError::state(format!("aim at {}", target.describe()), why))
}

/// What a recovered server needs to reach its target and to leave recovery there. It archives nothing and follows nobody.
pub(super) fn of(stage: &Stage, aim: Option<&Aim>) -> Settings {
    let mut settings = topology::recovered_settings(stage);
    let mut set = |name: &str, value: String| settings.insert(name.to_owned(), value);
    match &stage.drill.archive {
        Some(archive) => set("restore_command", archive::restore_command(stage, archive.method)),
        // A backup without an archive brings the WAL that makes it consistent.
        None => set("restore_command", "false".to_owned()),
    };
    set("recovery_target_action", "promote".to_owned());
    // One request to make all files durable before replay, where the server would open and sync each.
    set("recovery_init_sync_method", "syncfs".to_owned());
    // The timeline of the backup: another restore into the same archive must not lead this one astray.
    set("recovery_target_timeline", "current".to_owned());
    settings.extend(aim.map(Aim::settings).unwrap_or_default());
    settings
}
