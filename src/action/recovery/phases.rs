//! The stopwatch of a recovery.

use crate::{
    journal::{Moment, Phase, PhaseSpan},
    lab::clock::Clock,
};

/// Phases as they are measured, each with a beginning and an end of its own; one at a time is open.
pub(super) struct Phases {
    clock: Clock,
    spans: Vec<PhaseSpan>,
    open: Option<(Phase, Moment)>,
}

impl Phases {
    pub(super) const fn begin(clock: Clock) -> Self {
        Self { clock, spans: Vec::new(), open: None }
    }

    /// The outage was noticed; where that was before this step began, the time until now is part of noticing it.
    pub(super) fn detected(&mut self, from: Moment, noticed: Moment) {
        let to = noticed.max(self.clock.now());
        self.spans.push(PhaseSpan { phase: Phase::Detect, from, to });
    }

    /// Ends the open phase and begins another.
    pub(super) fn enter(&mut self, phase: Phase) {
        self.leave();
        self.open = Some((phase, self.clock.now()));
    }

    /// Ends the open phase.
    pub(super) fn leave(&mut self) {
        if let Some((phase, from)) = self.open.take() {
            self.spans.push(PhaseSpan { phase, from, to: self.clock.now() });
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
