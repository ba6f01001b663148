//! What breaks: one table, a fault a row. Its keys in a drill file, their schema and reading (`syntax`), what
//! it does and what ends it (`cluster`), and the calls of `action/fault` follow from the row.

use serde::{Deserialize, Serialize};

use super::{Capability, DroppedTable, NodeName, TableName};

/// Hands the table of faults to a macro that makes something of every row. A row has, in this order: what the
/// fault is, in one line for editors; the variant and what it hits; the key in a drill file; the module in
/// `action/fault`; the words for it; and a [`FaultInfo`], with the words for its heal where that is what ends
/// it.
macro_rules! fault_table {
    ($make:ident) => {
        $make! {
            /// This node and its data directory are gone.
            LoseVolume { node: NodeName } "lose-volume" lose_volume: "lose the volume of {node}" {
                service: Removed, data: Lost, leaves: "is lost", ended_by: Recovery, needs: Some(Volumes)
            }
            /// Every process of this node dies at once and does not come back; its files are out of reach.
            KillNode { node: NodeName } "kill-node" kill_node: "kill {node} for good" {
                service: Silenced, data: OutOfReach, leaves: "is dead for \
good", ended_by: Recovery, needs: Some(Signals)
            }
            /// SIGKILL to the postmaster of this node alone.
            KillPostmaster { node: NodeName } "kill-postmaster" kill_postmaster: "SIGKILL the postmaster of \
{node}" {
                service: Silenced, data: Kept, leaves: "is down", ended_by: Restart, needs: Some(Signals)
            }
            /// Every process of this node stops where it is, until `heal`.
            Freeze { node: NodeName } "freeze" freeze: "freeze {node}" {
                service: Silenced, data: Kept, leaves: "is frozen", ended_by: Heal("thaw \
{node}"), needs: Some(Signals)
            }
            /// Somebody drops this table, given as `schema.table`.
            DropTable { table: DroppedTable } "drop-table" drop_table: "drop table {table}" {
                service: GoesOn, data: HumanError, leaves: "is dropped", ended_by: Recovery, needs: None
            }
        }
    };
}
pub(crate) use fault_table;

/// What is known of a fault, in one place: nothing else tells one from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultInfo {
    /// The word in a drill file.
    pub key: &'static str,
    /// What it does to the server that it hits.
    pub service: ServiceEffect,
    /// What it does to files or rows.
    pub data: DataEffect,
    /// What it leaves behind, as the predicate of a sentence: `is lost`.
    pub leaves: &'static str,
    /// What ends it at the least. A recovery that makes another server ends what was broken of the old one as
    /// well.
    pub ended_by: EndedBy,
    /// What it needs of a runtime.
    pub needs: Option<Capability>,
}

/// What a fault does to the server that it hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceEffect {
    /// It no longer answers. A server that was dead before does the same, so that it has to be known to have
    /// lived.
    Silenced,
    /// It is there no more, which its runtime proves.
    Removed,
    /// It goes on.
    GoesOn,
}

/// What a fault does to files or rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataEffect {
    /// They are where they were.
    Kept,
    /// They are there, and nobody can reach them.
    OutOfReach,
    /// They are gone.
    Lost,
    /// A person destroyed them through the service: recovery goes back to before it, and what came after is
    /// given up.
    HumanError,
}

/// What ends a fault at the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedBy {
    /// It is lifted, and the server goes on.
    Heal,
    /// The server is started again where it was.
    Restart,
    /// A recovery.
    Recovery,
}

/// What a fault can hit: a node, or a table through the service.
trait Hit {
    fn node(&self) -> Option<&NodeName>;
    fn table(&self) -> Option<&TableName>;
}

impl Hit for NodeName {
    fn node(&self) -> Option<&NodeName> {
        Some(self)
    }

    fn table(&self) -> Option<&TableName> {
        None
    }
}

impl Hit for DroppedTable {
    fn node(&self) -> Option<&NodeName> {
        None
    }

    fn table(&self) -> Option<&TableName> {
        Some(&self.table)
    }
}

macro_rules! define {
    ($(
        #[doc = $about:literal]
        $variant:ident { $hit:ident: $type:ty } $key:literal $module:ident: $words:literal {
            service: $service:ident, data: $data:ident, leaves: $leaves:literal,
            ended_by: $ended_by:ident $(($heal:literal))?, needs: $needs:ident $(($capability:ident))?
        }
    )*) => {
        /// A fault to inject.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "fault", rename_all = "kebab-case")]
        pub enum Fault {
            $(
                #[doc = $about]
                $variant {
                    /// What it hits.
                    $hit: $type,
                },
            )*
        }

        impl Fault {
            /// What is known of it.
            #[must_use]
            pub const fn info(&self) -> FaultInfo {
                match self {
                    $(Self::$variant { .. } => FaultInfo {
                        key: $key,
                        service: ServiceEffect::$service,
                        data: DataEffect::$data,
                        leaves: $leaves,
                        ended_by: EndedBy::$ended_by,
                        needs: $needs $((Capability::$capability))?,
                    },)*
                }
            }

            /// What it does, for people.
            #[must_use]
            pub fn describe(&self) -> String {
                match self {
                    $(Self::$variant { $hit } => format!($words),)*
                }
            }

            /// What its heal does, for people; `None` where it can't be lifted.
            #[must_use]
            pub fn describe_heal(&self) -> Option<String> {
                match self {
                    $(Self::$variant { $hit } => {
                        let _ = $hit;
                        [$(format!($heal))?].into_iter().next()
                    })*
                }
            }

            /// What it hits, as a drill file writes it.
            #[must_use]
            pub fn hit(&self) -> String {
                match self {
                    $(Self::$variant { $hit } => $hit.to_string(),)*
                }
            }

            /// The server that it hits; `None` where it hits the data through the service.
            #[must_use]
            pub fn node(&self) -> Option<&NodeName> {
                match self {
                    $(Self::$variant { $hit } => Hit::node($hit),)*
                }
            }

            /// The table that it destroys; `None` where it hits a server.
            #[must_use]
            pub fn table(&self) -> Option<&TableName> {
                match self {
                    $(Self::$variant { $hit } => Hit::table($hit),)*
                }
            }
        }

        #[cfg(test)]
        impl Fault {
            /// One of each row.
            fn examples(node: &NodeName, table: &DroppedTable) -> Vec<Self> {
                trait Example: Sized {
                    fn of(node: &NodeName, table: &DroppedTable) -> Self;
                }
                impl Example for NodeName {
                    fn of(node: &NodeName, _: &DroppedTable) -> Self {
                        node.clone()
                    }
                }
                impl Example for DroppedTable {
                    fn of(_: &NodeName, table: &DroppedTable) -> Self {
                        table.clone()
                    }
                }
                vec![$(Self::$variant { $hit: Example::of(node, table) }),*]
            }
        }
    };
}
fault_table!(define);

impl Fault {
    /// Whether it is a mistake of a person, so that recovery goes back to before it and what came after is
    /// given up.
    #[must_use]
    pub fn is_human_error(&self) -> bool {
        self.info().data == DataEffect::HumanError
    }

    /// Whether its effect is that a server no longer answers. A server that was dead before does the same, so
    /// that it has to be known to have lived.
    #[must_use]
    pub fn is_silence(&self) -> bool {
        self.info().service == ServiceEffect::Silenced
    }

    /// Whether a step can lift it.
    #[must_use]
    pub fn has_heal(&self) -> bool {
        self.info().ended_by == EndedBy::Heal
    }

    /// As a drill file writes it: `{ freeze = "primary" }`.
    #[must_use]
    pub fn written(&self) -> String {
        format!("{{ {} = \"{}\" }}", self.info().key, self.hit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Fault> {
        Fault::examples(&"primary".parse().expect("a node"), &"shop.receipt".parse().expect("a table"))
    }

    #[test]
    fn the_rows_agree_with_themselves() {
        for fault in all() {
            let info = fault.info();
            let written = serde_json::to_value(&fault).expect("JSON");
            assert_eq!(written["fault"], info.key, "the key and the variant have one name");
            assert_eq!(fault.describe_heal().is_some(), fault.has_heal(), "{info:?}");
            assert!(fault.node().is_some() != fault.table().is_some(), "{info:?}");
            assert_eq!(fault.table().is_some(), fault.is_human_error(), "{info:?}");
            assert_eq!(
                fault.node().is_some(),
                info.service != ServiceEffect::GoesOn,
                "a fault on a node takes its service away: {info:?}"
            );
            let is_there = info.data == DataEffect::Kept;
            assert!(info.ended_by == EndedBy::Recovery || is_there, "no restart without files: {info:?}");
        }
    }

    #[test]
    fn each_fault_says_what_it_does() {
        let said: Vec<String> = all()
            .iter()
            .map(|fault| {
                let heal = fault.describe_heal().map(|heal| format!("; heal: {heal}")).unwrap_or_default();
                format!("{}: {}{heal}", fault.written(), fault.describe())
            })
            .collect();
        insta::assert_snapshot!(said.join("\n"));
    }
}
