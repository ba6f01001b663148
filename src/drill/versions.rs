//! What only some of the supported versions can do.
//!
//! Sources: the release notes of 16, 17 and 18, appendix E of the manual.

use super::{BackupMethod, Compression, Drill};
use crate::pg::Major;

/// Settings by the version with which they came.
const CAME: &[(&str, Major)] = &[
    ("allow_alter_system", Major(17)),
    ("createrole_self_grant", Major(16)),
    ("event_triggers", Major(17)),
    ("extension_control_path", Major(18)),
    ("file_copy_method", Major(18)),
    ("idle_replication_slot_timeout", Major(18)),
    ("io_combine_limit", Major(17)),
    ("io_max_concurrency", Major(18)),
    ("io_method", Major(18)),
    ("io_workers", Major(18)),
    ("max_active_replication_origins", Major(18)),
    ("reserved_connections", Major(16)),
    ("scram_iterations", Major(16)),
    ("summarize_wal", Major(17)),
    ("sync_replication_slots", Major(17)),
    ("synchronized_standby_slots", Major(17)),
    ("transaction_timeout", Major(17)),
    ("vacuum_buffer_usage_limit", Major(16)),
    ("wal_summary_keep_time", Major(17)),
];

/// Settings by the version that has them no more.
const WENT: &[(&str, Major)] = &[
    ("db_user_namespace", Major(17)),
    ("force_parallel_mode", Major(16)),
    ("old_snapshot_threshold", Major(17)),
    ("promote_trigger_file", Major(16)),
    ("trace_recovery_messages", Major(17)),
    ("vacuum_defer_cleanup_age", Major(16)),
];

impl Drill {
    /// What a version lacks that the drill needs; a drill that pins its version needs nothing that it lacks.
    #[must_use]
    pub fn lacking(&self, version: Major) -> Option<String> {
        let settings = self.settings.keys().chain(self.nodes().iter().flat_map(|node| node.settings.keys()));
        let lacks_setting =
            settings.filter_map(|name| setting(name, version)).map(|(message, _)| message).next();
        lacks_setting.or_else(|| {
            self.backups().find_map(|backup| Some(compression(backup.method, backup.compress, version)?.0))
        })
    }
}

/// Why a version doesn't know a setting, and how to mend it.
pub(crate) fn setting(name: &str, version: Major) -> Option<(String, String)> {
    let of = |list: &[(&str, Major)]| list.iter().find(|(known, _)| *known == name).map(|(_, major)| *major);
    if let Some(first) = of(CAME).filter(|first| version < *first) {
        return Some((
            format!("PostgreSQL {version} has no `{name}`: it came with {first}"),
            format!("remove it, or write `version = {first}`"),
        ));
    }
    let gone = of(WENT).filter(|gone| version >= *gone)?;
    Some((
        format!("PostgreSQL {version} has no `{name}` any more: it went with {gone}"),
        "take it away".into(),
    ))
}

/// Why a method can't pack a backup so with a version, and how to mend it.
pub(crate) fn compression(
    method: BackupMethod,
    compress: Compression,
    version: Major,
) -> Option<(String, String)> {
    let info = method.info();
    let tool = info.programs.first().unwrap_or(&info.name);
    match info.packs.iter().find(|(known, _)| *known == compress) {
        Some((_, since)) if version >= *since => None,
        Some((_, since)) => Some((
            format!("{tool} {version} can't pack with {}: that came with {since}", compress.name()),
            format!("write `\"gzip\"`, or `version = {since}`"),
        )),
        None => {
            let known: Vec<_> =
                info.packs.iter().map(|(known, _)| format!("`\"{}\"`", known.name())).collect();
            Some((
                format!("{tool} can't pack with {}", compress.name()),
                format!("write one of {}", known.join(", ")),
            ))
        }
    }
}
