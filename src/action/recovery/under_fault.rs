//! A recovery while which a fault comes.

use std::pin::pin;

use tokio::sync::oneshot;

use super::{Awaited, DrillContext};
use crate::{
    action::{context::Interrupted, fault},
    drill::{Recovery, RecoveryPhase},
    journal::{Outcome, Phase},
    lab::LabError,
};

impl From<RecoveryPhase> for Phase {
    fn from(phase: RecoveryPhase) -> Self {
        match phase {
            RecoveryPhase::Provision => Self::Provision,
            RecoveryPhase::Restore => Self::Restore,
            RecoveryPhase::Start => Self::Start,
            RecoveryPhase::Replay => Self::Replay,
            RecoveryPhase::Promote => Self::Promote,
        }
    }
}

/// Brings service back, while the fault that waits for it comes. One that hits the server that is brought up
/// interrupts the recovery: what it was in the middle of is dropped.
pub(super) async fn bring_back(
    context: &mut DrillContext,
    step: usize,
    recovery: &Recovery,
) -> Result<Outcome, LabError> {
    let Some((armed_by, armed)) = context.armed.take() else {
        let recovered = Box::pin(super::bring_back(context, step, recovery, None));
        return recovered.await.map(|()| Outcome::Completed);
    };
    let began = context.now();
    let interrupts = armed.interrupts(recovery);
    let injector = fault::Injector::beside(context, armed_by, &armed.fault)?;
    let (begun, phase) = oneshot::channel();
    // Nobody tells of the phase where the recovery ends before it: then there is no fault.
    let mut injection = pin!(async {
        match phase.await {
            Ok(()) => fault::perform(&injector, &armed.fault).await.map(Some),
            Err(_) => Ok(None),
        }
    });
    let awaited = Awaited { phase: armed.during.into(), begun };
    let (done, told) = {
        let mut recovered = Box::pin(super::bring_back(context, step, recovery, Some(awaited)));
        tokio::select! {
            biased;
            injected = &mut injection => match injected? {
                injected @ Some(_) if interrupts => (None, Some(injected)),
                injected => (Some(recovered.await), Some(injected)),
            },
            // Its server may have died of the fault before whoever injects it has been told so.
            done = &mut recovered => (Some(done), None),
        }
    };
    let injected = match told {
        Some(injected) => injected,
        None => injection.await?,
    };
    let was_injected = injected.is_some();
    if let Some(facts) = injected {
        fault::note(context, armed_by, facts);
    }
    match done {
        Some(Ok(())) if interrupts && was_injected => Err(LabError::state(
            format!("interrupt the recovery by step {}", armed_by + 1),
            "the recovery was through before the fault",
        )),
        Some(Err(error)) if !(interrupts && was_injected) => Err(error),
        Some(Ok(())) => Ok(Outcome::Completed),
        Some(Err(_)) | None => {
            context.interrupted = Some(Interrupted { step, began, recovery: recovery.clone() });
            Ok(Outcome::Interrupted)
        }
    }
}
