//! What a recovery may lose at worst, by configuration.
//!
//! The same rules hold before a run, with what the drill declares, and after it, with what the servers said.

use std::time::Duration;

use super::{AtWorst, Drill, Label, NodeName, Period, Recovery, RecoveryTarget, Role};
use crate::{human, pg::setting};

/// For the checkpointer, whose clock counts whole seconds, to notice that a segment is due, and for the
/// archiver to copy it.
const ARCHIVING: Duration = Duration::from_secs(2);

/// How much acknowledged work, in time, a recovery may lose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// At most this.
    Known(Duration),
    /// More than this; how much more was not measured.
    Above(Duration),
    /// Configuration sets none.
    Missing,
    /// What it follows from is not known.
    Unknown,
}

impl Bound {
    /// The bound, where it is known.
    #[must_use]
    pub const fn known(self) -> Option<Duration> {
        match self {
            Self::Known(bound) => Some(bound),
            Self::Above(_) | Self::Missing | Self::Unknown => None,
        }
    }
}

/// What a bound says of a recovery point objective.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guarantee {
    /// Configuration guarantees it.
    Kept,
    /// It does not, and that is accepted in writing.
    Accepted,
    /// Nothing says so, and nothing says otherwise.
    Open,
    /// More may be lost than the objective allows, and than was accepted.
    Broken,
}

impl Guarantee {
    /// Whether the objective is at risk: no bound guarantees it.
    #[must_use]
    pub const fn is_at_risk(self) -> bool {
        !matches!(self, Self::Kept)
    }
}

impl Bound {
    /// What it says of an objective, where a worst case above it may be accepted.
    #[must_use]
    pub fn guarantees(self, objective: Period, accepted: Option<AtWorst>) -> Guarantee {
        if self.known().is_some_and(|bound| bound <= objective.duration()) {
            return Guarantee::Kept;
        }
        let limit = match accepted {
            Some(AtWorst::Unbounded) => return Guarantee::Accepted,
            Some(AtWorst::Within(limit)) => limit,
            None => objective,
        };
        match self {
            Self::Known(bound) if bound <= limit.duration() => Guarantee::Accepted,
            Self::Known(_) => Guarantee::Broken,
            Self::Above(least) if least >= limit.duration() => Guarantee::Broken,
            Self::Above(_) | Self::Missing | Self::Unknown => Guarantee::Open,
        }
    }
}

/// A bound with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorstCase {
    /// The bound.
    pub bound: Bound,
    /// Where it comes from, or why there is none, in one line.
    pub because: String,
}

impl WorstCase {
    fn known(bound: Duration, because: impl Into<String>) -> Self {
        Self { bound: Bound::Known(bound), because: because.into() }
    }

    fn missing(because: impl Into<String>) -> Self {
        Self { bound: Bound::Missing, because: because.into() }
    }

    fn unknown(because: impl Into<String>) -> Self {
        Self { bound: Bound::Unknown, because: because.into() }
    }
}

/// What the bounds follow from.
pub trait Configuration {
    /// The value of a setting of the server in service; `None` where it is not known.
    fn setting(&self, name: &str) -> Option<String>;

    /// How long a backup took; `None` where it was not taken yet.
    fn backup_took(&self, label: &Label) -> Option<Duration>;

    /// Interruptions of the server in service before the fault that the recovery in `step` follows, the
    /// latest first.
    fn interruptions(&self, step: usize) -> Vec<Interruption>;
}

/// A time in which the server in service stood still and closed no segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interruption {
    /// How long it stood still.
    pub lasted: Duration,
    /// How long before the loss it went on.
    pub before: Duration,
    /// Whether it was started anew: the timer of `archive_timeout` is the process's own, and begins again
    /// with it.
    pub is_restart: bool,
}

/// What a drill declares, before it runs; what it leaves out has the server's default.
struct Declared<'a>(&'a Drill);

impl Configuration for Declared<'_> {
    fn setting(&self, name: &str) -> Option<String> {
        let own = self.0.primary().and_then(|primary| primary.settings.get(name));
        let value = own.map(String::as_str).or_else(|| self.0.setting(name));
        value.or_else(|| default_of(name)).map(str::to_owned)
    }

    fn backup_took(&self, _: &Label) -> Option<Duration> {
        None
    }

    fn interruptions(&self, _: usize) -> Vec<Interruption> {
        Vec::new()
    }
}

/// The defaults of the settings that bear on what can be lost.
fn default_of(name: &str) -> Option<&'static str> {
    match name {
        "fsync" | "full_page_writes" | "synchronous_commit" => Some("on"),
        "archive_timeout" => Some("0"),
        _ => None,
    }
}

impl Drill {
    /// What the recovery of a step may lose at worst.
    #[must_use]
    pub fn worst_case(&self, step: usize, recovery: &Recovery, known: &dyn Configuration) -> WorstCase {
        match recovery {
            Recovery::Source { .. } => match self.backup_interval {
                Some(every) => WorstCase::known(
                    every.duration(),
                    format!(
                        "backup interval {}; how long a backup takes comes on top",
                        human::duration(every.duration())
                    ),
                ),
                None => WorstCase::unknown("no backup schedule is declared"),
            },
            Recovery::Restart { .. } => restart(known),
            Recovery::Promote { node } => self.promote(node, known),
            Recovery::Table { .. } => WorstCase::known(
                Duration::ZERO,
                "the delayed standby holds every commit from before the human error",
            ),
            Recovery::Restore { from, target, serve, onto: _ } => match self.backup(from) {
                None => WorstCase::unknown("the drill does not take this backup"),
                Some(backup) if backup.method.is_physical() => {
                    self.roll_forward(step, from, target, *serve, known)
                }
                Some(_) => self.by_schedule(from, known),
            },
        }
    }

    /// The same by what the drill declares, for each of its recoveries with its step: no longer than what a
    /// run will find.
    #[must_use]
    pub fn declared_worst_cases(&self) -> Vec<(usize, WorstCase)> {
        // Whose schedule nobody has told is not known to be at risk, either.
        let is_told = |recovery: &Recovery| {
            self.backup_interval.is_some() || !matches!(recovery, Recovery::Source { .. })
        };
        let recoveries = self.recoveries().filter(|(_, recovery)| is_told(recovery));
        recoveries.map(|(step, recovery)| (step, self.worst_case(step, recovery, &Declared(self)))).collect()
    }

    fn promote(&self, node: &NodeName, known: &dyn Configuration) -> WorstCase {
        let is_synchronous =
            self.node(node).is_some_and(|node| matches!(node.role, Role::Standby { synchronous: true, .. }));
        match known.setting("synchronous_commit").as_deref() {
            _ if !is_synchronous => WorstCase::missing("asynchronous replication sets no bound"),
            Some(value @ ("on" | "remote_write" | "remote_apply")) => WorstCase::known(
                Duration::ZERO,
                format!("the standby is synchronous and synchronous_commit is {value}"),
            ),
            Some(value) => WorstCase::missing(format!(
                "synchronous_commit is {value}, so commits do not wait for the standby"
            )),
            None => WorstCase::unknown("synchronous_commit is unknown"),
        }
    }

    fn roll_forward(
        &self,
        step: usize,
        from: &Label,
        target: &RecoveryTarget,
        serve: bool,
        known: &dyn Configuration,
    ) -> WorstCase {
        match target {
            RecoveryTarget::Latest if self.archive().is_some() => archived(step, known),
            // The backup brings the WAL that makes it consistent, and nothing comes after it.
            RecoveryTarget::Latest => self.by_schedule(from, known),
            RecoveryTarget::Immediate if serve => self.by_schedule(from, known),
            RecoveryTarget::BeforeFault => {
                WorstCase::known(Duration::ZERO, "WAL is archived up to the target")
            }
            RecoveryTarget::Immediate
            | RecoveryTarget::Time { .. }
            | RecoveryTarget::Xid { .. }
            | RecoveryTarget::Lsn { .. }
            | RecoveryTarget::Name { .. } => {
                if serve {
                    WorstCase::missing("no setting bounds the time from the recovery target to the fault")
                } else {
                    WorstCase::known(Duration::ZERO, "every commit before the recovery target is kept")
                }
            }
        }
    }

    /// The interval between two backups, and the time that one takes: what it holds is as old as its
    /// beginning.
    fn by_schedule(&self, from: &Label, known: &dyn Configuration) -> WorstCase {
        match (self.backup_interval, known.backup_took(from)) {
            (None, _) => WorstCase::missing("no backup schedule is declared"),
            (Some(every), None) => WorstCase {
                bound: Bound::Above(every.duration()),
                because: format!(
                    "backup interval {} + the duration of a backup",
                    human::duration(every.duration())
                ),
            },
            (Some(every), Some(took)) => WorstCase::known(
                every.duration().saturating_add(took),
                format!(
                    "backup interval {} + backup duration {}",
                    human::duration(every.duration()),
                    human::duration(took)
                ),
            ),
        }
    }
}

fn restart(known: &dyn Configuration) -> WorstCase {
    for name in ["fsync", "full_page_writes"] {
        match known.setting(name).as_deref() {
            Some("on") => {}
            Some(value) => return WorstCase::missing(format!("{name} is {value}")),
            None => return WorstCase::unknown(format!("{name} is unknown")),
        }
    }
    match known.setting("synchronous_commit").as_deref() {
        Some("off") => WorstCase::missing("synchronous_commit is off"),
        Some(_) => WorstCase::known(Duration::ZERO, "fsync and synchronous_commit are on"),
        None => WorstCase::unknown("synchronous_commit is unknown"),
    }
}

/// A segment is closed when it is as old as `archive_timeout`, and copied at once.
///
/// Where the server was interrupted while the segment was open, the segment is older by that time; where it
/// was started anew, the timer began again (`last_xlog_switch_time` in `checkpointer.c` is set when the
/// process starts), so that the bound is the age of the open segment and the time-out once more.
fn archived(step: usize, known: &dyn Configuration) -> WorstCase {
    let value = known.setting("archive_timeout");
    let timeout = match value.map(|value| setting::duration(&value, Duration::from_secs(1))) {
        Some(Some(Duration::ZERO)) => {
            return WorstCase::missing("archive_timeout is 0: a segment is archived only when it is full");
        }
        Some(Some(timeout)) => timeout,
        Some(None) | None => return WorstCase::unknown("archive_timeout is unknown"),
    };
    let once = timeout.saturating_add(ARCHIVING);
    let (mut bound, mut restarts, mut stood) = (once, 0_u64, Duration::ZERO);
    for interruption in known.interruptions(step) {
        if interruption.before > bound {
            break;
        }
        bound = bound.saturating_add(interruption.lasted);
        stood = stood.saturating_add(interruption.lasted);
        if interruption.is_restart {
            bound = bound.saturating_add(once);
            restarts += 1;
        }
    }
    let mut because = format!(
        "archive_timeout {} + {} allowance for archiver latency",
        human::duration(timeout),
        human::duration(ARCHIVING)
    );
    if restarts > 0 {
        because += &format!(" + the same for {}", human::counted(restarts, "restart", "restarts"));
    }
    if !stood.is_zero() {
        because += &format!(" + interruption {}", human::duration(stood));
    }
    WorstCase::known(bound, because)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Known(&'static str, Vec<Interruption>);

    impl Configuration for Known {
        fn setting(&self, _: &str) -> Option<String> {
            Some(self.0.to_owned())
        }

        fn backup_took(&self, _: &Label) -> Option<Duration> {
            None
        }

        fn interruptions(&self, _: usize) -> Vec<Interruption> {
            self.1.clone()
        }
    }

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn bound(interruptions: &[(u64, u64, bool)]) -> Bound {
        let interruptions = interruptions.iter().map(|(lasted, before, is_restart)| Interruption {
            lasted: secs(*lasted),
            before: secs(*before),
            is_restart: *is_restart,
        });
        archived(1, &Known("6s", interruptions.collect())).bound
    }

    #[test]
    fn the_timer_of_archive_timeout_begins_again_with_the_server() {
        assert_eq!(bound(&[]), Bound::Known(secs(8)));
        assert_eq!(bound(&[(1, 5, true)]), Bound::Known(secs(17)));
        assert_eq!(bound(&[(1, 5, true), (2, 12, true)]), Bound::Known(secs(27)));
    }

    #[test]
    fn a_segment_that_was_open_while_the_server_stood_still_is_older_by_that_time() {
        assert_eq!(bound(&[(60, 5, false)]), Bound::Known(secs(68)));
        assert_eq!(bound(&[(60, 9, false)]), Bound::Known(secs(8)), "it was closed since");
        assert_eq!(bound(&[(1, 9, true)]), Bound::Known(secs(8)), "it was closed since");
    }

    #[test]
    fn a_bound_is_kept_accepted_open_or_broken_by_an_objective() {
        let objective = Period::from_secs(60);
        let within = Some(AtWorst::Within(Period::from_secs(90)));
        for (bound, bare, accepted, unbounded) in [
            (Bound::Known(secs(60)), Guarantee::Kept, Guarantee::Kept, Guarantee::Kept),
            (Bound::Known(secs(90)), Guarantee::Broken, Guarantee::Accepted, Guarantee::Accepted),
            (Bound::Known(secs(91)), Guarantee::Broken, Guarantee::Broken, Guarantee::Accepted),
            (Bound::Above(secs(60)), Guarantee::Broken, Guarantee::Open, Guarantee::Accepted),
            (Bound::Above(secs(90)), Guarantee::Broken, Guarantee::Broken, Guarantee::Accepted),
            (Bound::Missing, Guarantee::Open, Guarantee::Open, Guarantee::Accepted),
            (Bound::Unknown, Guarantee::Open, Guarantee::Open, Guarantee::Accepted),
        ] {
            let found = [None, within, Some(AtWorst::Unbounded)]
                .map(|accepted| bound.guarantees(objective, accepted));
            assert_eq!(found, [bare, accepted, unbounded], "{bound:?}");
        }
    }
}
