//! The part of a recovery that its server tells of: start, replay and promotion, by the instants of its log.
//!
//! Elsewhere a server's time is evidence and never an operand. Here it is one: the runner can ask a server
//! how far it is only every few milliseconds and not before it takes connections, and what it sees then is no
//! phase. Server and runner are on one machine, and their clocks are tied when the recovery begins and again
//! when it ends.

use std::time::Duration;

use crate::{
    human,
    journal::{ClockTie, Moment, Phase, PhaseSpan, Recovered},
    pg::server_log::LogFactKind as Kind,
};

/// Logs tell milliseconds, cut off: an instant lies half of one after the time that is read, and as much on
/// either side.
const HALF_OF_A_TICK: Duration = Duration::from_micros(500);

/// The phases of the server, and what does not fit.
pub(in crate::judge) struct ServerStage {
    pub(in crate::judge) spans: Vec<PhaseSpan>,
    pub(in crate::judge) misfits: Vec<String>,
}

/// Where a log's instants are on the runner's clock.
struct Log<'a> {
    recovered: &'a Recovered,
    clock: ClockTie,
}

impl Log<'_> {
    fn first(&self, is_wanted: impl Fn(&Kind) -> bool) -> Option<Moment> {
        let fact = self.recovered.log.iter().find(|fact| is_wanted(&fact.what))?;
        Some(self.clock.moment(fact.at).after(HALF_OF_A_TICK))
    }
}

/// The phases of what the runner has `seen` as start, replay and promotion; `None` where the log does not
/// tell.
pub(in crate::judge) fn by_log(
    recovered: &Recovered,
    seen: &[PhaseSpan],
    first_write: Option<Moment>,
) -> Option<ServerStage> {
    let clock = recovered.clock?;
    let log = Log { recovered, clock };
    let (from, until) = (seen.first()?.from, seen.last()?.to);
    let has_start = seen.first()?.phase == Phase::Start;
    let redo = log.first(|fact| matches!(fact, Kind::RedoStarts));
    let ready = log.first(|fact| matches!(fact, Kind::Ready));
    let mut stage = Stage {
        at: from,
        tolerance: HALF_OF_A_TICK.saturating_add(Duration::from_micros(clock.within_us)),
        made: ServerStage { spans: Vec::new(), misfits: Vec::new() },
    };
    if has_start {
        // The runner may have been let in before the log says so.
        stage.enter(Phase::Start, redo.or_else(|| ready.map(|ready| ready.min(until)))?);
    }
    if redo.is_some() || !has_start {
        let done = log.first(|fact| matches!(fact, Kind::RedoDone));
        // A server that is to stay in recovery says only where it stopped.
        let stopped = || log.first(|fact| matches!(fact, Kind::Stopping { .. }));
        stage.enter(Phase::Replay, done.or_else(stopped)?);
        if done.is_some() {
            // A server takes writes a little before its log says that it is ready, but never before it has
            // left recovery.
            let left = log.first(|fact| matches!(fact, Kind::ArchiveRecoveryComplete)).or(done)?;
            if let Some(first_write) = first_write {
                stage.expect(first_write, left, "the first write was acknowledged", "the end of recovery");
            }
            let ends = [ready, Some(until), first_write];
            stage.enter(Phase::Promote, ends.into_iter().flatten().min()?.max(stage.at));
        }
    }
    Some(stage.made)
}

struct Stage {
    at: Moment,
    tolerance: Duration,
    made: ServerStage,
}

impl Stage {
    /// The phase until `to`, which must not lie before its beginning.
    fn enter(&mut self, phase: Phase, to: Moment) {
        self.expect(to, self.at, &format!("{} ended by the server's log", phase.name()), "it began");
        let from = self.at;
        self.at = to.max(from);
        self.made.spans.push(PhaseSpan { phase, from, to: self.at });
    }

    fn expect(&mut self, moment: Moment, after: Moment, what: &str, before: &str) {
        let early = after.since(moment);
        if early > self.tolerance {
            self.made.misfits.push(format!("{what} {} before {before}", human::duration(early)));
        }
    }
}
