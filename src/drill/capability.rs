//! What a drill may need of the place where its nodes run.

use super::{Armed, Drill, Fault, Verb};

/// Something that a runtime can do to nodes, or can't.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// To send signals to the processes of a node: they are killed, stopped and let go on.
    Signals,
    /// To take a node's data volume away, and to prove that it is gone.
    Volumes,
    /// To bound the size of a node's data volume, so that it can be full while the machine's disk is not.
    BoundedVolumes,
}

impl Capability {
    /// What a runtime says that lacks it.
    #[must_use]
    pub const fn lacking(self) -> &'static str {
        match self {
            Self::Signals => "it can't send signals to the processes of a node",
            Self::Volumes => "its nodes have no data volumes that can be taken away",
            Self::BoundedVolumes => {
                "it can't bound the size of a node's data volume, and to fill it would fill the machine's \
                 disk"
            }
        }
    }
}

impl Drill {
    /// The faults that it injects, in order.
    fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.steps.iter().filter_map(|step| match &step.verb {
            Verb::Fault(fault) | Verb::Arm(Armed { fault, .. }) => Some(fault),
            Verb::Backup(_)
            | Verb::Work(_)
            | Verb::RestorePoint(_)
            | Verb::Heal(_)
            | Verb::Recover(_)
            | Verb::Sql(_)
            | Verb::Exec(_)
            | Verb::Check(_) => None,
        })
    }

    /// Whether one of its faults needs this of a runtime.
    #[must_use]
    pub fn needs(&self, capability: Capability) -> bool {
        self.faults().any(|fault| fault.info().needs == Some(capability))
    }

    /// What its faults need that a runtime with these capabilities lacks: a clause that says what can't be
    /// done, and why.
    #[must_use]
    pub fn lacking_capability(&self, offered: &[Capability]) -> Option<String> {
        self.faults().find_map(|fault| {
            let needed = fault.info().needs.filter(|needed| !offered.contains(needed))?;
            Some(format!("{}: {}", fault.describe(), needed.lacking()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drill_says_what_it_needs_that_a_runtime_lacks() {
        let primary = || "primary".parse().expect("a name");
        let drill = |fault| crate::drill::outage::tests::drill(false, vec![Verb::Fault(fault)]);
        let lost = drill(Fault::LoseVolume { node: primary() });
        assert_eq!(lost.lacking_capability(&[Capability::Volumes]), None);
        assert!(lost.needs(Capability::Volumes) && !lost.needs(Capability::BoundedVolumes));
        assert_eq!(
            lost.lacking_capability(&[Capability::Signals]).as_deref(),
            Some("lose the volume of primary: its nodes have no data volumes that can be taken away")
        );
        let dropped = drill(Fault::DropTable { table: "shop.x".parse().expect("a table") });
        assert_eq!(dropped.lacking_capability(&[]), None);
    }
}
