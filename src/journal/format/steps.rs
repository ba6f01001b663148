//! What lines refer to instead of telling it: the drills that a journal plans, and the step that each is in.

use std::collections::BTreeMap;

use crate::{
    drill::{Backup, Check, Drill, Fault, Recovery, Step, Verb},
    journal::Exercise,
};

/// The drills that were planned so far.
#[derive(Debug, Default)]
pub(super) struct Steps {
    known: BTreeMap<Exercise, Known>,
}

#[derive(Debug)]
struct Known {
    drill: Drill,
    open: Option<usize>,
}

impl Steps {
    pub(super) fn plan(&mut self, exercise: &Exercise, drill: Drill) {
        self.known.insert(exercise.clone(), Known { drill, open: None });
    }

    pub(super) fn begin(&mut self, exercise: Option<&Exercise>, step: usize) {
        if let Some(known) = exercise.and_then(|exercise| self.known.get_mut(exercise)) {
            known.open = Some(step);
        }
    }

    pub(super) fn end(&mut self, exercise: Option<&Exercise>) {
        if let Some(known) = exercise.and_then(|exercise| self.known.get_mut(exercise)) {
            known.open = None;
        }
    }

    /// The step that an exercise is in.
    pub(super) fn open(&self, exercise: Option<&Exercise>) -> Option<usize> {
        self.known.get(exercise?)?.open
    }

    /// The place of a check among those of its step.
    pub(super) fn place(&self, exercise: Option<&Exercise>, step: usize, check: &Check) -> Option<usize> {
        self.verb(exercise, step)?.checks()?.iter().position(|declared| declared == check)
    }

    pub(super) fn backup(&self, exercise: Option<&Exercise>, step: usize) -> Option<&Backup> {
        self.verb(exercise, step)?.backup()
    }

    pub(super) fn fault(&self, exercise: Option<&Exercise>, step: usize) -> Option<&Fault> {
        self.verb(exercise, step)?.fault()
    }

    pub(super) fn recovery(&self, exercise: Option<&Exercise>, step: usize) -> Option<&Recovery> {
        self.verb(exercise, step)?.recovery()
    }

    pub(super) fn check(&self, exercise: Option<&Exercise>, step: usize, place: usize) -> Option<&Check> {
        self.verb(exercise, step)?.checks()?.get(place)
    }

    /// The last step that is declared to break something of this node.
    pub(super) fn fault_on(&self, exercise: Option<&Exercise>, node: &str) -> Option<usize> {
        let steps = &self.known.get(exercise?)?.drill.steps;
        let is_it = |fault: &Fault| fault.node().is_some_and(|hit| hit.as_str() == node);
        steps.iter().rposition(|step| matches!(&step.verb, Verb::Fault(fault) if is_it(fault)))
    }

    fn verb(&self, exercise: Option<&Exercise>, step: usize) -> Option<&Verb> {
        let Step { verb, .. } = self.known.get(exercise?)?.drill.steps.get(step)?;
        Some(verb)
    }
}
