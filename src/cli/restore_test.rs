//! `lifeboat restore-test`: a drill file of what the command line says, and its run.

use std::path::PathBuf;

use clap::Args;

use super::{
    arguments::How,
    exit::Exit,
    run,
    select::{Selected, drawn},
    terminal,
};
use crate::{
    drill::DrillName,
    journal::DrillFile,
    syntax::{self, RestoreTest as Asked},
};

pub(super) const EXAMPLES: &str = "\
Examples:
  lifeboat restore-test /backups/shop.dump                     one dump, in whatever form
  lifeboat restore-test '/backups/shop-*.dump.gz' --max-age 26h the newest of them, which must be young
  lifeboat restore-test s3://backups/pg/shop-*.dump.gpg --gpg-key file:/run/secrets/restore.key
  lifeboat restore-test /backups/all.sql.zst.enc --passphrase env:BACKUP_KEY --iterations 20000
  lifeboat restore-test /backups/shop.dump --rto 30m --rows shop.receipt=1000 --save drills/shop.toml";

/// What is restored, what it must be like, and how.
#[derive(Debug, Args)]
pub(super) struct RestoreTest {
    /// Where the backup lies: a path or a URL (s3://, gs://, az://); `*` in its last part stands for any text
    #[arg(value_name = "BACKUP")]
    backup: String,
    /// What it is, where its bytes are not to be asked: dump or script
    #[arg(long, value_name = "KIND", help_heading = "Backup")]
    kind: Option<String>,
    /// Which of several: latest, oldest, random, a time, or a name [default: latest]
    #[arg(long, value_name = "WHICH", help_heading = "Backup")]
    pick: Option<String>,
    /// What `pg_dumpall --globals-only` wrote: the roles that a dump needs
    #[arg(long, value_name = "PLACE", help_heading = "Backup")]
    globals: Option<String>,
    /// A private key of GnuPG: env:NAME, file:PATH or command:PROGRAM [default: your agent]
    #[arg(long, value_name = "REFERENCE", help_heading = "Keys")]
    gpg_key: Option<String>,
    /// The passphrase of that key, of `gpg --symmetric` or of `openssl enc`
    #[arg(long, value_name = "REFERENCE", help_heading = "Keys")]
    passphrase: Option<String>,
    /// An identity of age
    #[arg(long, value_name = "REFERENCE", help_heading = "Keys")]
    age_identity: Option<String>,
    /// How `openssl enc` made its key: pbkdf2, sha256 or md5 [default: pbkdf2]
    #[arg(long, value_name = "WAY", requires = "passphrase", help_heading = "Keys")]
    key_derivation: Option<String>,
    /// The iterations of pbkdf2 [default: 10000]
    #[arg(long, value_name = "N", requires = "passphrase", help_heading = "Keys")]
    iterations: Option<u32>,
    /// How long the restore may take, up to the first write: the recovery time objective
    #[arg(long, value_name = "PERIOD", help_heading = "Limits")]
    rto: Option<String>,
    /// How old its newest commit may be: the recovery point objective
    #[arg(long, value_name = "PERIOD", help_heading = "Limits")]
    rpo: Option<String>,
    /// How old the backup may be
    #[arg(long, value_name = "PERIOD", help_heading = "Limits")]
    max_age: Option<String>,
    /// How large it is at least, as in 500MB
    #[arg(long, value_name = "SIZE", help_heading = "Limits")]
    min_size: Option<String>,
    /// What is asked of the restored copy [default: amcheck]
    #[arg(long = "check", value_name = "CHECK,…", value_delimiter = ',', help_heading = "Checks")]
    checks: Vec<String>,
    /// A table that holds at least so many rows
    #[arg(long, value_name = "SCHEMA.TABLE=N", value_parser = rows, help_heading = "Checks")]
    rows: Vec<(String, u64)>,
    /// Write the drill file that is run here as well
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    #[command(flatten)]
    how: How,
}

fn rows(text: &str) -> Result<(String, u64), String> {
    let wrong = || "write a table and a number, as in shop.receipt=1000".to_owned();
    let (table, least) = text.rsplit_once('=').ok_or_else(wrong)?;
    Ok((table.to_owned(), least.parse().map_err(|_| wrong())?))
}

pub(super) async fn restore_test(arguments: RestoreTest) -> Exit {
    let how = match selected(&arguments) {
        Ok(selected) => run::perform(arguments.how, vec![selected]).await,
        Err(exit) => Err(exit),
    };
    how.unwrap_or_else(|exit| exit)
}

/// The drill that the command line asks for; says where it is wrong.
fn selected(arguments: &RestoreTest) -> Result<Selected, Exit> {
    let text = syntax::restore_test(&asked(arguments));
    let name = name(&arguments.backup)?;
    let mut drill = match syntax::parse_with_cautions(&name, "the command line", &text) {
        Ok((drill, cautions)) => {
            if let Some(caution) = cautions {
                terminal::error(&drawn(&caution));
            }
            drill
        }
        Err(diagnostics) => {
            terminal::error(&drawn(&diagnostics));
            return Err(Exit::Usage);
        }
    };
    drill.folder = std::env::current_dir().ok();
    if let Some(path) = &arguments.save
        && let Err(error) = std::fs::write(path, &text)
    {
        terminal::error(&format!("failed to write {}: {error}", path.display()));
        return Err(Exit::Report);
    }
    let path = arguments.save.as_ref().map_or("the command line".into(), |path| path.to_string_lossy());
    Ok(Selected { drill, file: DrillFile { path: path.into_owned(), text } })
}

fn asked(arguments: &RestoreTest) -> Asked {
    Asked {
        title: format!("Restore of {}", arguments.backup),
        source: vec![
            ("backup", Some(arguments.backup.clone())),
            ("kind", arguments.kind.clone()),
            ("pick", arguments.pick.clone()),
            ("globals", arguments.globals.clone()),
            ("max-age", arguments.max_age.clone()),
            ("min-size", arguments.min_size.clone()),
        ],
        decrypt: vec![
            ("gpg-key", arguments.gpg_key.clone()),
            ("passphrase", arguments.passphrase.clone()),
            ("age-identity", arguments.age_identity.clone()),
            ("key-derivation", arguments.key_derivation.clone()),
        ],
        iterations: arguments.iterations,
        objectives: vec![("rto", arguments.rto.clone()), ("rpo", arguments.rpo.clone())],
        checks: if arguments.checks.is_empty() && !arguments.rows.is_empty() {
            vec!["amcheck".into()]
        } else {
            arguments.checks.clone()
        },
        rows: arguments.rows.clone(),
    }
}

/// A name that is the same from month to month: what the backup is called, without what changes.
fn name(backup: &str) -> Result<DrillName, Exit> {
    let last = backup.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let stem = last.split(['.', '*']).next().unwrap_or_default().to_ascii_lowercase();
    let slug: String =
        stem.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '-' }).collect();
    let slug = slug.trim_matches(|char: char| !char.is_ascii_lowercase());
    let slug: String = slug.chars().take(40).collect();
    let name = |slug: &str| format!("restore-test/{slug}").parse::<DrillName>();
    name(slug.trim_end_matches('-')).or_else(|_| name("backup")).map_err(|_| Exit::Bug)
}
