//! Steps of the user's own.

use crate::{
    drill::{DatabaseName, NodeName, RoleName},
    syntax::reading::{Line, PathText, Prose, Several, section},
};

section! {
    /// Statements that psql runs as the superuser, in one session.
    Statements at "in a step's `sql`", one "script" of ["statements", "file"];

    /// The statements, a script of psql.
    "statements" statements: Prose;
    /// The file of the statements, relative to this one.
    "file" file: PathText;
    /// The server, also the copy of a rehearsal; the one that takes writes where it is left out.
    "on" on: NodeName;
    /// The database; the clients' where it is left out.
    "database" database: DatabaseName;
    /// The role that is set first; the superuser where it is left out.
    "role" role: RoleName;
}

section! {
    /// A command, run as the server's user; it finds the server in the `PG*` variables and the data directory
    /// in `PGDATA`.
    Exec at "in `exec`";

    /// The node, also the copy of a rehearsal, or `repository`.
    "on" on: NodeName = required;
    /// The program and its arguments.
    "command" command: Several<Line> = required;
}
