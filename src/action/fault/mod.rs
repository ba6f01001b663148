//! Breaking things, and lifting what was broken.
//!
//! A fault file has `inject`, `probe` (is the effect there?) and, where the fault can be lifted, `heal`.

mod drop_table;
mod freeze;
mod kill_node;
mod kill_postmaster;
mod lose_volume;
mod proof;

use std::time::Duration;

pub use proof::{Proofs, look_after};
use proof::{Seen, Site};

use super::context::DrillContext;
use crate::{
    drill::{Fault, NodeName},
    journal::{ErrorChain, Event, FaultFacts, Moment},
    lab::LabError,
};

/// How long a server may take for an answer just before a fault.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// What a fault file gives back.
struct Injected {
    /// Just before the call that caused it.
    at: Moment,
    /// Just after that call, or when clients noticed it, if that was earlier.
    done: Moment,
    /// The process that was killed.
    pid: Option<u32>,
    /// Whether the table that was dropped had rows.
    has_rows: Option<bool>,
    xid: Option<u64>,
    lsn: Option<crate::pg::Lsn>,
    server_time: Option<jiff::Timestamp>,
}

impl Injected {
    const fn between(at: Moment, done: Moment) -> Self {
        Self { at, done, pid: None, has_rows: None, xid: None, lsn: None, server_time: None }
    }
}

/// A fault step: injects it, and begins to look for its effect, which nobody waits for here.
///
/// # Errors
/// Returns an error if it can't be injected. A fault without effect is no error: the journal says so, and the judge counts it.
pub async fn inject(context: &mut DrillContext, step: usize, fault: &Fault) -> Result<(), LabError> {
    let alive = match fault.node().filter(|_| fault.is_silence()) {
        Some(name) => last_answer(context, name).await?,
        None => None,
    };
    let node = match fault.node() {
        Some(name) => context.node(name)?,
        None => context.service()?.0,
    };
    let injected = match fault {
        Fault::LoseVolume { node } => lose_volume::inject(context, step, node).await?,
        Fault::KillNode { node } => kill_node::inject(context, step, node).await?,
        Fault::KillPostmaster { node } => kill_postmaster::inject(context, node).await?,
        Fault::Freeze { node } => freeze::inject(context, node).await?,
        Fault::DropTable { table } => drop_table::inject(context, table).await?,
    };
    let facts = FaultFacts {
        fault: fault.clone(),
        alive,
        at: injected.at,
        done: injected.done,
        proof: None,
        has_rows: injected.has_rows,
        xid: injected.xid,
        lsn: injected.lsn,
        server_time: injected.server_time,
    };
    context.recorder.record(Event::FaultInjected { step, facts: facts.clone() });
    context.faults.insert(step, facts);
    let site =
        Site { node, database: context.database().clone(), pid: injected.pid, has_rows: injected.has_rows };
    proof::begin(context, step, fault, site);
    Ok(())
}

/// A heal step: lifts a freeze.
///
/// # Errors
/// Returns an error if the node is not frozen or does not answer again.
pub async fn heal(context: &mut DrillContext, step: usize, name: &NodeName) -> Result<(), LabError> {
    context.proofs.settle().await;
    let node = context.node(name)?;
    freeze::heal(context, name).await?;
    let healed = context.faults.keys().find(|fault| context.drill.ended_by(**fault) == Some(step));
    if let Some(fault) = healed {
        context.recorder.record(Event::FaultHealed { fault: *fault, step: Some(step) });
    }
    drop(node.wait_for_connections().await?);
    look_after(context, step).await;
    Ok(())
}

/// Lifts every freeze that no step has lifted: a fault ends with its drill.
pub async fn heal_what_is_open(context: &DrillContext) {
    for (number, facts) in context.faults.iter().rev() {
        if let Fault::Freeze { node } = &facts.fault {
            // A node that was thawed says so.
            if let Ok(()) = freeze::heal(context, node).await {
                context.recorder.record(Event::FaultHealed { fault: *number, step: None });
            }
        }
    }
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
