//! Breaking things, with proof that they broke.

mod drop_table;
mod freeze;
mod kill_node;
mod kill_postmaster;
mod lose_volume;

use std::time::Duration;

use super::stage::Stage;
use crate::{
    drill::{Fault, NodeName},
    journal::{ErrorChain, Event, FaultFacts, Moment},
    lab::{
        Address, LabError,
        node::Node,
        session::Session,
        wait::{self, Poll},
    },
};

/// How long the effect of a fault may take to show.
const PROOF_WITHIN: Duration = Duration::from_secs(10);

/// How long a server may take for an answer just before a fault.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// What a fault file gives back.
struct Effect {
    /// Just before the call that caused it.
    at: Moment,
    /// When its effect was proven, and by what; or what was seen instead.
    proof: Result<(Moment, String), String>,
    xid: Option<u64>,
    lsn: Option<crate::pg::Lsn>,
    server_time: Option<jiff::Timestamp>,
}

impl Effect {
    const fn at(at: Moment, proof: Result<(Moment, String), String>) -> Self {
        Self { at, proof, xid: None, lsn: None, server_time: None }
    }
}

/// A fault step: injects it and proves its effect.
///
/// # Errors
/// Where it can't be injected. A fault without effect is no error here: the journal says so, and the judge counts it.
pub async fn inject(stage: &mut Stage, step: usize, fault: &Fault) -> Result<(), LabError> {
    let alive = match fault.node().filter(|_| fault.is_silence()) {
        Some(name) => last_answer(stage, name).await?,
        None => None,
    };
    let effect = match fault {
        Fault::LoseVolume { node } => lose_volume::inject(stage, node).await?,
        Fault::KillNode { node } => kill_node::inject(stage, node).await?,
        Fault::KillPostmaster { node } => kill_postmaster::inject(stage, node).await?,
        Fault::Freeze { node } => freeze::inject(stage, node).await?,
        Fault::DropTable { table } => drop_table::inject(stage, table).await?,
    };
    let (proven, effect_text) = match effect.proof {
        Ok((moment, text)) => (Some(moment), text),
        Err(text) => (None, text),
    };
    let facts = FaultFacts {
        fault: fault.clone(),
        alive,
        at: effect.at,
        proven,
        effect: effect_text,
        xid: effect.xid,
        lsn: effect.lsn,
        server_time: effect.server_time,
    };
    stage.recorder.record(Event::FaultInjected(facts.clone()));
    stage.faults.insert(step, facts);
    Ok(())
}

/// A heal step: lifts a freeze.
///
/// # Errors
/// Where the node is not frozen or does not answer again.
pub async fn heal(stage: &mut Stage, name: &NodeName) -> Result<(), LabError> {
    let node = stage.node(name)?;
    stage.runtime.thaw(name).await?;
    drop(node.wait_for_connections(PROOF_WITHIN).await?);
    stage.recorder.record(Event::FaultHealed { node: name.clone() });
    Ok(())
}

/// When a server has answered a query, just now; `None` where it does not. That it lived is part of the proof that a fault
/// silenced it.
async fn last_answer(stage: &Stage, name: &NodeName) -> Result<Option<Moment>, LabError> {
    Ok(match stage.node(name)?.answers(ANSWER_WITHIN).await {
        Ok(()) => Some(stage.now()),
        Err(error @ LabError::Sql { .. }) => {
            stage
                .recorder
                .progress(format!("{name} does not answer before the fault: {}", ErrorChain::of(&error)));
            None
        }
        Err(error) => return Err(error),
    })
}

/// Proof that nobody answers at an address: a connection is refused, or not answered.
async fn silence(stage: &Stage, node: &Node, address: &Address) -> Result<(Moment, String), String> {
    let what = format!("see {} stop answering", node.name());
    let proof = wait::until(&what, PROOF_WITHIN, Duration::from_millis(2), || async {
        let attempt =
            Session::connect(address, &stage.secrets.superuser, "postgres", Duration::from_millis(500)).await;
        Ok(match attempt {
            Err(error) if error.state.is_none() => Poll::Ready(error.message),
            Ok(_) | Err(_) => Poll::NotYet,
        })
    });
    match proof.await {
        Ok(message) => Ok((stage.now(), format!("{} no longer answers: {message}", node.name()))),
        Err(error) => Err(error.to_string()),
    }
}
