//! The settings of a server that replays an archive up to a target.

use crate::{
    action::{archive, context::DrillContext, topology},
    drill::RecoveryTarget,
    journal,
    lab::{LabError, node::Node},
    pg::{ResolvedTarget, setting::Settings},
};

/// The target in the values that a server is given; `None` for the end of the archive.
///
/// # Errors
/// Returns an error if it refers to something that has not happened.
pub(super) fn resolved(
    context: &DrillContext,
    target: &RecoveryTarget,
) -> Result<Option<ResolvedTarget>, LabError> {
    let made = target.point().and_then(|point| context.restore_points.get(point));
    let resolved = journal::resolve_target(target, made, context.mistake());
    resolved.map_err(|why| LabError::state(format!("aim at {}", target.describe()), why))
}

/// What a recovered server needs to reach its target and to leave recovery there. It archives nothing and
/// follows nobody.
pub(super) fn of(context: &DrillContext, node: &Node, resolved_target: Option<&ResolvedTarget>) -> Settings {
    let mut settings = topology::recovered_settings(context);
    let mut set = |name: &str, value: String| settings.insert(name.to_owned(), value);
    // A backup without an archive brings the WAL that makes it consistent.
    set("restore_command", archive::restore_command(context, node).unwrap_or_else(|| "false".to_owned()));
    set("recovery_target_action", "promote".to_owned());
    // One request to make all files durable before replay, where the server would open and sync each.
    set("recovery_init_sync_method", "syncfs".to_owned());
    // The timeline of the backup: another restore into the same archive must not lead this one astray.
    set("recovery_target_timeline", "current".to_owned());
    settings.extend(resolved_target.map(ResolvedTarget::settings).unwrap_or_default());
    settings
}
