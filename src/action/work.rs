//! Letting the clients commit for a while.

use std::time::Duration;

use super::stage::Stage;
use crate::{
    drill::Period,
    journal::{Event, Moment},
    lab::LabError,
};

/// How long the clients of a service that is up may go without a commit, where their rate does not say otherwise.
const SILENCE: Duration = Duration::from_secs(15);

/// How often that is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub(super) async fn work(stage: &Stage, step: usize, period: Period) -> Result<(), LabError> {
    let workload = stage.workload()?;
    let before = workload.pulse().acknowledged();
    let begun = stage.now();
    let is_expected = workload.writers() > 0 && stage.drill.is_service_up(step);
    let silence = stage.drill.workload.rate.map_or(SILENCE, |rate| SILENCE.max(Duration::from_secs_f64(3.0 / rate)));
    // The length of the work is what the drill asks for: the one wait that is for time and not for a condition.
    let silent = tokio::select! {
        () = tokio::time::sleep(period.duration()) => false,
        () = fall_silent(stage, begun, silence), if is_expected => true,
    };
    let acknowledged = workload.pulse().acknowledged() - before;
    stage.recorder.record(Event::Worked { acknowledged });
    let what = "let the clients work";
    let error = match acknowledged {
        _ if silent => LabError::state(what, format!("none of them committed for {silence:?} although the service should be up")),
        0 if is_expected => LabError::state(what, "they committed nothing although the service should be up"),
        _ => return Ok(()),
    };
    Err(match stage.service() {
        Ok((node, _)) => node.blame(error).await,
        Err(_) => error,
    })
}

/// Ends when no client has committed for so long.
async fn fall_silent(stage: &Stage, begun: Moment, silence: Duration) {
    while let Ok(workload) = stage.workload() {
        if stage.now().since(workload.pulse().last_ack().max(begun)) > silence {
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
