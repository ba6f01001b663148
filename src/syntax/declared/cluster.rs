//! The sections that describe the cluster, its work and what was promised of it.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    drill::{
        self, ArchiveMethod, AtWorst, DatabaseName, ExtensionName, Fixture, LARGEST_SCALE, NodeName, Period,
        RoleName, TableName,
    },
    pg::Major,
    syntax::reading::{
        Line, PathText, Positive, Prose, Rate, SettingsText, Several, Size, Whole, section, words,
    },
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
    /// How much acknowledged work, in time, may be lost, as in `5m`; `0s` means none. The recovery point
    /// objective: it binds what is measured, and what may be lost at worst by configuration.
    "rpo" rpo: Period;
    /// A worst case above `rpo` that is accepted in writing, as in `10m`, or `unbounded`: the drill may pass,
    /// and reports say that the objective is at risk.
    "rpo-at-worst" rpo_at_worst: AtWorst;
    /// How old the oldest acknowledged commit may be that a recovery to an earlier point discards, as in
    /// `5m`.
    "discarded" discarded: Period;
}

section! {
    /// The version and the settings of every server.
    Postgres at "in `[postgres]`";

    /// The major version that the drill needs, as in `17`; any that is supported where it is left out.
    "version" version: Major;
    /// Server settings of every node, as in `{ archive_timeout = "2s" }`.
    "settings" settings: SettingsText;
    /// The image of the servers, as in `"registry/postgres:{version}"`, where `{version}` stands for the
    /// version; `--image` goes before it. It needs the runtime docker.
    "image" image: Line;
    /// How a cluster is made.
    "initdb" initdb: Initdb;
    /// Extensions that are made in the clients' database, as in `["postgis"]`.
    "extensions" extensions: Vec<ExtensionName>;
    /// Libraries that every server loads at its start, as in `["pg_stat_statements"]`.
    "preload" preload: Vec<Line>;
    /// Tablespaces that are made before the dataset, each in a directory of its server's own, as in
    /// `["fast"]`.
    "tablespaces" tablespaces: Vec<Line>;
    /// Whether every connection must be encrypted, by certificates of the run; `false` where it is left out.
    "tls" tls: bool;
    /// Lines of `pg_hba.conf`, before the one that lets every role in by password.
    "hba" hba: Vec<Line>;
}

section! {
    /// What initdb decides.
    Initdb at "in `initdb`";

    /// Whether pages have checksums; they have where it is left out.
    "data-checksums" data_checksums: bool;
    /// Megabytes of a segment of WAL, a power of two from 1 to 1024; 16 where it is left out.
    "wal-segsize" wal_segsize: Whole<1, 1024>;
    /// The encoding of the databases; `UTF8` where it is left out.
    "encoding" encoding: Line;
    /// The locale; `C.UTF-8` where it is left out.
    "locale" locale: Line;
    /// The locale of ICU, which collates then, as in `de`.
    "icu" icu: Line;
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
    Dataset at "in `[dataset]`", one "content" of ["fixture", "sql", "dump", "command"],
        "scale" needs "fixture", "size" needs "fixture", "globals" needs "dump", "cache-key" needs "command",
        "deadline" needs "command";

    /// A dataset that Lifeboat carries.
    "fixture" fixture: Fixture;
    /// How large the fixture is: 1, which is also the default, is tens of megabytes.
    "scale" scale: Whole<1, LARGEST_SCALE>;
    /// How large the fixture is on disk at least, as in `20GB`; in place of `scale`.
    "size" size: Size;
    /// Scripts of your own, run by psql in one session, in this order; paths are relative to this file.
    "sql" sql: Several<PathText>;
    /// A dump of your own: any form of `pg_dump`, or a script of `pg_dumpall`, packed by gzip or not.
    "dump" dump: PathText;
    /// What `pg_dumpall --globals-only` wrote: the roles that the dump needs.
    "globals" globals: PathText;
    /// A program on this machine that fills the database; it finds the server in the `PG*` variables.
    "command" command: Several<Line>;
    /// What tells two results of the command apart: one with the same key is made once and copied.
    "cache-key" cache_key: Line;
    /// How long the command may take; two hours where it is left out.
    "deadline" deadline: Positive;
    /// The database that the clients use, made where it is not there; `postgres` where it is left out.
    "database" database: DatabaseName;
}

section! {
    /// The clients that commit known rows through the whole drill.
    Workload at "in `[workload]`";

    /// How many commit jobs, 0 to 64; four where it is left out.
    "writers" writers: Whole<0, 64>;
    /// How many commits all of them make together, as in `200/s` or `30/min`; as many as the server takes
    /// where it is left out.
    "rate" rate: Rate;
    /// The table into which they insert, as `schema.table`; `lifeboat.commits` where it is left out.
    "table" table: TableName;
    /// The role that the clients take, as one of your application's does; it may use what their transactions
    /// touch.
    "role" role: RoleName;
    /// Your own statements, which each client runs in one transaction with its row, with pgbench's `\\set`
    /// and variables.
    "sql" sql: Prose;
    /// The file of such statements.
    "file" file: PathText;
    /// Several such transactions, chosen by chance.
    "transactions" transactions: Several<Transaction>;
}

section! {
    /// A transaction of the clients.
    Transaction at "in `[[workload.transactions]]`", one "script" of ["sql", "file"];

    /// How often it is chosen, relative to the others; 1 where it is left out.
    "weight" weight: Whole<1, 1_000_000>;
    /// Whether it only reads: it is counted then, and proves nothing.
    "read-only" read_only: bool;
    /// Its statements, with pgbench's `\\set` and variables.
    "sql" sql: Prose;
    /// The file of its statements.
    "file" file: PathText;
}

section! {
    /// How the clients find the server that takes writes.
    Service at "in `[service]`";

    /// The way; `switch` where it is left out.
    "address" address: drill::Service;
}
