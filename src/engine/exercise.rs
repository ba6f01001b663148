//! One exercise, from an empty lab to an empty lab.

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, panic::AssertUnwindSafe, path::PathBuf, sync::Arc, time::Duration};

use futures_util::{FutureExt, TryFutureExt};
use tokio_util::sync::CancellationToken;

use super::evidence;
use crate::{
    action::{
        self,
        context::DrillContext,
        fault::{self, Proofs},
        prepare,
        recorder::Recorder,
        topology,
        workload::{self, Workload},
    },
    drill::{Deadlines, Drill, Step},
    human,
    journal::{ErrorChain, Event, LEDGER_FILE, Outcome, Refusals},
    lab::{
        LabError, Runtime, TimeLeft,
        node::{SUPERUSER, Secrets},
        repository,
    },
};

/// Says, when an exercise is through, whether its lab is to be kept.
pub type KeepLab = Arc<dyn Fn() -> bool + Send + Sync>;

/// What an exercise needs.
pub(super) struct Exercising {
    pub(super) drill: Arc<Drill>,
    pub(super) runtime: Arc<dyn Runtime>,
    pub(super) recorder: Recorder,
    pub(super) secrets: Secrets,
    pub(super) folder: PathBuf,
    pub(super) cache: PathBuf,
    pub(super) cancel: CancellationToken,
    pub(super) keep: Option<KeepLab>,
}

/// Runs the exercise; everything that happened is in the journal. Returns whether its lab was kept.
pub(super) async fn run(exercising: Exercising) -> bool {
    let (cancel, keep) = (exercising.cancel.clone(), exercising.keep.clone());
    let deadlines = Deadlines::of(&exercising.drill);
    let mut context = begin(exercising);
    let (outcome, error) = {
        let (time_left, within) = (context.time_left.clone(), deadlines.set_up);
        let built = topology::build(&mut context).map_ok(|()| Outcome::Completed);
        limited(&cancel, &time_left, within, built).await
    };
    let drill = Arc::clone(&context.drill);
    if outcome == Outcome::Completed {
        run_steps(&mut context, &drill.steps, &cancel).await;
    } else {
        let error = error.unwrap_or_else(|| ErrorChain::message("build the cluster: interrupted"));
        context.recorder.record(Event::SetUpFailed { error });
        for (step, _) in drill.steps.iter().enumerate() {
            context.recorder.record(Event::StepEnded { step, outcome: Outcome::Skipped, error: None });
        }
    }
    close(context, &cancel, keep).await
}

/// An empty context, written down as the beginning of the exercise.
fn begin(exercising: Exercising) -> DrillContext {
    let Exercising { drill, runtime, recorder, secrets, folder, cache, cancel: _, keep: _ } = exercising;
    let nonce = prepare::nonce().unwrap_or_else(|error| {
        tracing::warn!(%error, "no randomness; the run's own name has to do");
        folder.to_string_lossy().chars().filter(char::is_ascii_alphanumeric).collect()
    });
    recorder.record(Event::DrillStarted {
        postgres: runtime.installation().version,
        nonce: nonce.clone(),
        resolution_us: u64::try_from(workload::RESOLUTION.as_micros()).unwrap_or(u64::MAX),
        software: runtime.installation().software.clone(),
    });
    DrillContext {
        timeline: drill.timeline(),
        drill,
        recorder,
        runtime,
        time_left: TimeLeft::default(),
        secrets,
        nonce,
        folder,
        cache,
        nodes: BTreeMap::new(),
        workload: None,
        primary: None,
        backups: BTreeMap::new(),
        restore_points: BTreeMap::new(),
        faults: BTreeMap::new(),
        healed: Default::default(),
        proofs: Proofs::default(),
        baselines: BTreeMap::new(),
        live_tables: Default::default(),
        second_look: None,
        restored_database: None,
        recovery: None,
        armed: None,
        interrupted: None,
    }
}

async fn run_steps(context: &mut DrillContext, steps: &[Step], cancel: &CancellationToken) {
    let mut going = true;
    for (number, step) in steps.iter().enumerate() {
        if !going {
            context.recorder.record(Event::StepEnded {
                step: number,
                outcome: Outcome::Skipped,
                error: None,
            });
            continue;
        }
        let recorder = context.recorder.clone();
        recorder.record(Event::StepStarted { step: number, title: step.title.clone() });
        let (time_left, within) = (context.time_left.clone(), step.deadline.duration());
        let (mut outcome, mut error) =
            limited(cancel, &time_left, within, action::perform(context, number, &step.verb)).await;
        // A ledger with a gap proves less than it seems to: no step counts as done with one.
        if let (Outcome::Completed, Some(Err(gap))) =
            (outcome, context.workload.as_ref().map(Workload::flush))
        {
            (outcome, error) = (Outcome::Failed, Some(ErrorChain::of(&gap)));
        }
        recorder.record(Event::StepEnded { step: number, outcome, error });
        going = matches!(outcome, Outcome::Completed | Outcome::Interrupted) && recorder.health().is_ok();
    }
}

/// Does something within its deadline, unless the run is interrupted. What it was in the middle of is
/// dropped; the programs that it had started end with the lab.
async fn limited(
    cancel: &CancellationToken,
    time_left: &TimeLeft,
    within: Duration,
    work: impl Future<Output = Result<Outcome, LabError>>,
) -> (Outcome, Option<ErrorChain>) {
    time_left.begin(within);
    tokio::select! {
        biased;
        () = cancel.cancelled() => (Outcome::Cancelled, Some(ErrorChain::message("interrupted"))),
        done = guarded(within, work) => match done {
            Ok(Ok(outcome)) => (outcome, None),
            // A wait that took all that was left: what was waited for says more than that the time is over.
            Ok(Err(error)) if time_left.remaining().is_zero() => {
                (Outcome::TimedOut, Some(ErrorChain::of(&error)))
            }
            Ok(Err(error)) => (Outcome::Failed, Some(ErrorChain::of(&error))),
            Err((outcome, error)) => (outcome, Some(error)),
        },
    }
}

/// Does something within its deadline; a crash ends it and nothing else, so that the lab is cleaned_up after
/// it, too.
async fn guarded<T>(within: Duration, work: impl Future<Output = T>) -> Result<T, (Outcome, ErrorChain)> {
    match tokio::time::timeout(within, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(panic)) => {
            let words = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied());
            Err((
                Outcome::Failed,
                ErrorChain::message(format!(
                    "a bug in lifeboat: {}",
                    words.unwrap_or("it crashed without a message")
                )),
            ))
        }
        Err(_) => Err((
            Outcome::TimedOut,
            ErrorChain::message(format!("not done within {}", human::duration(within))),
        )),
    }
}

/// Stops the clients, keeps evidence, and takes the lab down, whatever happened before. Each part has a bound
/// of its own.
async fn close(mut context: DrillContext, cancel: &CancellationToken, keep: Option<KeepLab>) -> bool {
    let deadlines = Deadlines::of(&context.drill);
    let recorder = context.recorder.clone();
    let missing = |file: &str, error: ErrorChain| {
        recorder.record(Event::EvidenceMissing { file: file.to_owned(), error });
    };
    if let Some(workload) = context.workload.take() {
        let strangers = workload.status().strangers();
        if strangers > 0 {
            recorder.progress(format!(
                "clients left {strangers} sessions of servers that the service address does not name"
            ));
        }
        let status = workload.status();
        let refusals = status.refusals().into_iter();
        let refusals = refusals.map(|(state, (count, words))| Refusals { state, count, words }).collect();
        recorder.record(Event::ClientsEnded { reads: status.reads(), refusals });
        match guarded(deadlines.clients, workload.stop()).await {
            // What it was when it was closed: a ledger that was changed later proves nothing.
            Ok(Ok(())) => {
                if let Err(error) = recorder.kept(&context.folder, LEDGER_FILE).await {
                    missing(LEDGER_FILE, ErrorChain::of(&error));
                }
            }
            Ok(Err(error)) => missing(LEDGER_FILE, ErrorChain::of(&error)),
            Err((_, error)) => missing(LEDGER_FILE, error),
        }
    }
    context.time_left.begin(deadlines.evidence);
    // What a fault did is known before it is lifted, and lifted before anything is fetched from its node.
    if let Err((_, error)) = guarded(deadlines.evidence, context.proofs.settle()).await {
        tracing::warn!(%error, "failed to learn what the faults did");
    }
    if let Err((_, error)) = guarded(deadlines.evidence, fault::heal_what_is_open(&context)).await {
        tracing::warn!(%error, "failed to lift what is open of the faults");
    }
    // Each file has its deadline, so that one that can't be had does not take the others along.
    if let Err((_, error)) = guarded(2 * deadlines.evidence, evidence::keep(&context)).await {
        missing("evidence", error);
    }
    let kept = match keep {
        Some(keep) => is_to_be_kept(keep, deadlines.evidence).await,
        None => false,
    };
    let left = if kept {
        tell_what_is_kept(&context).await;
        Vec::new()
    } else {
        recorder.progress("cleaning up");
        let cleaned_up = guarded(deadlines.clean_up, context.runtime.clean_up()).await;
        cleaned_up.unwrap_or_else(|(_, error)| vec![format!("the lab: {error}")])
    };
    recorder.record(Event::CleanedUp { left, kept });
    recorder.record(Event::DrillEnded { interrupted: cancel.is_cancelled() });
    kept
}

/// Asks whether a lab is to be kept, beside the tasks: whoever answers reads files and computes. A lab of
/// which that can't be told in time is kept, as one that did not pass.
async fn is_to_be_kept(keep: KeepLab, within: Duration) -> bool {
    match tokio::time::timeout(within, tokio::task::spawn_blocking(move || keep())).await {
        Ok(Ok(kept)) => kept,
        Ok(Err(error)) => {
            tracing::error!(%error, "failed to judge the exercise; its lab is kept");
            true
        }
        Err(_) => {
            tracing::error!(?within, "the exercise was not judged in time; its lab is kept");
            true
        }
    }
}

async fn tell_what_is_kept(context: &DrillContext) {
    for node in context.nodes.values().filter(|node| *node.name() != repository()) {
        if let Ok(address) = node.address().await {
            let reach = format!(
                "psql -h {} -p {} -U {SUPERUSER} -d {}, with the password in {}/pgpass on it; `lifeboat \
                 clean` removes it",
                address.host,
                address.port,
                context.database().shell_argument(),
                node.paths().run
            );
            context.recorder.record(Event::Kept { node: node.name().clone(), reach });
        }
    }
}
