//! Whether the service is up, by what a drill does.

use std::collections::BTreeSet;

use super::{Drill, Fault, NodeName, Recovery, Role, Verb};

impl Drill {
    /// Whether clients can commit when step `number` (counted from 0) begins, by what the drill did before: the server in
    /// service is whole, so is one of the standbys that it waits for, and the clients' table is there.
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
                        Recovery::Restore { onto: node, .. } | Recovery::Restart { node } | Recovery::Promote { node } => Some(node),
                        Recovery::Table { .. } => serving,
                    };
                    serving.map(|node| broken.remove(node));
                    is_table_there = true;
                }
                Verb::Backup(_) | Verb::Work(_) | Verb::RestorePoint(_) | Verb::Recover(_) | Verb::Check(_) => {}
            }
        }
        let mut synchronous = self.nodes.iter().filter(|node| matches!(node.role, Role::Standby { synchronous: true, .. })).peekable();
        let waits_for_nobody = synchronous.peek().is_none() || serving != primary;
        let is_confirmed = waits_for_nobody || synchronous.any(|node| !broken.contains(&node.name));
        is_table_there && is_confirmed && serving.is_none_or(|node| !broken.contains(node))
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
        let standby = Role::Standby { synchronous, delay: None };
        let node = |text, role| Node { name: name(text), role, settings: Settings::new() };
        let step = |verb: Verb| Step { title: verb.describe(), deadline: verb.default_deadline(), verb };
        let drill = Drill {
            name: "a/b".parse().expect("a name"),
            title: "x".into(),
            description: String::new(),
            tags: Vec::new(),
            objectives: Objectives { rto: None, rpo: None },
            human: None,
            backup_every: None,
            version: None,
            settings: Settings::new(),
            nodes: vec![node("primary", Role::Primary), node("standby", standby)],
            archive: None,
            dataset: Dataset { fixture: Fixture::Shop, scale: 1 },
            workload: Workload { writers: 1, rate: None, table: "shop.ticket".parse().expect("a table") },
            service: Service::Switch,
            steps: verbs.into_iter().map(step).collect(),
        };
        (0..=drill.steps.len()).map(|step| drill.is_service_up(step)).collect()
    }

    fn lose_primary() -> Verb {
        Verb::Fault(Fault::KillNode { node: name("primary") })
    }

    fn promote() -> Verb {
        Verb::Recover(Recovery::Promote { node: name("standby") })
    }

    #[test]
    fn a_service_is_down_from_the_fault_to_the_recovery() {
        assert_eq!(ups(false, vec![lose_primary(), Verb::Work(Period::from_secs(1)), promote()]), [true, false, false, true]);
    }

    #[test]
    fn a_standby_may_break_unless_it_is_waited_for() {
        let verbs = || vec![Verb::Fault(Fault::Freeze { node: name("standby") }), Verb::Heal(name("standby")), lose_primary(), promote()];
        assert_eq!(ups(false, verbs()), [true, true, true, false, true]);
        assert_eq!(ups(true, verbs()), [true, false, true, false, true]);
    }

    #[test]
    fn only_the_clients_own_table_is_missed() {
        let drop = |table: &str| Verb::Fault(Fault::DropTable { table: table.parse().expect("a table") });
        assert_eq!(ups(false, vec![drop("shop.receipt"), drop("shop.ticket")]), [true, true, false]);
    }
}
