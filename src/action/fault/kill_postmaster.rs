//! SIGKILL to the postmaster alone; its children notice and end by themselves.

use super::{DrillContext, Effect, silence};
use crate::{
    drill::NodeName,
    lab::{Command, LabError},
};

pub(super) async fn inject(context: &DrillContext, name: &NodeName) -> Result<Effect, LabError> {
    let node = context.node(name)?;
    let address = node.address().await?;
    let script = format!("kill -KILL $(head -n 1 {}/postmaster.pid)", node.paths().data);
    let at = context.now();
    node.run(Command::shell(format!("kill the postmaster of {name}"), script)).await?;
    Ok(Effect::at(at, silence(context, &node, &address).await))
}
