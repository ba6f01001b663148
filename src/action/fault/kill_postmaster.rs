//! SIGKILL to the postmaster alone; its children notice and end by themselves.

use super::{Injected, Injector, Seen, Site};
use crate::{
    drill::NodeName,
    lab::{Command, LabError},
};

pub(super) async fn inject(injector: &Injector, name: &NodeName) -> Result<Injected, LabError> {
    let node = &injector.node;
    let script = format!("p=$(head -n 1 {}/postmaster.pid); kill -KILL $p; echo $p", node.paths().data);
    let at = injector.moment();
    let killed = node.run(Command::shell(format!("kill the postmaster of {name}"), script)).await?.text();
    Ok(Injected { pid: killed.trim().parse().ok(), ..Injected::between(at, injector.moment()) })
}

/// Whether the process that was killed is gone: a restart gives the server another.
pub(super) async fn probe(site: &Site, name: &NodeName) -> Result<Seen, LabError> {
    let what = "look for the postmaster that was killed";
    let pid = site.pid.ok_or_else(|| LabError::state(what, "its process number is not known"))?;
    // A dead process that nobody has collected can still be signalled.
    let script = format!("kill -0 {pid} 2>/dev/null && ! grep -qs '^State:.*Z' /proc/{pid}/status");
    let lives = site.node.runtime().exec(name, &Command::shell(what, script)).await?.code == 0;
    Ok(Seen::present_if(
        !lives,
        format!("the postmaster of {name}, process {pid}, is gone"),
        format!("the postmaster of {name}, process {pid}, still lives"),
    ))
}
