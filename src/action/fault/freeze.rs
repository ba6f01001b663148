//! Every process of the server stops where it is. What this step froze is thawed by a `heal` step or at the end.

use std::time::Duration;

use super::{DrillContext, Effect};
use crate::{
    drill::NodeName,
    lab::{LabError, session::Session},
};

/// A live server answers within milliseconds.
const SILENCE: Duration = Duration::from_millis(500);

pub(super) async fn inject(context: &DrillContext, name: &NodeName) -> Result<Effect, LabError> {
    let node = context.node(name)?;
    let address = node.address().await?;
    let at = context.now();
    context.runtime.freeze(name).await?;
    // The kernel still takes connections for a frozen server; only an answer would prove that it lives.
    let proof = match Session::connect(&address, &context.secrets.superuser, "postgres", SILENCE).await {
        Err(error) if error.state.is_none() => {
            Ok((context.now(), format!("{name} does not answer: {}", error.message)))
        }
        Err(error) => Err(format!("{name} still answers: {error}")),
        Ok(_) => Err(format!("{name} still takes connections")),
    };
    Ok(Effect::at(at, proof))
}
