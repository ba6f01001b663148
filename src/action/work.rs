//! Letting the clients commit for a while.

use std::time::Duration;

use super::{context::DrillContext, workload::Workload};
use crate::{
    drill::Period,
    human,
    journal::{Event, Moment},
    lab::LabError,
};

/// How long the clients of a service that is up may go without a commit, where their rate does not say
/// otherwise.
const SILENCE: Duration = Duration::from_secs(15);

/// How often that is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

const WHAT: &str = "let the clients work";

pub(super) async fn work(context: &DrillContext, step: usize, period: Period) -> Result<(), LabError> {
    let workload = context.workload()?;
    let before = workload.status().acknowledged();
    let begun = context.now();
    let is_expected = workload.writers() > 0 && context.timeline.is_service_up(step);
    let silence = context.drill.workload().patience(SILENCE);
    // The length of the work is what the drill asks for: the one wait that is for time and not for a
    // condition.
    let worked = tokio::select! {
        () = tokio::time::sleep(period.duration()) => Ok(()),
        trouble = trouble(context, workload, begun, is_expected.then_some(silence)) => Err(trouble),
    };
    let worked = match worked {
        // Their pace may be slower than the work is long: the first commit is waited for, as long as it may
        // take.
        Ok(()) if is_expected && workload.status().acknowledged() == before => {
            context.recorder.progress("waiting for a first commit: the clients' rate is low");
            let left = silence.saturating_sub(context.now().since(begun));
            match workload.wait_for_commit(begun, left).await {
                Ok(_) => Ok(()),
                Err(_) => {
                    let seen = "no commit was acknowledged although the service should be up";
                    Err(silence_of(context, seen).await)
                }
            }
        }
        worked => worked,
    };
    let acknowledged = workload.status().acknowledged() - before;
    context.recorder.record(Event::Worked { step, acknowledged });
    worked
}

/// Comes when the work need not go on: no client has committed for so long, or what they commit can't be
/// written down.
async fn trouble(
    context: &DrillContext,
    workload: &Workload,
    begun: Moment,
    silence: Option<Duration>,
) -> LabError {
    loop {
        if let Err(error) = workload.flush() {
            return error;
        }
        let quiet = context.now().since(workload.status().last_ack().max(begun));
        if let Some(silence) = silence.filter(|silence| quiet > *silence) {
            return silence_of(
                context,
                &format!(
                    "no commit was acknowledged for {} although the service should be up",
                    human::duration(silence)
                ),
            )
            .await;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Why clients are silent: their server died, or nobody knows.
async fn silence_of(context: &DrillContext, seen: &str) -> LabError {
    let seen =
        context.workload().map_or_else(|_| seen.to_owned(), |workload| workload.status().explain(seen));
    let error = LabError::state(WHAT, seen);
    match context.service() {
        Ok((node, _)) => node.blame(error).await,
        Err(_) => error,
    }
}
