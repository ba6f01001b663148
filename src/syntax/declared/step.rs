//! Steps, and the backups and faults in them.

use serde_json::{Value as Json, json};
use toml::de::DeValue;

use super::{Check, Exec, Recover, Rehearse, Statements};
use crate::{
    drill::{
        self, BackupMethod, Compression, DroppedTable, Label, NodeName, RecoveryPhase, RestorePointName,
        TableName, fault_table,
    },
    syntax::{
        diagnostic::{Diagnostic, Span},
        reading::{Line, Positive, Several, Shape, Value, mismatch, section, words},
    },
};

words! {
    BackupMethod: "method of backup";
    Compression: "compression";
    RecoveryPhase: "phase of a recovery";
}

section! {
    /// One thing that happens. It has exactly one verb.
    Step at "in `[[steps]]`", one "verb" of [
        "backup", "work", "restore-point", "fault", "heal", "recover", "rehearse", "check", "sql", "exec"
    ], "during" needs "fault";

    /// One line for people; made from the verb where it is left out.
    "title" title: Line;
    /// How long the step may take before it counts as stuck, as in `10m`.
    "deadline" deadline: Positive;
    /// Take a backup.
    "backup" backup: Backup;
    /// Let the clients commit for so long, as in `10s`.
    "work" work: Positive;
    /// Commit a marker and give this place in WAL a name.
    "restore-point" restore_point: RestorePointName;
    /// Break something.
    "fault" fault: Fault;
    /// The phase of the recovery in the next step during which the fault comes, as in `replay`.
    "during" during: RecoveryPhase;
    /// Lift a fault, written as it was injected.
    "heal" heal: Heal;
    /// Bring the service back.
    "recover" recover: Recover;
    /// Restore a backup into a copy beside the running service, which stays where it is.
    "rehearse" rehearse: Rehearse;
    /// Questions to what was recovered.
    "check" check: Several<Check>;
    /// Statements of your own: their output is evidence, and one that fails ends the drill, which is
    /// inconclusive then.
    "sql" sql: Statements;
    /// A command of your own in a node: its output is evidence, and a code that is not 0 ends the drill,
    /// which is inconclusive then.
    "exec" exec: Exec;
}

section! {
    /// A backup.
    Backup at "in `backup`";

    /// The tool.
    "method" method: BackupMethod = required;
    /// What later steps call it.
    "label" label: Label = required;
    /// The node that it is taken from; the one that serves where it is left out.
    "node" node: NodeName;
    /// How its files are packed; `none` where it is left out.
    "compress" compress: Compression;
}

/// Declares a section of faults. The words of a heal are not used: they choose the rows of [`HealedFault`].
macro_rules! fault_section {
    (
        $(#[doc = $section:literal])* $name:ident at $where:literal;
        $(
            #[doc = $about:literal]
            $variant:ident { $hit:ident: $type:ty } $key:literal $module:ident $($heal:literal)?;
        )*
    ) => {
        section! {
            $(#[doc = $section])*
            $name at $where, one "fault" of [$($key),*];
            $(#[doc = $about] $key $module: $type;)*
        }

        impl $name {
            /// The faults in it, each with its place: one, where the section is right.
            pub(crate) fn all(&self) -> Vec<(Span, drill::Fault)> {
                let mut faults = Vec::new();
                $(if let Some((place, $hit)) = self.$module.placed() {
                    faults.push((place, drill::Fault::$variant { $hit: $hit.clone() }));
                })*
                faults
            }
        }
    };
}

/// Declares the sections of what breaks and of what can be healed: the rows of the table with words for a
/// heal.
macro_rules! fault_sections {
    ($(
        #[doc = $about:literal]
        $variant:ident { $hit:ident: $type:ty } $key:literal $module:ident: $words:literal {
            service: $service:ident, data: $data:ident, leaves: $leaves:literal,
            ended_by: $ended_by:ident $(($heal:literal))?, needs: $($needs:tt)*
        }
    )*) => {
        fault_section! {
            /// What breaks. It has exactly one kind.
            Fault at "in `fault`";
            $(#[doc = $about] $variant { $hit: $type } $key $module;)*
        }
        fault_section! {
            /// The fault that is lifted, written as it was injected.
            HealedFault at "in `heal`";
            $($(#[doc = $about] $variant { $hit: $type } $key $module $heal;)?)*
        }
    };
}
fault_table!(fault_sections);

section! {
    /// A table that somebody drops.
    DropTable at "in `drop-table`";

    /// The table, as `schema.table`.
    "table" table: TableName = required;
    /// Whether all that depends on it goes with it, as with `DROP TABLE … CASCADE`; `false` where it is left
    /// out.
    "cascade" cascade: bool;
}

/// The name of a table, or a table with particulars.
impl Shape for DroppedTable {
    fn what() -> String {
        TableName::what()
    }

    fn example() -> String {
        TableName::example()
    }

    fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        if value.get_ref().is_table() {
            let declared = DropTable::read(value, diagnostics)?;
            return Some(Self { table: declared.table.get()?.clone(), cascade: declared.cascade.or(false)? });
        }
        TableName::read(value, diagnostics).map(Self::from)
    }

    fn schema() -> Json {
        json!({ "anyOf": [TableName::schema(), DropTable::schema()] })
    }
}

/// What is healed: a fault, or the node that earlier versions named.
#[derive(Debug)]
pub(crate) enum Heal {
    Fault(Box<HealedFault>),
    Node(NodeName),
}

impl Shape for Heal {
    fn what() -> String {
        "the fault that is lifted, a table".into()
    }

    fn example() -> String {
        r#"{ freeze = "primary" }"#.into()
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the kinds of TOML that fit are named, and every other does not"
    )]
    fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        match value.get_ref() {
            DeValue::Table(_) => HealedFault::read(value, diagnostics).map(Box::new).map(Self::Fault),
            DeValue::String(_) => NodeName::read(value, diagnostics).map(Self::Node),
            _ => mismatch(value, diagnostics),
        }
    }

    fn schema() -> Json {
        HealedFault::schema()
    }
}
