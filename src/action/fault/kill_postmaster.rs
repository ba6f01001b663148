//! SIGKILL to the postmaster alone; its children notice and end by themselves.

use super::{Effect, Stage, silence};
use crate::{
    drill::NodeName,
    lab::{Command, LabError},
};

pub(super) async fn inject(stage: &Stage, name: &NodeName) -> Result<Effect, LabError> {
    let node = stage.node(name)?;
    let address = node.address().await?;
    let script = format!("kill -KILL $(head -n 1 {}/postmaster.pid)", node.places().data);
    let at = stage.now();
    node.run(Command::shell(format!("kill the postmaster of {name}"), script)).await?;
    Ok(Effect::at(at, silence(stage, &node, &address).await))
}
