//! Whether the service is up, and which faults are open, by what a drill does.

use std::collections::BTreeSet;

use super::{Drill, Fault, NodeName, Recovery, Role, Verb};

impl Drill {
    /// Whether clients can commit when step `number` (counted from 0) begins, by what the drill did before: the server in
    /// service is whole, so are the standbys that it waits for, and the clients' table is there.
    #[must_use]
    pub fn is_service_up(&self, number: usize) -> bool {
        let primary = self.primary().map(|node| &node.name);
        let mut serving = primary;
        let mut broken: BTreeSet<&NodeName> = BTreeSet::new();
        let mut is_table_there = true;
        for step in self.steps.iter().take(number) {
            match &step.verb {
                Verb::Fault(Fault::DropTable { table }) => is_table_there &= *table != self.workload.table,
                Verb::Fault(fault) => broken.extend(fault.node()),
                Verb::Heal(node) => drop(broken.remove(node)),
                Verb::Recover(recovery) if recovery.serves() => {
                    serving = match recovery {
                        Recovery::Restore { onto: node, .. }
                        | Recovery::Restart { node }
                        | Recovery::Promote { node } => Some(node),
                        Recovery::Table { .. } => serving,
                    };
                    serving.map(|node| broken.remove(node));
                    is_table_there = true;
                }
                Verb::Backup(_)
                | Verb::Work(_)
                | Verb::RestorePoint(_)
                | Verb::Recover(_)
                | Verb::Check(_) => {}
            }
        }
        let mut synchronous =
            self.nodes.iter().filter(|node| matches!(node.role, Role::Standby { synchronous: true, .. }));
        let is_confirmed = serving != primary || synchronous.all(|node| !broken.contains(&node.name));
        is_table_there && is_confirmed && serving.is_none_or(|node| !broken.contains(node))
    }

    /// The step that is to end the fault of step `number`; `None` where none does.
    #[must_use]
    pub fn ended_by(&self, number: usize) -> Option<usize> {
        let Verb::Fault(fault) = &self.steps.get(number)?.verb else { return None };
        let later = self.steps.iter().enumerate().skip(number + 1);
        later.into_iter().find(|(_, step)| step.verb.ends(fault)).map(|(number, _)| number)
    }

    /// The steps of the faults that are open when step `number` begins, from which its recovery or healing counts, the best first:
    /// the earliest that it ends and that was a mistake or took the service away, since clients have waited from then on; else the
    /// latest.
    #[must_use]
    pub fn causes(&self, number: usize) -> Vec<usize> {
        let mut open: Vec<(usize, &Fault)> = Vec::new();
        for (number, step) in self.steps.iter().enumerate().take(number) {
            match &step.verb {
                Verb::Fault(fault) => open.push((number, fault)),
                verb => open.retain(|(_, fault)| !verb.ends(fault)),
            }
        }
        let is_missed =
            |(number, fault): &(usize, &Fault)| fault.is_human_error() || !self.is_service_up(number + 1);
        let verb = self.steps.get(number).map(|step| &step.verb);
        let first =
            open.iter().position(|open| verb.is_some_and(|verb| verb.ends(open.1)) && is_missed(open));
        let first = first.map(|place| open.remove(place));
        first.into_iter().chain(open.into_iter().rev()).map(|(number, _)| number).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::drill::*;

    fn name(name: &str) -> NodeName {
        name.parse().expect("a name")
    }

    /// Whether the service is up before each step, and after the last.
    fn ups(synchronous: bool, verbs: Vec<Verb>) -> Vec<bool> {
        let drill = drill(synchronous, verbs);
        (0..=drill.steps.len()).map(|step| drill.is_service_up(step)).collect()
    }

    fn drill(synchronous: bool, verbs: Vec<Verb>) -> Drill {
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
            nodes: vec![node("primary", Role::Primary), node("standby", standby)],
            archive: None,
            dataset: Dataset::fixture(Fixture::Shop, 1),
            workload: Workload::of_rows(1, None, "shop.ticket".parse().expect("a table")),
            service: Service::Switch,
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
                Verb::Heal(name("standby")),
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
        let causes = |verbs: Vec<Verb>| drill(false, verbs).causes(2);
        assert_eq!(causes(vec![killed(), freeze(), restart.clone()]), [0, 1]);
        assert_eq!(causes(vec![freeze(), killed(), restart]), [1, 0]);
        assert_eq!(causes(vec![freeze(), Verb::Heal(name("standby")), promote()]), [] as [usize; 0]);
        assert_eq!(causes(vec![freeze(), killed(), promote()]), [1, 0]);
    }

    #[test]
    fn only_the_clients_own_table_is_missed() {
        let drop = |table: &str| Verb::Fault(Fault::DropTable { table: table.parse().expect("a table") });
        assert_eq!(ups(false, vec![drop("shop.receipt"), drop("shop.ticket")]), [true, true, false]);
    }
}
