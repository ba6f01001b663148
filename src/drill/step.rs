//! What happens in a drill, one verb a step.

use serde::{Deserialize, Serialize};

use crate::human;

use super::{Armed, Backup, Check, Exec, Fault, Period, Recovery, RestorePointName, Statements};

/// A step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// One line for people; made from the verb where the file gives none.
    pub title: String,
    /// How long it may take before it counts as stuck.
    pub deadline: Period,
    /// What it does.
    pub verb: Verb,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Take a backup.
    Backup(Backup),
    /// Let the clients commit for so long.
    Work(Period),
    /// Commit a marker and name this place in WAL.
    RestorePoint(RestorePointName),
    /// Break something.
    Fault(Fault),
    /// Break something while the recovery of the next step runs.
    Arm(Armed),
    /// Lift a fault.
    Heal(Fault),
    /// Bring service back.
    Recover(Recovery),
    /// Ask the recovered cluster.
    Check(Vec<Check>),
    /// Run statements of the user's.
    Sql(Statements),
    /// Run a command of the user's in a node.
    Exec(Exec),
}

impl Verb {
    /// The backup that it takes.
    #[must_use]
    pub const fn backup(&self) -> Option<&Backup> {
        if let Self::Backup(backup) = self { Some(backup) } else { None }
    }

    /// The fault that it injects.
    #[must_use]
    pub const fn fault(&self) -> Option<&Fault> {
        if let Self::Fault(fault) | Self::Arm(Armed { fault, .. }) = self { Some(fault) } else { None }
    }

    /// The recovery that it does.
    #[must_use]
    pub const fn recovery(&self) -> Option<&Recovery> {
        if let Self::Recover(recovery) = self { Some(recovery) } else { None }
    }

    /// The checks that it makes; `None` where it makes none.
    #[must_use]
    pub fn checks(&self) -> Option<&[Check]> {
        if let Self::Check(checks) = self { Some(checks) } else { None }
    }

    /// What it does, for people.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Backup(backup) => format!("take backup {}", backup.label),
            Self::Work(period) => format!("work for {}", human::duration(period.duration())),
            Self::RestorePoint(point) => format!("make restore point {point}"),
            Self::Fault(fault) => fault.describe(),
            Self::Arm(armed) => armed.describe(),
            Self::Heal(fault) => fault.describe_heal().unwrap_or_else(|| format!("heal {}", fault.hit())),
            Self::Recover(recovery) => recovery.describe(),
            Self::Check(checks) => {
                let names: Vec<_> = checks.iter().map(Check::describe).collect();
                format!("check {}", names.join(", "))
            }
            Self::Sql(statements) => statements.describe(),
            Self::Exec(exec) => exec.describe(),
        }
    }

    /// How long it may take where the file says nothing.
    #[must_use]
    pub const fn default_deadline(&self) -> Period {
        match self {
            Self::Work(period) => Period::from_secs(period.0.as_secs() + 60),
            Self::RestorePoint(_) | Self::Fault(_) | Self::Arm(_) | Self::Heal(_) => Period::from_secs(60),
            Self::Backup(_) | Self::Check(_) | Self::Sql(_) | Self::Exec(_) => Period::from_secs(30 * 60),
            Self::Recover(_) => Period::from_secs(2 * 3600),
        }
    }
}
