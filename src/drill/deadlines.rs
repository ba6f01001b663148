//! How long each part of an exercise may take: the one place where that is decided.
//!
//! A step has the deadline that the drill gives it, and whatever waits within a step may wait for what is
//! left of it. What no step covers is derived here from the longest time that the drill allows for moving all
//! of its data, so that an author who writes `deadline = "12h"` for a restore of a terabyte need not find a
//! second place.

use std::time::Duration;

use super::{Drill, Role, Verb};

/// Deadlines of the parts of an exercise that are no steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// Until the cluster stands: the dataset loaded, copied to every standby, clients committing.
    pub set_up: Duration,
    /// Until the clients have ended the transactions that they are in.
    pub clients: Duration,
    /// Until all evidence is kept.
    pub evidence: Duration,
    /// Until a volume, or a directory of data, is removed.
    pub volume: Duration,
    /// Until everything that the exercise made is removed.
    pub clean_up: Duration,
}

/// What an exercise has at least: a load that works on a machine which is shared.
const SET_UP_AT_LEAST: Duration = Duration::from_hours(2);

/// A gibibyte of a server's log at ten megabytes a second.
const EVIDENCE_OF_A_SERVER: Duration = Duration::from_secs(100);

/// What never depends on the amount of data: an engine or a disk that answers late.
const LATE: Duration = Duration::from_mins(1);

impl Deadlines {
    /// The deadlines of a drill's exercises.
    #[must_use]
    pub fn of(drill: &Drill) -> Self {
        let moves_data = |verb: &Verb| match verb {
            Verb::Backup(_) | Verb::Recover(_) => true,
            Verb::Work(_)
            | Verb::RestorePoint(_)
            | Verb::Fault(_)
            | Verb::Arm(_)
            | Verb::Heal(_)
            | Verb::Check(_)
            | Verb::Sql(_)
            | Verb::Exec(_) => false,
        };
        let moves = drill.steps.iter().filter(|step| moves_data(&step.verb));
        let longest = moves.map(|step| step.deadline.duration()).max().unwrap_or_default();
        let copies = drill.nodes().iter().filter(|node| matches!(node.role, Role::Standby { .. })).count();
        let (copies, servers) = (factor(copies), factor(drill.nodes().len()));
        // A removal is one pass over the names of files, not over their bytes.
        let volume = LATE + longest / 240;
        Self {
            set_up: longest.saturating_mul(copies.saturating_add(1)).max(SET_UP_AT_LEAST),
            clients: 2 * LATE,
            evidence: EVIDENCE_OF_A_SERVER.saturating_mul(servers).saturating_add(LATE),
            volume,
            clean_up: LATE + volume.saturating_mul(servers.saturating_add(1)),
        }
    }

    /// How long, in a step with this deadline, a sound system may take to do what it does by itself: archive
    /// a segment, send a standby what it lacks, let a client commit. That it did not is a finding of the
    /// step, so it has to be seen before the step's own deadline.
    #[must_use]
    pub fn patience(step: Duration) -> Duration {
        (step / 120).max(LATE).min(step)
    }
}

fn factor(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn no_wait_is_longer_than_the_step_that_it_is_part_of() {
        assert_eq!(Deadlines::patience(Duration::from_secs(5)), Duration::from_secs(5));
        assert_eq!(Deadlines::patience(HOUR), LATE);
        assert_eq!(Deadlines::patience(24 * HOUR), Duration::from_mins(12));
    }
}
