//! Who made a resource, and whether it still runs.

use std::{fmt, fs, str::FromStr};

/// A runner's process, told apart from every other on any machine and across reboots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    boot: String,
    pid_namespace: String,
    pid: u32,
    start: String,
    machine: String,
}

/// What is known of an owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Life {
    Alive,
    Dead,
    Unknown(&'static str),
}

impl Owner {
    /// This process.
    pub(super) fn current() -> Self {
        let pid = std::process::id();
        Self {
            boot: line("/proc/sys/kernel/random/boot_id"),
            pid_namespace: pid_namespace(),
            pid,
            start: start_of(pid).unwrap_or_else(unknown),
            machine: machine(),
        }
    }

    /// Whether it still runs, as far as this process can see.
    pub(super) fn life(&self) -> Life {
        let me = Self::current();
        if me.boot == UNKNOWN || me.start == UNKNOWN {
            return Life::Unknown("this system does not tell which processes run");
        }
        if self.boot != me.boot {
            let rebooted = self.machine == me.machine && self.machine != UNKNOWN;
            return if rebooted { Life::Dead } else { Life::Unknown("it was made by another machine") };
        }
        if self.pid_namespace != me.pid_namespace {
            return Life::Unknown("its runner is in another container");
        }
        if start_of(self.pid).is_some_and(|start| start == self.start) { Life::Alive } else { Life::Dead }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/{}/{}", self.boot, self.pid_namespace, self.pid, self.start, self.machine)
    }
}

impl FromStr for Owner {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.splitn(5, '/').map(str::to_owned);
        let mut next = || parts.next().filter(|part| !part.is_empty()).ok_or(());
        let (boot, pid_namespace, pid) = (next()?, next()?, next()?.parse().map_err(|_| ())?);
        Ok(Self { boot, pid_namespace, pid, start: next()?, machine: next()? })
    }
}

const UNKNOWN: &str = "unknown";

fn unknown() -> String {
    UNKNOWN.to_owned()
}

fn line(path: &str) -> String {
    fs::read_to_string(path)
        .ok()
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
        .unwrap_or_else(unknown)
}

/// `/etc/machine-id` is the same in every container of some images, the host's name is not: both together.
fn machine() -> String {
    format!("{}:{}", line("/proc/sys/kernel/hostname"), line("/etc/machine-id"))
}

fn pid_namespace() -> String {
    fs::read_link("/proc/self/ns/pid").map_or_else(|_| unknown(), |link| link.display().to_string())
}

/// When a process started, in ticks since the boot; `None` where there is no such process.
///
/// Source: `proc_pid_stat(5)`, field 22; the second field may hold spaces and parentheses.
fn start_of(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(19).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_read_back_and_judged_by_its_process() {
        let me = Owner::current();
        assert_eq!(me.to_string().parse(), Ok(me.clone()));
        assert_eq!(me.life(), Life::Alive);
        assert_eq!(
            Owner { start: "1".to_owned(), ..me.clone() }.life(),
            Life::Dead,
            "the same id, another process"
        );
        assert_eq!(
            Owner { boot: "before".to_owned(), ..me.clone() }.life(),
            Life::Dead,
            "this machine, an earlier boot"
        );
        let elsewhere = Owner { boot: "there".to_owned(), machine: "m:1".to_owned(), ..me.clone() };
        assert!(matches!(elsewhere.life(), Life::Unknown(_)), "another machine");
        let inside = Owner { pid_namespace: "pid:[1]".to_owned(), ..me };
        assert!(matches!(inside.life(), Life::Unknown(_)), "a container of this machine");
        assert_eq!("garbage".parse::<Owner>(), Err(()));
    }
}
