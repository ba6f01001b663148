//! What can be proven of a recovered cluster: each check says what it proves, and what none did is told.

use super::CheckWord;

/// Declares the properties with a clause that says what was not done where no check proves them.
macro_rules! properties {
    ($($(#[doc = $doc:literal])* $name:ident: $unproven:literal;)*) => {
        /// A property of a recovered cluster.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Property {
            $($(#[doc = $doc])* $name,)*
        }

        impl Property {
            /// All of them, the weightiest first.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// What was not done, as a clause.
            const fn clause(self) -> &'static str {
                match self {
                    $(Self::$name => $unproven,)*
                }
            }
        }
    };
}

impl Property {
    /// What is said where no check of a drill proves it; the checks that would are named.
    #[must_use]
    pub fn unproven(self) -> String {
        let proving = CheckWord::ALL.iter().map(|word| word.check()).filter(|check| check.proves(self));
        let names: Vec<_> = proving.map(|check| check.info().name).collect();
        if names.is_empty() {
            return format!("{}.", self.clause());
        }
        format!("{}: the drill has no {} check.", self.clause(), names.join(" or "))
    }
}

properties! {
    /// What clients were told is durable is there.
    Commits: "Client commits were not verified";
    /// The rows of tables are those of before.
    Content: "Table content was not compared";
    /// Indexes and heaps agree.
    Indexes: "Indexes were not verified against their tables, nor pages against their structure";
    /// The recovered server archives, and a backup of it verifies.
    Protection: "Whether the recovered server can be backed up again was not tested";
    /// Roles, their attributes and memberships, and grants.
    Access: "Roles, their memberships and passwords, grants, default privileges, and row security policies \
        were not compared";
    /// Functions, triggers, views, rules.
    Code: "Functions, procedures, triggers, rules, and definitions of views were not compared";
    /// Constraints, defaults, types, statistics objects.
    Schema: "Constraints, defaults, types, domains, extensions, and comments were not compared";
    /// Where sequences stand.
    Sequences: "Sequences were not compared: they may be ahead by up to 32 values after a recovery by WAL, \
        which is expected; one that is behind its table is not noticed";
    /// Settings of the server, of databases and of roles.
    Settings: "Settings of the server (postgresql.conf, pg_hba.conf, ALTER SYSTEM), of databases, and of \
        roles were not compared";
    /// Subscriptions, publications, foreign servers.
    Outside: "Publications, subscriptions, replication slots, and foreign servers were not compared: a \
        recovered copy reaches nothing outside the lab";
}
