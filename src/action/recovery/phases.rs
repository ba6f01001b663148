//! The stopwatch of a recovery.

use std::time::Duration;

use tokio::sync::oneshot;

use crate::{
    journal::{Moment, Phase, PhaseSpan},
    lab::clock::Clock,
};

/// Phases as they are measured, each with a beginning and an end of its own; one at a time is open.
pub(super) struct Phases {
    clock: Clock,
    spans: Vec<PhaseSpan>,
    /// Where detection, or what the drill waited for, ended: there the first phase of the recovery itself
    /// begins.
    noticed: Option<Moment>,
    open: Option<(Phase, Moment)>,
    /// Who waits for the beginning of a phase.
    awaited: Option<Awaited>,
}

/// Who waits for the beginning of a phase.
pub(super) struct Awaited {
    pub(super) phase: Phase,
    pub(super) begun: oneshot::Sender<()>,
}

impl Phases {
    pub(super) const fn begin(clock: Clock, awaited: Option<Awaited>) -> Self {
        Self { clock, spans: Vec::new(), noticed: None, open: None, awaited }
    }

    /// Clients had their first error; where the drill has declared steps since then, it waited for them until
    /// now, or until an attempt began that was interrupted since.
    pub(super) fn detected(
        &mut self,
        from: Moment,
        noticed: Moment,
        has_waited: bool,
        attempted: Option<Moment>,
    ) {
        let now = self.clock.now();
        let until = if has_waited { now.max(noticed) } else { noticed };
        let attempted = attempted.map_or(until, |attempted| attempted.clamp(noticed, until));
        let spans = [
            (Phase::Detect, from, noticed),
            (Phase::Wait, noticed, attempted),
            (Phase::Interrupted, attempted, until),
        ];
        let spans = spans.into_iter().filter(|(_, from, to)| from < to);
        self.spans.extend(spans.map(|(phase, from, to)| PhaseSpan { phase, from, to }));
        self.noticed = Some(until);
    }

    /// Ends the open phase and begins another.
    pub(super) fn enter(&mut self, phase: Phase) {
        self.leave();
        let from = self.noticed.take().unwrap_or_else(|| self.clock.now());
        self.open = Some((phase, from));
        if let Some(awaited) = self.awaited.take_if(|awaited| awaited.phase == phase)
            && awaited.begun.send(()).is_err()
        {
            tracing::debug!(?phase, "nobody waits for this phase any more");
        }
    }

    /// Ends the open phase.
    pub(super) fn leave(&mut self) {
        if let Some((phase, from)) = self.open.take() {
            self.spans.push(PhaseSpan { phase, from, to: self.clock.now() });
        }
    }

    /// Ends the open phase, of whose time these parts belong to phases of their own: they are told one after
    /// the other at its end, where they were done in one pass with it.
    pub(super) fn divide(&mut self, parts: &[(Phase, Duration)]) {
        let Some((phase, from)) = self.open.take() else { return };
        let end = self.clock.now();
        let whole = end.since(from);
        let own = whole.saturating_sub(parts.iter().map(|(_, part)| *part).sum());
        let mut at = from;
        for (phase, part) in [(phase, own)].iter().chain(parts).filter(|(_, part)| !part.is_zero()) {
            let to = at.after(*part).min(end);
            self.spans.push(PhaseSpan { phase: *phase, from: at, to });
            at = to;
        }
    }

    /// Ends the open phase at an earlier moment, from which on it was another.
    pub(super) fn split_at(&mut self, moment: Moment, next: Phase) {
        if let Some((phase, from)) = self.open.take() {
            let to = moment.max(from);
            self.spans.push(PhaseSpan { phase, from, to });
            self.open = Some((next, to));
        }
    }

    pub(super) fn spans(mut self) -> Vec<PhaseSpan> {
        self.leave();
        self.spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(has_waited: bool) -> Vec<PhaseSpan> {
        let clock = Clock::start();
        std::thread::sleep(std::time::Duration::from_millis(1));
        let mut phases = Phases::begin(clock, None);
        phases.detected(Moment(1), Moment(2), has_waited, None);
        phases.enter(Phase::Promote);
        phases.spans()
    }

    #[test]
    fn what_no_step_declares_is_neither_detection_nor_waiting() {
        let spans = spans(false);
        assert_eq!(spans[0], PhaseSpan { phase: Phase::Detect, from: Moment(1), to: Moment(2) });
        assert_eq!((spans[1].phase, spans[1].from), (Phase::Promote, Moment(2)));
    }

    #[test]
    fn what_the_drill_waits_for_is_a_phase_of_its_own() {
        let spans = spans(true);
        assert!(
            spans.iter().map(|span| span.phase).eq([Phase::Detect, Phase::Wait, Phase::Promote]),
            "{spans:?}"
        );
        assert!(spans.windows(2).all(|pair| pair[0].to == pair[1].from), "{spans:?}");
    }
}
