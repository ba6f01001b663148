//! What has to hold, one rule a file.

pub(in crate::judge) mod baseline;
pub(in crate::judge) mod checks;
pub(in crate::judge) mod cleanup;
pub(in crate::judge) mod content;
pub(in crate::judge) mod end_of_recovery;
pub(in crate::judge) mod evidence;
pub(in crate::judge) mod examined;
pub(in crate::judge) mod fault;
pub(in crate::judge) mod guarantee;
pub(in crate::judge) mod identity;
pub(in crate::judge) mod ledger;
pub(in crate::judge) mod not_proven;
pub(in crate::judge) mod objective;
pub(in crate::judge) mod source;
pub(in crate::judge) mod step;
pub(in crate::judge) mod tls;
pub(in crate::judge) mod verification;
