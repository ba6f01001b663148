//! What happened, from the journal and the ledgers; nothing is judged here.

pub(in crate::judge) mod commit_accounting;
#[cfg(test)]
pub(in crate::judge) mod commit_accounting_model;
pub(in crate::judge) mod commit_sides;
pub(in crate::judge) mod contention;
pub(in crate::judge) mod ledger_facts;
pub(in crate::judge) mod outage;
pub(in crate::judge) mod phases;
pub(in crate::judge) mod record;
pub(in crate::judge) mod provenance;
pub(in crate::judge) mod recovery;
pub(in crate::judge) mod recovery_point;
pub(in crate::judge) mod rto;
pub(in crate::judge) mod server_stage;
pub(in crate::judge) mod sources;
pub(in crate::judge) mod surveys;
pub(in crate::judge) mod wal_volume;
pub(in crate::judge) mod work;
pub(in crate::judge) mod worst_case;
