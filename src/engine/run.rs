//! A run: exercises, jobs or one after another, into one journal.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use jiff::Timestamp;
use tokio::{sync::Semaphore, task::JoinSet};
use tokio_util::sync::CancellationToken;

use super::{
    KeepLab, Provider, Store, StoreError,
    exercise::{self, Exercising},
};
use crate::{
    action::{prepare, recorder::Recorder},
    drill::{Drill, RuntimeKind},
    journal::{DrillFile, Event, Exercise, Provenance},
    lab::{LabError, clock::Clock},
};

/// How to run.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// The run's name.
    pub run: String,
    /// How many exercises jobs.
    pub jobs: usize,
    /// Where prepared clusters' locks and passwords are kept.
    pub cache: PathBuf,
}

/// An exercise that was selected.
#[derive(Clone, Debug)]
pub struct PlannedExercise {
    /// Which.
    pub exercise: Exercise,
    /// The drill.
    pub drill: Arc<Drill>,
    /// The file that it was read from.
    pub file: DrillFile,
    /// Why it can't be done here; it is not started then.
    pub skip: Option<String>,
}

/// What was selected, in the order in which it is reported.
pub type Selection = Vec<PlannedExercise>;

/// A run that has a folder and a journal with its beginning in it, and has started nothing yet.
pub struct Run {
    options: RunOptions,
    provider: Arc<Provider>,
    store: Store,
    recorder: Recorder,
    cancel: CancellationToken,
}

/// Why a run could not be opened or executed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Its folder.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its journal.
    #[error(transparent)]
    Journal(LabError),
    /// What its labs need.
    #[error(transparent)]
    Lab(LabError),
}

impl Run {
    /// Opens a run with the beginning of its journal; where that can't be written, its folder goes again. It
    /// ends when `cancel` is cancelled, or a line of the journal can't be written.
    ///
    /// # Errors
    /// Returns an error if its journal can't be created or written.
    pub fn open(
        options: RunOptions,
        provider: Arc<Provider>,
        store: Store,
        cancel: &CancellationToken,
    ) -> Result<Self, RunError> {
        let cancel = cancel.child_token();
        match begin(&options, provider.kind(), &store, cancel.clone()) {
            Ok(recorder) => Ok(Self { options, provider, store, recorder, cancel }),
            Err(error) => {
                store.discard();
                Err(RunError::Journal(error))
            }
        }
    }

    /// The journal, to listen to.
    #[must_use]
    pub const fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Runs the selection. Returns the exercises whose labs were kept.
    ///
    /// # Errors
    /// Returns an error if the journal can't be written, an exercise's folder can't be created, or there is
    /// nowhere for passwords.
    pub async fn execute(
        self,
        selection: Selection,
        keep: Option<KeepFor>,
    ) -> Result<Vec<Exercise>, RunError> {
        let Self { options, provider, store, recorder, cancel } = self;
        let secrets = prepare::secrets(&options.cache).await.map_err(RunError::Lab)?;
        for planned in &selection {
            let recorder = recorder.for_exercise(planned.exercise.clone());
            recorder.record(Event::Planned {
                drill: Box::new((*planned.drill).clone()),
                file: planned.file.clone(),
            });
            if let Some(reason) = &planned.skip {
                recorder.record(Event::Skipped { reason: reason.clone() });
            }
        }
        recorder.health().map_err(RunError::Journal)?;
        let paths = Arc::new(Semaphore::new(options.jobs.max(1)));
        let mut exercises = JoinSet::new();
        let selection: Vec<_> = selection.into_iter().filter(|planned| planned.skip.is_none()).collect();
        // All of them before the first exercise starts: an error after that would leave it alone with its
        // lab.
        let folders = selection
            .iter()
            .map(|planned| store.exercise(&planned.exercise))
            .collect::<Result<Vec<_>, _>>()?;
        for (planned, folder) in selection.into_iter().zip(folders) {
            let recorder = recorder.for_exercise(planned.exercise.clone());
            let keep = keep.clone().map(|keep| -> KeepLab {
                let exercise = planned.exercise.clone();
                Arc::new(move || keep(&exercise))
            });
            let (provider, cancel, secrets) = (Arc::clone(&provider), cancel.clone(), secrets.clone());
            let (run, cache) = (options.run.clone(), options.cache.clone());
            // A place is waited for here, so that exercises begin in the order in which they were planned.
            let Ok(place) = Arc::clone(&paths).acquire_owned().await else { break };
            exercises.spawn(async move {
                let _place = place;
                if cancel.is_cancelled() {
                    return None;
                }
                let exercise = planned.exercise;
                let kept = match provider.lab(&run, &exercise, &planned.drill) {
                    Ok(runtime) => {
                        let drill = planned.drill;
                        exercise::run(Exercising {
                            drill,
                            runtime,
                            recorder,
                            secrets,
                            folder,
                            cache,
                            cancel,
                            keep,
                        })
                        .await
                    }
                    Err(error) => {
                        recorder.record(Event::SetUpFailed { error: crate::journal::ErrorChain::of(&error) });
                        false
                    }
                };
                kept.then_some(exercise)
            });
        }
        let mut kept = Vec::new();
        while let Some(ended) = exercises.join_next().await {
            match ended {
                Ok(this) => kept.extend(this),
                Err(error) => {
                    tracing::error!(%error, "an exercise crashed; the reaper, or `lifeboat clean` where a \
                        lab is kept, removes what it left");
                }
            }
        }
        recorder.record(Event::RunEnded { interrupted: cancel.is_cancelled() });
        recorder.health().map_err(RunError::Journal)?;
        Ok(kept)
    }
}

/// The journal of a run, with its first line.
fn begin(
    options: &RunOptions,
    runtime: RuntimeKind,
    store: &Store,
    stop: CancellationToken,
) -> Result<Recorder, LabError> {
    let recorder = Recorder::create(&store.journal(), Clock::start(), stop)?;
    let machine = machine();
    // The wall clock is read last: the event's own moment is microseconds away, which ties the two clocks.
    recorder.record(Event::RunStarted {
        run: options.run.clone(),
        lifeboat: env!("CARGO_PKG_VERSION").to_owned(),
        runtime,
        jobs: options.jobs,
        machine,
        provenance: provenance(),
        started: Timestamp::now(),
    });
    recorder.health().map(|()| recorder)
}

/// Says of an exercise that is through whether its lab is to be kept.
pub type KeepFor = Arc<dyn Fn(&Exercise) -> bool + Send + Sync>;

/// What CI systems say of a job, in the variables that name it: the job, and the commit of the drill files
/// that it runs.
const CI: [&str; 17] = [
    "GITHUB_REPOSITORY",
    "GITHUB_WORKFLOW",
    "GITHUB_RUN_ID",
    "GITHUB_SHA",
    "GITHUB_ACTOR",
    "CI_PROJECT_PATH",
    "CI_PIPELINE_ID",
    "CI_JOB_URL",
    "CI_COMMIT_SHA",
    "BUILD_URL",
    "GIT_COMMIT",
    "BUILDKITE_BUILD_URL",
    "BUILDKITE_COMMIT",
    "CIRCLE_BUILD_URL",
    "CIRCLE_SHA1",
    "BUILD_SOURCEVERSION",
    "BITBUCKET_COMMIT",
];

/// What started the run, and where.
fn provenance() -> Provenance {
    let ci = CI.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)));
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    Provenance {
        // Set by `build.rs`.
        commit: option_env!("LIFEBOAT_COMMIT").map(str::to_owned),
        host: host.map(|host| host.trim().to_owned()).filter(|host| !host.is_empty()),
        zone: jiff::tz::TimeZone::system().iana_name().map(str::to_owned),
        ci: ci.filter(|(_, value)| !value.is_empty()).collect(),
    }
}

/// What the machine is, for those who compare reports.
fn machine() -> BTreeMap<String, String> {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let mut machine = BTreeMap::new();
    let cores = std::thread::available_parallelism().map(|cores| cores.to_string());
    machine.insert("cores".to_owned(), cores.unwrap_or_else(|_| "unknown".to_owned()));
    if let Some(memory) = read("/proc/meminfo").lines().find_map(|line| line.strip_prefix("MemTotal:")) {
        machine.insert("memory".to_owned(), memory.trim().to_owned());
    }
    let kernel = read("/proc/sys/kernel/osrelease");
    machine.insert(
        "system".to_owned(),
        format!("{} {} {}", std::env::consts::OS, kernel.trim(), std::env::consts::ARCH),
    );
    machine
}
