//! The programs that a drill needs of its nodes.

use super::{Drill, Verb};

/// A program, and what needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeededProgram {
    /// Its name.
    pub name: &'static str,
    /// What needs it: `the backup nightly`.
    pub by: String,
}

impl Drill {
    /// Every program that its archive, its backups and its checks run, beside those that every cluster needs.
    #[must_use]
    pub fn programs(&self) -> Vec<NeededProgram> {
        let mut programs = Vec::new();
        let mut need = |names: &[&'static str], by: String| {
            programs.extend(names.iter().map(|name| NeededProgram { name, by: by.clone() }));
        };
        if let Some(archive) = self.archive() {
            need(archive.method.info().programs, "the archive".to_owned());
        }
        for step in &self.steps {
            match &step.verb {
                Verb::Backup(backup) => {
                    let by = format!("the backup {}", backup.label);
                    need(backup.method.info().programs, by.clone());
                    need(backup.unpacker().as_slice(), by);
                }
                Verb::Check(checks) => {
                    for check in checks {
                        need(check.info().programs, format!("the check {}", check.describe()));
                    }
                }
                Verb::Work(_)
                | Verb::RestorePoint(_)
                | Verb::Fault(_)
                | Verb::Arm(_)
                | Verb::Heal(_)
                | Verb::Recover(_)
                | Verb::Sql(_)
                | Verb::Exec(_) => {}
            }
        }
        programs
    }
}
