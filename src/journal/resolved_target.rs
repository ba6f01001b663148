//! What a declared recovery target comes to, by what has happened before it.

use super::{FaultFacts, RestorePointFacts};
use crate::{
    drill::{RecoveryTarget, TargetLsn, TargetTime},
    pg::ResolvedTarget,
};

/// The target that a server has to be given, by the restore point that is referred to and by the latest
/// mistake; `None` for the end of the archive. The runner writes its settings from it, and the judge holds
/// the server's words against it.
///
/// # Errors
/// Returns an error if what it refers to did not happen: a text that says what.
pub fn resolve_target(
    target: &RecoveryTarget,
    point: Option<&RestorePointFacts>,
    mistake: Option<&FaultFacts>,
) -> Result<Option<ResolvedTarget>, String> {
    let made = |what: &str| point.ok_or_else(|| format!("restore point {what} was not made"));
    Ok(Some(match target {
        RecoveryTarget::Latest => return Ok(None),
        RecoveryTarget::Immediate => ResolvedTarget::Consistency,
        RecoveryTarget::BeforeFault => {
            let xid =
                mistake.and_then(|facts| facts.xid).ok_or("no human error was injected before this step")?;
            ResolvedTarget::transaction(xid, false)
        }
        RecoveryTarget::Time { at: TargetTime::Point(point) } => {
            ResolvedTarget::Time { at: made(point.as_str())?.time }
        }
        RecoveryTarget::Xid { point, inclusive } => {
            ResolvedTarget::transaction(made(point.as_str())?.xid, *inclusive)
        }
        RecoveryTarget::Lsn { at: TargetLsn::Absolute(at) } => {
            ResolvedTarget::Position { at: *at, inclusive: true }
        }
        RecoveryTarget::Lsn { at: TargetLsn::Point(point) } => {
            ResolvedTarget::Position { at: made(point.as_str())?.lsn, inclusive: true }
        }
        RecoveryTarget::Name { point } => {
            ResolvedTarget::RestorePoint { name: made(point.as_str())?.name.to_string() }
        }
    }))
}
