//! Breaking things, and lifting what was broken.
//!
//! The file of a fault has `inject`, `probe` (is its effect there?) and, where its row in `drill/fault.rs`
//! says that it can be lifted, `heal`. Who calls them follows from the table.

mod drop_table;
mod freeze;
mod injector;
mod kill_node;
mod kill_postmaster;
mod lose_volume;
mod proof;

use std::time::Duration;

pub(super) use injector::Injector;
pub use proof::{Proofs, look_after};
use proof::{Seen, Site};

use super::context::DrillContext;
use crate::{
    drill::{DataEffect, Fault, fault_table},
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
    /// What went with it.
    inventory: Vec<String>,
    xid: Option<u64>,
    lsn: Option<crate::pg::Lsn>,
    server_time: Option<jiff::Timestamp>,
}

impl Injected {
    const fn between(at: Moment, done: Moment) -> Self {
        Self {
            at,
            done,
            pid: None,
            has_rows: None,
            inventory: Vec::new(),
            xid: None,
            lsn: None,
            server_time: None,
        }
    }
}

/// Declares the calls of the files of faults.
macro_rules! calls {
    ($(
        #[doc = $about:literal]
        $variant:ident { $hit:ident: $type:ty } $key:literal $module:ident: $words:literal {
            service: $service:ident, data: $data:ident, leaves: $leaves:literal,
            ended_by: $ended_by:ident $(($heal:literal))?, needs: $($needs:tt)*
        }
    )*) => {
        async fn cause(injector: &Injector, fault: &Fault) -> Result<Injected, LabError> {
            match fault {
                $(Fault::$variant { $hit } => $module::inject(injector, $hit).await,)*
            }
        }

        async fn probe(site: &Site, fault: &Fault) -> Result<Seen, LabError> {
            match fault {
                $(Fault::$variant { $hit } => $module::probe(site, $hit).await,)*
            }
        }

        async fn lift(context: &DrillContext, fault: &Fault) -> Result<(), LabError> {
            match fault {
                $(Fault::$variant { $hit } => lift_by!($module, context, $hit $(, $heal)?),)*
            }
        }
    };
}

macro_rules! lift_by {
    ($module:ident, $context:ident, $hit:ident, $heal:literal) => {
        $module::heal($context, $hit).await
    };
    ($module:ident, $context:ident, $hit:ident) => {
        Err(LabError::state(format!("heal {}", $hit), "nothing lifts this fault"))
    };
}
fault_table!(calls);

/// A fault step: injects it, and begins to look for its effect, which nobody waits for here.
///
/// # Errors
/// Returns an error if it can't be injected. A fault without effect is no error: the journal says so, and the
/// judge counts it.
pub async fn inject(context: &mut DrillContext, step: usize, fault: &Fault) -> Result<(), LabError> {
    let facts = perform(&Injector::now(context, step, fault)?, fault).await?;
    note(context, step, facts);
    Ok(())
}

/// Injects a fault with nothing but its own means, and begins to look for its effect.
pub(super) async fn perform(injector: &Injector, fault: &Fault) -> Result<FaultFacts, LabError> {
    let needed = fault.info().needs.filter(|needed| !injector.runtime.capabilities().contains(needed));
    if let Some(needed) = needed {
        return Err(LabError::state(fault.describe(), needed.lacking()));
    }
    let alive = if fault.is_silence() { last_answer(injector).await? } else { None };
    let injected = cause(injector, fault).await?;
    let facts = FaultFacts {
        fault: fault.clone(),
        alive,
        at: injected.at,
        done: injected.done,
        proof: None,
        has_rows: injected.has_rows,
        inventory: injected.inventory,
        xid: injected.xid,
        lsn: injected.lsn,
        server_time: injected.server_time,
    };
    injector.recorder.record(Event::FaultInjected { step: injector.step, facts: facts.clone() });
    let site = Site::of(injector.database.clone(), injector.node.clone(), &facts);
    proof::begin(injector, fault, Site { pid: injected.pid, ..site });
    Ok(facts)
}

/// The exercise as a fault of `step` has left it.
pub(super) fn note(context: &mut DrillContext, step: usize, facts: FaultFacts) {
    // What is out of reach for good is no node any more.
    let is_gone = matches!(facts.fault.info().data, DataEffect::Lost | DataEffect::OutOfReach);
    if let Some(name) = facts.fault.node().filter(|_| is_gone) {
        context.nodes.remove(name);
    }
    context.faults.insert(step, facts);
}

/// A heal step: lifts a fault.
///
/// # Errors
/// Returns an error if it is not there any more, or if the node that it hit does not answer again.
pub async fn heal(context: &mut DrillContext, step: usize, fault: &Fault) -> Result<(), LabError> {
    context.proofs.settle().await;
    let open = open(context).find(|(_, facts)| facts.fault == *fault).map(|(number, _)| number);
    let open = open.ok_or_else(|| LabError::state(format!("heal {}", fault.hit()), "no step broke it"))?;
    lift(context, fault).await?;
    context.healed.insert(open);
    context.recorder.record(Event::FaultHealed { fault: open, step: Some(step) });
    if let Some(node) = fault.node() {
        drop(context.node(node)?.wait_for_connections().await?);
    }
    look_after(context, step).await;
    Ok(())
}

/// Lifts every fault that can be lifted and that no step has lifted: a fault ends with its drill.
pub async fn heal_what_is_open(context: &DrillContext) {
    for (number, facts) in open(context).filter(|(_, facts)| facts.fault.has_heal()) {
        match lift(context, &facts.fault).await {
            Ok(()) => context.recorder.record(Event::FaultHealed { fault: number, step: None }),
            // Its node may have been destroyed since; what is still there goes with the lab.
            Err(error) => tracing::debug!(error = %ErrorChain::of(&error), "a fault could not be lifted"),
        }
    }
}

/// The faults that no step has lifted, the latest first.
fn open(context: &DrillContext) -> impl Iterator<Item = (usize, &FaultFacts)> {
    let is_open = |(number, _): &(&usize, _)| !context.healed.contains(number);
    context.faults.iter().rev().filter(is_open).map(|(number, facts)| (*number, facts))
}

/// When a server has answered a query, just now; `None` where it does not. That it lived is part of the proof
/// that a fault silenced it.
async fn last_answer(injector: &Injector) -> Result<Option<Moment>, LabError> {
    Ok(match injector.node.answers(ANSWER_WITHIN).await {
        Ok(()) => Some(injector.moment()),
        Err(error @ LabError::Sql { .. }) => {
            let name = injector.node.name();
            injector
                .recorder
                .progress(format!("{name} does not answer before the fault: {}", ErrorChain::of(&error)));
            None
        }
        Err(error) => return Err(error),
    })
}
