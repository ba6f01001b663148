//! The settings of a server that replays an archive up to a target.

use crate::{
    action::{archive, stage::Stage, topology},
    drill::RecoveryTarget,
    journal,
    lab::LabError,
    pg::setting::Settings,
};

/// What a recovered server needs to reach `target` and to leave recovery there. It archives nothing and follows nobody.
///
/// # Errors
/// Where the target refers to something that has not happened.
pub(super) fn of(stage: &Stage, target: &RecoveryTarget) -> Result<Settings, LabError> {
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
    let mark = target.point().and_then(|point| stage.marks.get(point));
    let aim = journal::aim(target, mark, stage.mistake.as_ref());
    if let Some(aim) = aim.map_err(|why| LabError::state(format!("aim at {}", target.describe()), why))? {
        settings.extend(aim.settings());
    }
    Ok(settings)
}

/// The transaction of the latest mistake.
///
/// # Errors
/// Where there was none.
pub(super) fn mistake(stage: &Stage) -> Result<u64, LabError> {
    let xid = stage.mistake.as_ref().and_then(|facts| facts.xid);
    xid.ok_or_else(|| LabError::state("aim at the mistake", "no mistake was made before this step"))
}
