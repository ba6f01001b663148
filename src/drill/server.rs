//! What the servers of a drill are made of, beyond their settings.

use serde::{Deserialize, Serialize};

use super::ExtensionName;

/// What `[postgres]` says beyond version and settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ServerOptions {
    /// The image of its nodes where they are containers, with `{version}` in it where there are several.
    pub image: Option<String>,
    /// How a cluster is made.
    pub initdb: Initdb,
    /// Extensions of the clients' database.
    pub extensions: Vec<ExtensionName>,
    /// Tablespaces that are made before the dataset, each in a directory of its server's own.
    pub tablespaces: Vec<String>,
    /// Whether every connection over TCP is encrypted, with certificates that are made for the run.
    pub tls: bool,
    /// Lines of `pg_hba.conf`, before the one that lets everybody in by password.
    pub hba: Vec<String>,
}

/// What initdb decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Initdb {
    /// Whether pages have checksums.
    pub data_checksums: bool,
    /// Megabytes of a segment of WAL; PostgreSQL's own 16 where it is `None`.
    pub wal_segsize: Option<u32>,
    /// The encoding of the databases.
    pub encoding: String,
    /// The locale of libc.
    pub locale: String,
    /// The locale of ICU, where that collates.
    pub icu: Option<String>,
}

impl Default for Initdb {
    fn default() -> Self {
        Self {
            data_checksums: true,
            wal_segsize: None,
            encoding: "UTF8".into(),
            locale: "C.UTF-8".into(),
            icu: None,
        }
    }
}

impl Initdb {
    /// The arguments of initdb.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = vec![
            format!("--encoding={}", self.encoding),
            format!("--locale={}", self.locale),
            "--lc-messages=C".into(),
        ];
        if self.data_checksums {
            arguments.push("--data-checksums".into());
        }
        arguments.extend(self.wal_segsize.map(|megabytes| format!("--wal-segsize={megabytes}")));
        if let Some(icu) = &self.icu {
            arguments.extend(["--locale-provider=icu".into(), format!("--icu-locale={icu}")]);
        }
        arguments
    }
}
