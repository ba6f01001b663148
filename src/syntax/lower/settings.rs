//! Server settings: which are the drill's to choose.

use std::time::Duration;

use super::server;
use crate::{
    drill::{BackupMethod, versions},
    pg::{Major, setting, setting::Settings},
    syntax::{
        declared::{self, RoleWord},
        diagnostic::Diagnostic,
        reading::{Entry, Field, SettingsText},
    },
};

const ARCHIVE: &str = "`[archive]` sets it";
const STANDBY: &str = "`role = \"standby\"` in `[[nodes]]` sets it";
const TARGET: &str = "`target` of a `recover` step sets it";
const RUNTIME: &str = "the runtime sets it";
const LOG: &str = "Lifeboat reads the log, so its form is fixed";

/// The settings that Lifeboat owns, and where a drill file says what they follow from.
const OWNED: &[(&str, &str)] = &[
    ("archive_command", ARCHIVE),
    ("archive_library", ARCHIVE),
    ("archive_mode", ARCHIVE),
    ("config_file", RUNTIME),
    ("data_directory", RUNTIME),
    ("external_pid_file", RUNTIME),
    ("hba_file", RUNTIME),
    ("hot_standby", STANDBY),
    ("ident_file", RUNTIME),
    ("lc_messages", LOG),
    ("listen_addresses", RUNTIME),
    ("log_destination", LOG),
    ("log_error_verbosity", LOG),
    ("log_line_prefix", LOG),
    ("log_min_messages", LOG),
    ("log_timezone", LOG),
    ("logging_collector", LOG),
    ("port", RUNTIME),
    ("primary_conninfo", STANDBY),
    ("primary_slot_name", STANDBY),
    ("recovery_min_apply_delay", "`delay` of a standby in `[[nodes]]` sets it"),
    ("restore_command", "a `recover` step sets it"),
    ("synchronous_standby_names", "`synchronous = true` of a standby in `[[nodes]]` sets it"),
    ("unix_socket_directories", RUNTIME),
];

/// Where the drill file says what an owned setting follows from.
fn owner(name: &str) -> Option<&'static str> {
    let target = name.starts_with("recovery_target").then_some(TARGET);
    OWNED.iter().find(|(owned, _)| *owned == name).map(|(_, owner)| *owner).or(target)
}

/// The settings of `[postgres]`.
pub(super) fn of_all_nodes(file: &declared::Drill, diagnostics: &mut Vec<Diagnostic>) -> Option<Settings> {
    match file.postgres.get() {
        Some(postgres) => {
            let settings = lower(file, &postgres.settings, diagnostics)?;
            server::preload(file, settings, diagnostics)
        }
        None => Some(Settings::new()),
    }
}

/// The settings of one node.
pub(super) fn of_node(
    file: &declared::Drill,
    node: &declared::Node,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Settings> {
    lower(file, &node.settings, diagnostics)
}

fn lower(
    file: &declared::Drill,
    settings: &Field<SettingsText>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Settings> {
    let version = file.postgres.get().and_then(|postgres| postgres.version.get()).copied();
    let settings = settings.or(SettingsText::default())?;
    diagnostics.extend(settings.0.iter().filter_map(|entry| wrong(file, version, entry)));
    Some(settings.0.into_iter().map(|entry| (entry.name, entry.value)).collect())
}

fn wrong(file: &declared::Drill, version: Option<Major>, entry: &Entry) -> Option<Diagnostic> {
    let Entry { key, place, name, value } = entry;
    if let Some(owner) = owner(name) {
        let help = format!("remove it: {owner}");
        return Some(
            Diagnostic::meaning(key.clone(), format!("`{name}` can't be set by a drill")).help(help),
        );
    }
    if let Some((message, help)) = version.and_then(|version| versions::setting(name, version)) {
        let version = file.postgres.get().and_then(|postgres| postgres.version.key());
        return Some(
            Diagnostic::meaning(key.clone(), message)
                .also(version, "the version that the drill needs")
                .help(help),
        );
    }
    match name.as_str() {
        "archive_timeout" if setting::duration(value, Duration::from_secs(1)).is_none() => Some(
            Diagnostic::meaning(place.clone(), "the server does not accept this as a duration")
                .help("write one such as `\"2s\"` or `\"1min\"`"),
        ),
        "wal_level" if value == "minimal" => needs_wal(file).map(|who| {
            Diagnostic::meaning(place.clone(), format!("too little WAL for {who}"))
                .help("write `\"replica\"`, or omit it")
        }),
        "max_wal_senders" if value == "0" => streams(file).map(|who| {
            Diagnostic::meaning(place.clone(), format!("no WAL sender for {who}"))
                .help("omit it: the default is ten")
        }),
        _ => None,
    }
}

/// What needs WAL to be streamed.
fn streams(file: &declared::Drill) -> Option<&'static str> {
    let standby = |node: &declared::Node| node.role.get() == Some(&RoleWord::Standby);
    let physical = |step: &declared::Step| {
        step.backup.get().and_then(|backup| backup.method.get()) == Some(&BackupMethod::Basebackup)
    };
    if file.all_nodes().iter().any(standby) {
        Some("the standby")
    } else if file.all_steps().iter().any(physical) {
        Some("pg_basebackup")
    } else {
        None
    }
}

/// What needs WAL to be more than minimal.
fn needs_wal(file: &declared::Drill) -> Option<&'static str> {
    if file.archive.is_given() { Some("the archive") } else { streams(file) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lifeboat_owns_is_known_with_its_owner() {
        assert_eq!(owner("recovery_target_xid"), Some(TARGET));
        assert_eq!(owner("archive_command"), Some(ARCHIVE));
        assert_eq!(owner("archive_timeout"), None);
        assert!(OWNED.is_sorted() && OWNED.iter().all(|(name, _)| setting::is_name(name)));
    }
}
