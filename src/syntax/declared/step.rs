//! Steps, and the backups and faults in them.

use super::{Check, Recover, Rehearse};
use crate::{
    drill::{BackupMethod, Compression, Label, NodeName, RestorePointName, TableName},
    syntax::reading::{Line, Positive, Several, section, words},
};

words! {
    BackupMethod: "method of backup";
    Compression: "compression";
}

section! {
    /// One thing that happens. It has exactly one verb.
    Step at "in `[[steps]]`", one "verb" of ["backup", "work", "restore-point", "fault", "heal", "recover", "rehearse", "check"];

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
    /// Lift the freeze of this node.
    "heal" heal: NodeName;
    /// Bring the service back.
    "recover" recover: Recover;
    /// Restore a backup into a copy beside the running service, which stays where it is.
    "rehearse" rehearse: Rehearse;
    /// Questions to what was recovered.
    "check" check: Several<Check>;
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

section! {
    /// What breaks. It has exactly one kind.
    Fault at "in `fault`", one "fault" of ["lose-volume", "kill-node", "kill-postmaster", "freeze", "drop-table"];

    /// This node and its data directory are gone.
    "lose-volume" lose_volume: NodeName;
    /// Every process of this node dies at once and does not come back; its files are out of reach.
    "kill-node" kill_node: NodeName;
    /// SIGKILL to the postmaster of this node alone.
    "kill-postmaster" kill_postmaster: NodeName;
    /// Every process of this node stops where it is, until `heal`.
    "freeze" freeze: NodeName;
    /// Somebody drops this table, given as `schema.table`.
    "drop-table" drop_table: TableName;
}
