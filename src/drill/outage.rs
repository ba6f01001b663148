//! Outages, by what a drill does: which step ends which fault, and whether clients can commit meanwhile.

use std::collections::BTreeMap;

use super::{Drill, OpenFault, ServiceState, Verb};

/// What follows from the steps of a drill, worked out once: the engine and the judge read the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// Whether clients can commit when each step begins, and after the last.
    up: Vec<bool>,
    /// By the step of a fault, the step that ends it.
    ended_by: BTreeMap<usize, usize>,
    causes: Vec<Vec<usize>>,
    /// By the step of a recovery, the step of the fault that interrupts it.
    interrupted_by: BTreeMap<usize, usize>,
    /// By the step of a restart, the step of the recovery that it takes up again.
    takes_up: BTreeMap<usize, usize>,
}

impl Timeline {
    /// Whether clients can commit when step `number` (counted from 0) begins, by what the drill did before.
    #[must_use]
    pub fn is_service_up(&self, number: usize) -> bool {
        self.up.get(number).or(self.up.last()).copied().unwrap_or(true)
    }

    /// The step that is to end the fault of step `number`; `None` where none does.
    #[must_use]
    pub fn ended_by(&self, number: usize) -> Option<usize> {
        self.ended_by.get(&number).copied()
    }

    /// The step of the fault that is to interrupt the recovery of step `number`.
    #[must_use]
    pub fn interrupted_by(&self, number: usize) -> Option<usize> {
        self.interrupted_by.get(&number).copied()
    }

    /// The step of the interrupted recovery that the restart of step `number` takes up again.
    #[must_use]
    pub fn takes_up(&self, number: usize) -> Option<usize> {
        self.takes_up.get(&number).copied()
    }

    /// The steps of the faults that are open when step `number` begins, from which its recovery or healing
    /// counts, the best first: the earliest that it ends and that was a human error or took the service away,
    /// since clients have waited from then on; else the latest.
    #[must_use]
    pub fn causes(&self, number: usize) -> &[usize] {
        self.causes.get(number).map(Vec::as_slice).unwrap_or_default()
    }
}

impl Drill {
    /// What follows from its steps.
    #[must_use]
    pub fn timeline(&self) -> Timeline {
        let mut state = self.first_state();
        let is_up = |service| service == ServiceState::Up;
        let mut timeline = Timeline {
            up: vec![is_up(state.service())],
            ended_by: BTreeMap::new(),
            causes: Vec::new(),
            interrupted_by: BTreeMap::new(),
            takes_up: BTreeMap::new(),
        };
        for (number, step) in self.steps.iter().enumerate() {
            let mut open: Vec<&OpenFault> = state.open_faults().iter().collect();
            let is_missed =
                |open: &OpenFault| open.fault.is_human_error() || !timeline.is_service_up(open.step + 1);
            let first = open.iter().position(|open| state.ends(&step.verb, open) && is_missed(open));
            let first = first.map(|place| open.remove(place));
            let causes = first.into_iter().chain(open.into_iter().rev()).map(|open| open.step).collect();
            timeline.causes.push(causes);
            let armed = state.armed().cloned();
            if let (Some((armed_by, armed)), Verb::Recover(recovery)) = (&armed, &step.verb)
                && armed.interrupts(recovery)
            {
                timeline.interrupted_by.insert(number, *armed_by);
            }
            if let Some((first, _)) = state.taken_up_by(&step.verb) {
                timeline.takes_up.insert(number, *first);
            }
            let before = state.open_faults().iter().map(|open| open.step);
            let before: Vec<usize> = before.chain(armed.map(|(armed_by, _)| armed_by)).collect();
            // A drill that was read has no step that is refused; a journal of an older one may.
            drop(state.apply(number, &step.verb));
            let is_over = |fault: &usize| !state.open_faults().iter().any(|open| open.step == *fault);
            timeline.ended_by.extend(before.into_iter().filter(is_over).map(|fault| (fault, number)));
            timeline.up.push(is_up(state.service()));
        }
        timeline
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::drill::*;

    fn name(name: &str) -> NodeName {
        name.parse().expect("a name")
    }

    /// Whether the service is up before each step, and after the last.
    fn ups(synchronous: bool, verbs: Vec<Verb>) -> Vec<bool> {
        let drill = drill(synchronous, verbs).timeline();
        drill.up
    }

    pub(in crate::drill) fn drill(synchronous: bool, verbs: Vec<Verb>) -> Drill {
        let standby = Role::Standby { synchronous, delay: None };
        let node = |text, role| Node { name: name(text), role, settings: Settings::new() };
        let step = |verb: Verb| Step { title: verb.describe(), deadline: verb.default_deadline(), verb };
        Drill {
            name: "a/b".parse().expect("a name"),
            title: "x".into(),
            description: String::new(),
            tags: Vec::new(),
            objectives: Objectives::default(),
            manual_time: None,
            backup_interval: None,
            version: None,
            settings: Settings::new(),
            server: Default::default(),
            origin: Origin::Cluster(Cluster {
                nodes: vec![node("primary", Role::Primary), node("standby", standby)],
                archive: None,
                dataset: Dataset::fixture(Fixture::Shop, 1),
                workload: Workload::of_rows(1, None, "shop.ticket".parse().expect("a table")),
                service: Service::Switch,
            }),
            steps: verbs.into_iter().map(step).collect(),
            folder: None,
        }
    }

    fn lose_primary() -> Verb {
        Verb::Fault(Fault::KillNode { node: name("primary") })
    }

    fn promote() -> Verb {
        Verb::Recover(Recovery::Promote { node: name("standby") })
    }

    #[test]
    fn a_service_is_down_from_the_fault_to_the_recovery() {
        assert_eq!(
            ups(false, vec![lose_primary(), Verb::Work(Period::from_secs(1)), promote()]),
            [true, false, false, true]
        );
    }

    #[test]
    fn a_standby_may_break_unless_it_is_waited_for() {
        let verbs = || {
            vec![
                Verb::Fault(Fault::Freeze { node: name("standby") }),
                Verb::Heal(Fault::Freeze { node: name("standby") }),
                lose_primary(),
                promote(),
            ]
        };
        assert_eq!(ups(false, verbs()), [true, true, true, false, true]);
        assert_eq!(ups(true, verbs()), [true, false, true, false, true]);
    }

    #[test]
    fn an_outage_counts_from_the_fault_that_took_the_service_away() {
        let freeze = || Verb::Fault(Fault::Freeze { node: name("standby") });
        let restart = Verb::Recover(Recovery::Restart { node: name("primary") });
        let killed = || Verb::Fault(Fault::KillPostmaster { node: name("primary") });
        let causes = |verbs: Vec<Verb>| drill(false, verbs).timeline().causes(2).to_vec();
        assert_eq!(causes(vec![killed(), freeze(), restart.clone()]), [0, 1]);
        assert_eq!(causes(vec![freeze(), killed(), restart]), [1, 0]);
        assert_eq!(
            causes(vec![freeze(), Verb::Heal(Fault::Freeze { node: name("standby") }), promote()]),
            [] as [usize; 0]
        );
        assert_eq!(causes(vec![freeze(), killed(), promote()]), [1, 0]);
    }

    #[test]
    fn an_interrupted_recovery_ends_with_a_restart_and_its_outage_counts_from_the_first_fault() {
        let armed = |node: &str| {
            let fault = Fault::KillPostmaster { node: name(node) };
            Verb::Arm(Armed { fault, during: RecoveryPhase::Replay })
        };
        let restart = Verb::Recover(Recovery::Restart { node: name("recovered") });
        let verbs = |node: &str| {
            let restored = restored(RecoveryTarget::Latest);
            vec![backup(BackupMethod::Basebackup), lose_primary(), armed(node), restored, restart.clone()]
        };
        let timeline = drill(false, verbs("recovered")).timeline();
        assert_eq!(timeline.up, [true, true, false, false, false, true]);
        assert_eq!((timeline.ended_by(1), timeline.ended_by(2)), (Some(4), Some(4)));
        assert_eq!(timeline.causes(4), [1, 2]);
        assert_eq!((timeline.interrupted_by(3), timeline.takes_up(4)), (Some(2), Some(3)));
        // A bystander leaves the recovery alone.
        let timeline = drill(false, verbs("standby")).timeline();
        assert_eq!(timeline.up, [true, true, false, false, true, true]);
        assert_eq!((timeline.ended_by(1), timeline.ended_by(2)), (Some(3), Some(3)));
        assert_eq!((timeline.interrupted_by(3), timeline.takes_up(4)), (None, None));
    }

    #[test]
    fn only_the_clients_own_table_is_missed() {
        let drop = |table: &str| Verb::Fault(Fault::DropTable { table: table.parse().expect("a table") });
        assert_eq!(ups(false, vec![drop("shop.receipt"), drop("shop.ticket")]), [true, true, false]);
    }

    fn dropped(table: &str) -> Verb {
        Verb::Fault(Fault::DropTable { table: table.parse().expect("a table") })
    }

    fn restored(target: RecoveryTarget) -> Verb {
        let (from, onto) = ("nightly".parse().expect("a label"), name("recovered"));
        Verb::Recover(Recovery::Restore { from, target, onto, serve: true })
    }

    fn backup(method: BackupMethod) -> Verb {
        let (label, compress) = ("nightly".parse().expect("a label"), Compression::None);
        Verb::Backup(Backup { method, label, node: name("primary"), compress })
    }

    fn named(point: &str) -> RecoveryTarget {
        RecoveryTarget::Name { point: point.parse().expect("a name") }
    }

    #[test]
    fn a_human_error_ends_with_a_recovery_that_goes_back_to_before_it_and_with_no_other() {
        let point = |point: &str| Verb::RestorePoint(point.parse().expect("a name"));
        let ended = |method, target| {
            let verbs =
                vec![backup(method), point("early"), dropped("shop.review"), point("late"), restored(target)];
            drill(false, verbs).timeline().ended_by(2).is_some()
        };
        for (target, ends) in [
            (RecoveryTarget::Latest, false),
            (RecoveryTarget::Immediate, true),
            (RecoveryTarget::BeforeFault, true),
            (named("early"), true),
            (named("late"), false),
        ] {
            assert_eq!(ended(BackupMethod::Basebackup, target.clone()), ends, "{target:?}");
        }
        assert!(ended(BackupMethod::Dump, RecoveryTarget::Latest), "a dump from before it");
        let late = vec![dropped("shop.review"), backup(BackupMethod::Dump), restored(RecoveryTarget::Latest)];
        assert_eq!(drill(false, late).timeline().ended_by(0), None, "a dump from after it");
        let two = vec![
            backup(BackupMethod::Basebackup),
            dropped("shop.review"),
            dropped("shop.receipt"),
            restored(RecoveryTarget::BeforeFault),
        ];
        assert_eq!(
            (drill(false, two.clone()).timeline().ended_by(1), drill(false, two).timeline().ended_by(2)),
            (None, Some(3))
        );
        let promoted = vec![dropped("shop.review"), lose_primary(), promote()];
        assert_eq!(
            (
                drill(false, promoted.clone()).timeline().ended_by(0),
                drill(false, promoted).timeline().ended_by(1)
            ),
            (None, Some(2))
        );
    }

    #[test]
    fn a_recovery_ends_what_it_leaves_behind_or_brings_back_and_nothing_else() {
        let killed = || Verb::Fault(Fault::KillPostmaster { node: name("primary") });
        let table = |table: &str| {
            let table = table.parse().expect("a table");
            Verb::Recover(Recovery::Table { table, standby: name("standby") })
        };
        let restart = |node: &str| Verb::Recover(Recovery::Restart { node: name(node) });
        for (verb, ends) in [
            (restored(RecoveryTarget::Latest), [true, false]),
            (promote(), [true, false]),
            (restart("primary"), [true, false]),
            (restart("standby"), [false, false]),
            (table("shop.review"), [false, true]),
            (table("shop.other"), [false, false]),
        ] {
            let verbs =
                vec![backup(BackupMethod::Basebackup), killed(), dropped("shop.review"), verb.clone()];
            let drill = drill(false, verbs);
            assert_eq!([1, 2].map(|fault| drill.timeline().ended_by(fault).is_some()), ends, "{verb:?}");
        }
    }

    #[test]
    fn a_recovery_that_ends_nothing_and_keeps_a_human_error_is_refused() {
        let verbs = vec![backup(BackupMethod::Basebackup), dropped("shop.review")];
        let state = || {
            let drill = drill(false, verbs.clone());
            let mut state = drill.first_state();
            for (number, step) in drill.steps.iter().enumerate() {
                assert_eq!(state.apply(number, &step.verb), Ok(()));
            }
            state
        };
        assert_eq!(
            state().apply(2, &restored(RecoveryTarget::Latest)),
            Err(Refusal::KeepsHumanError { fault: 1 })
        );
        assert_eq!(state().apply(2, &restored(RecoveryTarget::BeforeFault)), Ok(()));
    }

    #[test]
    fn a_table_that_a_restart_does_not_bring_back_keeps_the_clients_waiting() {
        let restart = Verb::Recover(Recovery::Restart { node: name("primary") });
        let killed = Verb::Fault(Fault::KillPostmaster { node: name("primary") });
        assert_eq!(ups(false, vec![dropped("shop.ticket"), killed, restart]), [true, false, false, false]);
    }

    #[test]
    fn a_restored_server_waits_for_no_standby_whatever_its_name() {
        let frozen = Verb::Fault(Fault::Freeze { node: name("standby") });
        let (from, onto) = ("nightly".parse().expect("a label"), name("primary"));
        let target = RecoveryTarget::Latest;
        let restored = Verb::Recover(Recovery::Restore { from, target, onto, serve: true });
        let again = Verb::Fault(Fault::Freeze { node: name("standby") });
        let verbs = vec![backup(BackupMethod::Basebackup), frozen, lose_primary(), restored, again];
        assert_eq!(ups(true, verbs), [true, true, false, false, true, true]);
    }
}
