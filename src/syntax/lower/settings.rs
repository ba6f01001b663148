//! Server settings: which are the drill's to choose.

use std::time::Duration;

use super::server;
use crate::{
    drill::versions,
    pg::{Major, setting, setting::Settings},
    syntax::{
        declared::{self, RoleWord},
        diagnostic::{Diagnostic, Span},
        reading::{Entry, Field, SettingsText},
    },
};

const ARCHIVE: &str = "`[archive]` sets it";
const STANDBY: &str = "`role = \"standby\"` in `[[nodes]]` sets it";
const TARGET: &str = "`target` of a `recover` step sets it";
const RUNTIME: &str = "the runtime sets it";
const INCLUDE: &str = "a drill says its settings itself, so that a report can tell which they were";
const COMMAND: &str =
    "a command of the server's own could reach out of the lab, or remove what a recovery needs";
const TLS: &str = "`tls` in `[postgres]` sets it";
const OWN: &str = "Lifeboat tells its servers by it";
const LOG: &str = "Lifeboat reads the log, so its form is fixed";

/// The settings that Lifeboat owns, and where a drill file says what they follow from.
const OWNED: &[(&str, &str)] = &[
    ("archive_cleanup_command", COMMAND),
    ("archive_command", ARCHIVE),
    ("archive_library", ARCHIVE),
    ("archive_mode", ARCHIVE),
    ("config_file", RUNTIME),
    ("data_directory", RUNTIME),
    ("external_pid_file", RUNTIME),
    ("hba_file", RUNTIME),
    ("hot_standby", STANDBY),
    ("ident_file", RUNTIME),
    ("include", INCLUDE),
    ("include_dir", INCLUDE),
    ("include_if_exists", INCLUDE),
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
    ("recovery_end_command", COMMAND),
    ("recovery_min_apply_delay", "`delay` of a standby in `[[nodes]]` sets it"),
    ("restore_command", "a `recover` step sets it"),
    ("ssl", TLS),
    ("ssl_ca_file", TLS),
    ("ssl_cert_file", TLS),
    ("ssl_key_file", TLS),
    ("synchronous_standby_names", "`synchronous = true` of a standby in `[[nodes]]` sets it"),
    ("unix_socket_directories", RUNTIME),
];

/// Where the drill file says what an owned setting follows from.
fn owner(name: &str) -> Option<&'static str> {
    let target = name.starts_with("recovery_target").then_some(TARGET);
    let own = name.starts_with("lifeboat.").then_some(OWN);
    OWNED.iter().find(|(owned, _)| *owned == name).map(|(_, owner)| *owner).or(target).or(own)
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
    diagnostics.extend(too_small_for_a_standby(file, node));
    lower(file, &node.settings, diagnostics)
}

/// The settings that a standby must have at least as large as its primary, with what a server of the lab has
/// by itself.
///
/// Source: `CheckRequiredParameterValues` in `src/backend/access/transam/xlogrecovery.c`.
const NEEDED_BY_STANDBYS: [(&str, u64); 5] = [
    ("max_connections", 100),
    ("max_locks_per_transaction", 64),
    ("max_prepared_transactions", 0),
    ("max_wal_senders", 10),
    ("max_worker_processes", 8),
];

/// A standby that could not replay what its primary writes: its server would not start, or pause for ever.
fn too_small_for_a_standby(file: &declared::Drill, node: &declared::Node) -> Vec<Diagnostic> {
    if node.role.get() != Some(&RoleWord::Standby) {
        return Vec::new();
    }
    let of = |settings: &Field<SettingsText>, name: &str| {
        let settings = settings.get()?;
        let entry = settings.0.iter().find(|entry| entry.name == name)?;
        Some((entry.place.clone(), entry.value.trim().parse::<u64>().ok()?))
    };
    let common = |name: &str| of(&file.postgres.get()?.settings, name);
    let primary =
        file.all_nodes().iter().find(|other| other.role.get().is_none_or(|role| *role != RoleWord::Standby));
    let wrong = |&(name, default): &(&str, u64)| {
        let value = |of: Option<(Span, u64)>| of.or_else(|| common(name)).map_or(default, |(_, value)| value);
        let given = of(&node.settings, name);
        let of_primary = primary.and_then(|primary| of(&primary.settings, name));
        let (own, needed) = (value(given.clone()), value(of_primary.clone()));
        let (place, _) = given.or(of_primary).filter(|_| own < needed)?;
        let message = format!("the standby has {own} of `{name}`, and its primary {needed}");
        let help = "a standby with less can't replay: write as much for both, or write it into `[postgres]`";
        Some(Diagnostic::meaning(place, message).help(help))
    };
    NEEDED_BY_STANDBYS.iter().filter_map(wrong).collect()
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
        step.backup.get().and_then(|backup| backup.method.get()).is_some_and(|method| method.info().streams)
    };
    if file.all_nodes().iter().any(standby) {
        Some("the standby")
    } else if file.all_steps().iter().any(physical) {
        Some("the backup")
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
        assert_eq!(owner("include_dir"), Some(INCLUDE));
        assert_eq!(owner("lifeboat.data"), Some(OWN));
        assert!(OWNED.is_sorted() && OWNED.iter().all(|(name, _)| setting::is_name(name)));
    }
}
