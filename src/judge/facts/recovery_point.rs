//! Which commits a recovery must have, and which it must not have.

use std::collections::BTreeMap;

use crate::judge::{
    commit_sides::CommitSides,
    record::{InjectedFault, Record},
    recovery::CompletedRecovery,
};
use crate::{
    drill::{Fault, Recovery, RecoveryTarget, RestorePointName, TargetLsn, TargetTime},
    journal::{Commit, CommitOutcome, Ledger, Moment, Session},
    pg::Lsn,
};

/// The line that a recovery draws through the commits of the old service. What overlaps it may be on either
/// side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::judge) struct RecoveryPoint {
    /// Commits that ended by then must be there.
    pub(in crate::judge) due_until: Moment,
    /// And only those that were begun before this.
    pub(in crate::judge) begun_before: Moment,
    /// Commits that were begun from here on lie beyond it.
    pub(in crate::judge) beyond: Option<Moment>,
    /// What of those that lie beyond.
    pub(in crate::judge) rule: Beyond,
    /// From where a loss is measured.
    pub(in crate::judge) reference: Moment,
    /// Of what lies beyond, what was acknowledged by then is lost, and what was acknowledged later is given
    /// up.
    pub(in crate::judge) lost_until: Moment,
}

/// What holds for commits beyond the cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::judge) enum Beyond {
    /// They must be absent, and there must be some, since else stopping proves nothing.
    Proves,
    /// They must be absent, and there may be none.
    Absent,
    /// They may be there: nothing that served was taken back.
    MayStay,
}

const END_OF_TIME: Moment = Moment(u64::MAX);

impl RecoveryPoint {
    /// Everything up to the end; `reference` is from where a loss is measured.
    pub(in crate::judge) const fn end(reference: Moment) -> Self {
        Self {
            due_until: END_OF_TIME,
            begun_before: END_OF_TIME,
            beyond: None,
            rule: Beyond::Absent,
            reference,
            lost_until: Moment(0),
        }
    }

    fn at(due_until: Moment, beyond: Moment) -> Self {
        Self { beyond: Some(beyond), due_until, rule: Beyond::Proves, ..Self::end(due_until) }
    }

    /// The same for clients who have to live with it: what they had been told between the target and the
    /// fault is lost, since nothing was wrong with it. Where people made the mistake, what came after it is
    /// given up to be rid of it.
    fn lived_with(self, attempt: &CompletedRecovery<'_>) -> Self {
        if !attempt.recovered.serves {
            return self;
        }
        let lost_until = attempt.mistake().map_or(END_OF_TIME, |mistake| mistake.at);
        Self { reference: attempt.from(), lost_until, ..self }
    }

    /// Whether it is a target: then all that is due is promised, whatever the objective.
    pub(in crate::judge) fn is_target(&self) -> bool {
        self.rule == Beyond::Proves
    }

    /// Whether a commit of the old service must be there.
    pub(in crate::judge) fn is_due(&self, commit: &Commit) -> bool {
        commit.ended <= self.due_until && commit.begun < self.begun_before
    }

    /// Whether a commit of the old service lies beyond the cut.
    pub(in crate::judge) fn is_beyond(&self, commit: &Commit) -> bool {
        self.beyond.is_some_and(|from| commit.begun >= from)
    }

    /// The cut of a recovery; `position` is what lies around the absolute LSN that it aimed at.
    fn of(
        record: &Record<'_>,
        attempt: &CompletedRecovery<'_>,
        position: Option<&Position>,
    ) -> Result<Self, String> {
        match attempt.recovery {
            Recovery::Restart { .. } | Recovery::Promote { .. } => Ok(Self::end(attempt.from())),
            Recovery::Table { table, .. } => {
                if *table == record.drill.workload().table {
                    Ok(Self { rule: Beyond::MayStay, ..before(attempt.mistake())? })
                } else {
                    // The clients' own table was never touched: nothing of it may go.
                    Ok(Self::end(attempt.from()))
                }
            }
            Recovery::Restore { target, .. } if attempt.is_physical() => {
                of_target(record, attempt, target, position)
            }
            Recovery::Restore { .. } => Ok(from_dump(attempt)),
            Recovery::Source { .. } => Err("no client of Lifeboat has committed in this backup".into()),
        }
    }
}

/// The cuts of all recoveries by their steps, or why one can't be told.
pub(in crate::judge) fn all(
    record: &Record<'_>,
    recoveries: &[CompletedRecovery<'_>],
    ledger: &dyn Ledger,
) -> BTreeMap<usize, Result<RecoveryPoint, String>> {
    let position = |attempt| Some((attempt, Position::of(record, attempt, ledger.sessions())?));
    let mut positions: Vec<_> = recoveries.iter().filter_map(position).collect();
    if !positions.is_empty() {
        for commit in ledger.commits() {
            for (attempt, position) in &mut positions {
                position.see(attempt, &commit);
            }
        }
    }
    let cut = |attempt: &CompletedRecovery<'_>| {
        let position = positions.iter().find(|(of, _)| of.step == attempt.step);
        (attempt.step, RecoveryPoint::of(record, attempt, position.map(|(_, position)| position)))
    };
    recoveries.iter().map(cut).collect()
}

fn of_target(
    record: &Record<'_>,
    attempt: &CompletedRecovery<'_>,
    target: &RecoveryTarget,
    position: Option<&Position>,
) -> Result<RecoveryPoint, String> {
    let at = |moment| RecoveryPoint::at(moment, moment);
    let cut = match target {
        RecoveryTarget::Latest => return Ok(latest(attempt)),
        RecoveryTarget::BeforeFault => {
            return before(record.fault_before(attempt.step, Fault::is_human_error));
        }
        RecoveryTarget::Immediate => {
            let backup = attempt.backup.ok_or("the backup is not in the journal")?;
            RecoveryPoint::at(backup.begun, backup.ended)
        }
        RecoveryTarget::Xid { point, inclusive: false } => at(restore_point(record, point)?.before_marker),
        RecoveryTarget::Time { at: TargetTime::Point(point) }
        | RecoveryTarget::Xid { point, inclusive: true }
        | RecoveryTarget::Lsn { at: TargetLsn::Point(point) }
        | RecoveryTarget::Name { point } => at(restore_point(record, point)?.after_marker),
        RecoveryTarget::Lsn { at: TargetLsn::Absolute(at) } => {
            let due = position.and_then(|position| Some((position.due?, position.beyond)));
            let (due, beyond) = due.ok_or_else(|| format!("no commit was made before {at}"))?;
            RecoveryPoint::at(due, beyond)
        }
    };
    Ok(cut.lived_with(attempt))
}

/// A dump holds what was committed before it. After a mistake, what came later than that is given up like by
/// any way back.
fn from_dump(attempt: &CompletedRecovery<'_>) -> RecoveryPoint {
    match attempt.mistake() {
        Some(mistake) => RecoveryPoint {
            beyond: Some(mistake.done),
            due_until: mistake.at,
            ..RecoveryPoint::end(mistake.at)
        },
        None => latest(attempt),
    }
}

fn latest(attempt: &CompletedRecovery<'_>) -> RecoveryPoint {
    let end = RecoveryPoint::end(attempt.from());
    if attempt.recovered.serves {
        end
    } else {
        // The service goes on beside a rehearsal, and its archive with it: what is begun meanwhile may be
        // there, until the copy is on its own.
        RecoveryPoint { begun_before: attempt.began, beyond: Some(attempt.at), ..end }
    }
}

fn before(mistake: Option<InjectedFault<'_>>) -> Result<RecoveryPoint, String> {
    let mistake = mistake.ok_or("no human error was injected before it")?;
    Ok(RecoveryPoint::at(mistake.at, mistake.done))
}

fn restore_point<'a>(
    record: &Record<'a>,
    point: &RestorePointName,
) -> Result<&'a crate::journal::RestorePointFacts, String> {
    record.restore_point(point).ok_or_else(|| format!("restore point {point} is not in the journal"))
}

/// A position in WAL as moments.
///
/// What had ended when a transaction began that was still at or before the position, was before it; what
/// began when a transaction from at or behind the position had been acknowledged, is behind it.
struct Position {
    at: Lsn,
    sides: CommitSides,
    due: Option<Moment>,
    beyond: Moment,
}

impl Position {
    /// The one that a recovery aims at; `None` for every other aim.
    fn of(record: &Record<'_>, attempt: &CompletedRecovery<'_>, sessions: &[Session]) -> Option<Self> {
        let Recovery::Restore { target: RecoveryTarget::Lsn { at: TargetLsn::Absolute(at) }, .. } =
            attempt.recovery
        else {
            return None;
        };
        let sides = CommitSides::of(record, Some(attempt), sessions);
        attempt.is_physical().then_some(Self { at: *at, sides, due: None, beyond: END_OF_TIME })
    }

    fn see(&mut self, attempt: &CompletedRecovery<'_>, commit: &Commit) {
        let is_of_old_service = commit.lsn != Lsn(0)
            && commit.begun < attempt.began
            && !self.sides.is_on_recovered(commit)
            && !self.sides.is_elsewhere(commit);
        if is_of_old_service && commit.lsn <= self.at {
            self.due = self.due.max(Some(commit.begun));
        }
        if is_of_old_service && commit.lsn >= self.at && commit.outcome == CommitOutcome::Acknowledged {
            self.beyond = self.beyond.min(commit.ended);
        }
    }
}
