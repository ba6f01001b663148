//! Who owns a run: enough to tell whether that runner still lives.

use std::{fs, path::Path};

use serde::{Deserialize, Serialize};

/// A process that can't be mistaken for another: its number may be used again, its start and its boot may not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The run.
    pub run: String,
    /// The process.
    pub pid: u32,
    /// Its start, in clock ticks since boot.
    pub start: u64,
    /// The boot of the machine.
    pub boot: String,
}

/// The name of the file that holds it in a run's directory.
pub(super) const FILE: &str = "owner.json";

impl Owner {
    /// This process.
    #[must_use]
    pub fn current(run: &str) -> Self {
        let pid = std::process::id();
        Self { run: run.to_owned(), pid, start: start_of(pid).unwrap_or_default(), boot: boot() }
    }

    /// Whether the process that this is about still lives.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.boot == boot() && start_of(self.pid) == Some(self.start)
    }

    /// The owner of a run's directory; `None` where that is no run's directory.
    #[must_use]
    pub fn of(directory: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(directory.join(FILE)).ok()?).ok()
    }
}

fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

fn start_of(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program stands in parentheses and may hold anything; the start is the 22nd field.
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_its_like_of_another_start_does_not() {
        let owner = Owner::current("x");
        assert!(owner.start > 0 && owner.is_alive());
        assert!(!Owner { start: owner.start + 1, ..owner }.is_alive());
    }
}
