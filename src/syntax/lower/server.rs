//! What the servers are made of, beyond their settings.

use crate::{
    drill::{Initdb, ServerOptions},
    pg::setting::Settings,
    syntax::{declared, diagnostic::Diagnostic, reading::Line},
};

/// The setting that `preload` stands for.
const PRELOAD: &str = "shared_preload_libraries";

/// The options of the servers.
pub(super) fn options(file: &declared::Drill, diagnostics: &mut Vec<Diagnostic>) -> Option<ServerOptions> {
    let Some(postgres) = file.postgres.get() else {
        return if file.postgres.is_given() { None } else { Some(ServerOptions::default()) };
    };
    let texts = |lines: Vec<Line>| lines.into_iter().map(|line| line.0).collect();
    Some(ServerOptions {
        image: postgres.image.optional()?.map(|image| image.0),
        initdb: initdb(postgres, diagnostics)?,
        extensions: postgres.extensions.or(Vec::new())?,
        tablespaces: postgres.tablespaces.or(Vec::new()).map(texts)?,
        tls: postgres.tls.or(false)?,
        hba: postgres.hba.or(Vec::new()).map(texts)?,
    })
}

fn initdb(postgres: &declared::Postgres, diagnostics: &mut Vec<Diagnostic>) -> Option<Initdb> {
    let usual = Initdb::default();
    if !postgres.initdb.is_given() {
        return Some(usual);
    }
    let initdb = postgres.initdb.get()?;
    if let Some((place, megabytes)) = initdb.wal_segsize.placed()
        && !megabytes.0.is_power_of_two()
    {
        let diagnostic = Diagnostic::meaning(place, "a size of WAL segments that initdb refuses");
        diagnostics.push(diagnostic.help("write a power of two from 1 to 1024, in megabytes"));
    }
    let text = |line: Option<Line>| line.map(|line| line.0);
    Some(Initdb {
        data_checksums: initdb.data_checksums.or(usual.data_checksums)?,
        wal_segsize: initdb.wal_segsize.optional()?.and_then(|megabytes| u32::try_from(megabytes.0).ok()),
        encoding: text(initdb.encoding.optional()?).unwrap_or(usual.encoding),
        locale: text(initdb.locale.optional()?).unwrap_or(usual.locale),
        icu: text(initdb.icu.optional()?),
    })
}

/// Adds the libraries that every server loads to the settings of all nodes.
pub(super) fn preload(
    file: &declared::Drill,
    mut settings: Settings,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Settings> {
    let Some((place, libraries)) = file.postgres.get().and_then(|postgres| postgres.preload.placed()) else {
        return Some(settings);
    };
    if settings.contains_key(PRELOAD) {
        let message = format!("`preload` and the setting `{PRELOAD}`: they are the same");
        diagnostics.push(Diagnostic::meaning(place, message).help("take one of them away"));
        return None;
    }
    let libraries: Vec<&str> = libraries.iter().map(|library| library.0.as_str()).collect();
    settings.insert(PRELOAD.into(), libraries.join(", "));
    Some(settings)
}
