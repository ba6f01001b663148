//! Recoveries, rehearsals and their targets.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use toml::de::DeValue;

use crate::{
    drill::{Label, NodeName, RestorePointName, TableName},
    syntax::{
        diagnostic::Diagnostic,
        reading::{Line, Shape, Value, When, mismatch, section, words},
    },
};

section! {
    /// How the service comes back, in exactly one way: from a backup, by a restart, by promotion, or one
    /// table alone.
    Recover at "in `recover`", one "way" of ["from", "restart", "promote", "table"],
        "target" needs "from", "onto" needs "from", "table" needs "standby", "standby" needs "table";

    /// The label of the backup that is restored into a new node.
    "from" from: Label;
    /// How far WAL is replayed over it; `latest` where it is left out.
    "target" target: Target;
    /// The name of the new node; `recovered` where it is left out.
    "onto" onto: NodeName;
    /// Start this node again where it was: it repairs itself from its own WAL.
    "restart" restart: NodeName;
    /// Make this standby the primary.
    "promote" promote: NodeName;
    /// Bring back this table alone, given as `schema.table`, from a delayed `standby`.
    "table" table: TableName;
    /// The delayed standby that has not replayed the diagnostic yet.
    "standby" standby: NodeName;
}

section! {
    /// A restore into a copy beside the running service.
    Rehearse at "in `rehearse`";

    /// The label of the backup.
    "from" from: Label = required;
    /// How far WAL is replayed over it; `latest` where it is left out.
    "target" target: Target;
    /// The name of the copy; `copy` where it is left out. A later rehearsal may use it again.
    "onto" onto: NodeName;
}

/// Where the replay of WAL ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TargetWord {
    /// The end of the archive.
    Latest,
    /// As soon as the backup is consistent.
    Immediate,
    /// Just before the transaction that the diagnostic committed.
    BeforeFault,
}

words! {
    TargetWord: "recovery target";
}

section! {
    /// A recovery target that is a place: exactly one of four kinds.
    TargetTable at "in `target`", one "target" of ["time", "xid", "lsn", "name"], "inclusive" needs "xid";

    /// When a restore point was made.
    "time" time: When;
    /// The marker transaction that was committed just before this restore point.
    "xid" xid: RestorePointName;
    /// Where a restore point was made; or a position in WAL, as in `0/3000148`.
    "lsn" lsn: Line;
    /// This restore point, by its name in WAL.
    "name" name: RestorePointName;
    /// Whether the transaction of `xid` is recovered itself; `true` where it is left out.
    "inclusive" inclusive: bool;
}

/// A recovery target: a word, or a table with a place.
#[derive(Debug)]
pub(crate) enum Target {
    Word(TargetWord),
    Place(Box<TargetTable>),
}

impl Shape for Target {
    fn what() -> String {
        "a recovery target".into()
    }

    fn example() -> String {
        TargetWord::example()
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the kinds of TOML that fit are named, and every other does not"
    )]
    fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        match value.get_ref() {
            DeValue::Table(_) => TargetTable::read(value, diagnostics).map(Box::new).map(Self::Place),
            DeValue::String(text) => {
                let before = diagnostics.len();
                let word = TargetWord::read(value, diagnostics).map(Self::Word);
                if word.is_none()
                    && text.parse::<RestorePointName>().is_ok()
                    && !diagnostics.iter().skip(before).any(near)
                {
                    let help = format!(
                        "write `latest`, `immediate` or `before-fault`; or, if it is a restore point, `{{ \
                         name = \"{text}\" }}`"
                    );
                    diagnostics
                        .iter_mut()
                        .skip(before)
                        .for_each(|diagnostic| diagnostic.help = Some(help.clone()));
                }
                word
            }
            _ => mismatch(value, diagnostics),
        }
    }

    fn schema() -> Json {
        json!({ "anyOf": [TargetWord::schema(), TargetTable::schema()] })
    }
}

/// Whether a mend names one word.
fn near(diagnostic: &Diagnostic) -> bool {
    diagnostic.mend().is_some_and(|help| help.starts_with("did you mean"))
}
