//! Breaking things, with proof that they broke.

mod drop_table;
mod freeze;
mod kill_node;
mod kill_postmaster;
mod lose_volume;

use std::time::Duration;

use super::context::DrillContext;
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
/// Returns an error if it can't be injected. A fault without effect is no error here: the journal says so, and the judge counts it.
pub async fn inject(context: &mut DrillContext, step: usize, fault: &Fault) -> Result<(), LabError> {
    let alive = match fault.node().filter(|_| fault.is_silence()) {
        Some(name) => last_answer(context, name).await?,
        None => None,
    };
    let effect = match fault {
        Fault::LoseVolume { node } => lose_volume::inject(context, node).await?,
        Fault::KillNode { node } => kill_node::inject(context, node).await?,
        Fault::KillPostmaster { node } => kill_postmaster::inject(context, node).await?,
        Fault::Freeze { node } => freeze::inject(context, node).await?,
        Fault::DropTable { table } => drop_table::inject(context, table).await?,
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
    context.recorder.record(Event::FaultInjected(facts.clone()));
    context.faults.insert(step, facts);
    Ok(())
}

/// A heal step: lifts a freeze.
///
/// # Errors
/// Returns an error if the node is not frozen or does not answer again.
pub async fn heal(context: &mut DrillContext, name: &NodeName) -> Result<(), LabError> {
    let node = context.node(name)?;
    context.runtime.thaw(name).await?;
    drop(node.wait_for_connections().await?);
    context.recorder.record(Event::FaultHealed { node: name.clone() });
    Ok(())
}

/// When a server has answered a query, just now; `None` where it does not. That it lived is part of the proof that a fault
/// silenced it.
async fn last_answer(context: &DrillContext, name: &NodeName) -> Result<Option<Moment>, LabError> {
    Ok(match context.node(name)?.answers(ANSWER_WITHIN).await {
        Ok(()) => Some(context.now()),
        Err(error @ LabError::Sql { .. }) => {
            context
                .recorder
                .progress(format!("{name} does not answer before the fault: {}", ErrorChain::of(&error)));
            None
        }
        Err(error) => return Err(error),
    })
}

/// Proof that nobody answers at an address: a connection is refused, or not answered.
async fn silence(context: &DrillContext, node: &Node, address: &Address) -> Result<(Moment, String), String> {
    let what = format!("see {} stop answering", node.name());
    let proof = wait::until(&what, PROOF_WITHIN, Duration::from_millis(2), || async {
        let attempt =
            Session::connect(address, &context.secrets.superuser, "postgres", Duration::from_millis(500))
                .await;
        Ok(match attempt {
            Err(error) if error.state.is_none() => Poll::Ready(error.message),
            Ok(_) | Err(_) => Poll::NotYet,
        })
    });
    match proof.await {
        Ok(message) => Ok((context.now(), format!("{} no longer answers: {message}", node.name()))),
        Err(error) => Err(error.to_string()),
    }
}
