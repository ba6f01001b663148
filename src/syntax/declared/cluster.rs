//! The sections that describe the cluster, its work and what was promised of it.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    drill::{self, ArchiveMethod, AtWorst, Fixture, NodeName, Period, TableName},
    pg::Major,
    syntax::reading::{Positive, Rate, SettingsText, Whole, section, words},
};

/// What a server is at the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RoleWord {
    /// It takes writes.
    Primary,
    /// It follows the primary by streaming.
    Standby,
}

words! {
    RoleWord: "role of a node";
    ArchiveMethod: "method of archiving";
    Fixture: "dataset";
    drill::Service: "way to the server";
}

section! {
    /// What was promised. What is left out is measured, and judged against nothing.
    Objectives at "in `[objectives]`";

    /// How long the service may be away, as in `15m`: the recovery time objective.
    "rto" rto: Positive;
    /// How much acknowledged work, in time, may be lost, as in `5m`; `0s` means none. The recovery point objective: it binds what is measured, and what may be lost at worst by configuration.
    "rpo" rpo: Period;
    /// A worst case above `rpo` that is accepted in writing, as in `10m`, or `unbounded`: the drill may pass, and reports say that the objective is at risk.
    "rpo-at-worst" rpo_at_worst: AtWorst;
    /// How old the oldest acknowledged commit may be that a recovery to an earlier point discards, as in `5m`.
    "discarded" discarded: Period;
}

section! {
    /// The version and the settings of every server.
    Postgres at "in `[postgres]`";

    /// The major version that the drill needs, as in `17`; any that is supported where it is left out.
    "version" version: Major;
    /// Server settings of every node, as in `{ archive_timeout = "2s" }`.
    "settings" settings: SettingsText;
}

section! {
    /// A server.
    Node at "in `[[nodes]]`";

    /// What the drill calls it: two to forty lower-case letters, digits and dashes.
    "name" name: NodeName = required;
    /// What it is at the start; `primary` where it is left out.
    "role" role: RoleWord;
    /// Whether the primary waits for this standby at each commit.
    "synchronous" synchronous: bool;
    /// How far behind this standby replays on purpose, as in `10m`.
    "delay" delay: Positive;
    /// Server settings of this node, over those of `[postgres]`.
    "settings" settings: SettingsText;
}

section! {
    /// Where WAL goes.
    Archive at "in `[archive]`";

    /// The means by which WAL reaches the repository.
    "method" method: ArchiveMethod = required;
}

section! {
    /// What the database holds before the drill.
    Dataset at "in `[dataset]`";

    /// Which dataset.
    "fixture" fixture: Fixture = required;
    /// How large it is: 1, which is also the default, is tens of megabytes.
    "scale" scale: Whole<1, 500>;
}

section! {
    /// The clients that commit known rows through the whole drill.
    Workload at "in `[workload]`";

    /// How many commit jobs, 0 to 64; four where it is left out.
    "writers" writers: Whole<0, 64>;
    /// How many commits all of them make together, as in `200/s` or `30/min`; as many as the server takes where it is left out.
    "rate" rate: Rate;
    /// The table into which they insert, as `schema.table`; `lifeboat.commits` where it is left out.
    "table" table: TableName;
}

section! {
    /// How the clients find the server that takes writes.
    Service at "in `[service]`";

    /// The way; `switch` where it is left out.
    "address" address: drill::Service;
}
