//! What a declared recovery target comes to, by what has happened before it.

use super::{FaultFacts, Mark};
use crate::{
    drill::{RecoveryTarget, TargetLsn, TargetTime},
    pg::Aim,
};

/// The target that a server has to be given, by the restore point that is referred to and by the latest mistake; `None` for
/// the end of the archive. The runner writes its settings from it, and the judge holds the server's words against it.
///
/// # Errors
/// What it refers to and what did not happen.
pub fn aim(
    target: &RecoveryTarget,
    mark: Option<&Mark>,
    mistake: Option<&FaultFacts>,
) -> Result<Option<Aim>, String> {
    let mark = |what: &str| mark.ok_or_else(|| format!("restore point {what} was not made"));
    Ok(Some(match target {
        RecoveryTarget::Latest => return Ok(None),
        RecoveryTarget::Immediate => Aim::Consistency,
        RecoveryTarget::BeforeFault => {
            let xid = mistake.and_then(|facts| facts.xid).ok_or("no mistake was made before this step")?;
            Aim::transaction(xid, false)
        }
        RecoveryTarget::Time { at: TargetTime::Point(point) } => Aim::Time { at: mark(point.as_str())?.time },
        RecoveryTarget::Xid { point, inclusive } => Aim::transaction(mark(point.as_str())?.xid, *inclusive),
        RecoveryTarget::Lsn { at: TargetLsn::Absolute(at) } => Aim::Position { at: *at, inclusive: true },
        RecoveryTarget::Lsn { at: TargetLsn::Point(point) } => {
            Aim::Position { at: mark(point.as_str())?.lsn, inclusive: true }
        }
        RecoveryTarget::Name { point } => Aim::RestorePoint { name: mark(point.as_str())?.name.to_string() },
    }))
}
