//! `lifeboat run`: parse, choose, run, judge, render.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{
    arguments,
    exit::Exit,
    failed,
    judged::judged_alone,
    progress, report,
    select::{self, Selected},
    terminal,
};
use crate::{
    drill::Drill,
    engine::{KeepFor, PlannedExercise, Provider, Reaper, Run, RunOptions, Selection, Store},
    journal::{ErrorChain, Exercise},
    judge::{Judgement, Subject, Verdict},
    lab::{
        Installation, LabError,
        local::{self, Claim, Note},
    },
    pg::Major,
};

pub(super) async fn run(arguments: arguments::Run) -> Exit {
    match select::selected(&arguments.select) {
        Ok(drills) => perform(arguments.how, drills).await.unwrap_or_else(|exit| exit),
        Err(exit) => exit,
    }
}

/// Runs the drills; an error was told already.
pub(super) async fn perform(arguments: arguments::How, drills: Vec<Selected>) -> Result<Exit, Exit> {
    let work = arguments.work.directory().map_err(|error| failed(&error))?;
    let chosen = Provider::choose(arguments.runtime.wanted(), &work, arguments.image.clone()).await;
    let provider = chosen.map_err(|error| failed(&error))?;
    let selection = plan(&provider, drills, &arguments.postgres).await.map_err(|error| failed(&error))?;

    let run = name();
    let runtime = provider.kind();
    let reports = std::path::absolute(&arguments.reports).unwrap_or_else(|_| arguments.reports.clone());
    let store = Store::create(&reports, &run).map_err(|error| failed(&error))?;
    let options = RunOptions { run: run.clone(), jobs: arguments.jobs.into(), cache: work.cache() };
    let cancel = CancellationToken::new();
    let opened =
        Run::open(options, Arc::new(provider), store.clone(), &cancel).map_err(|error| failed(&error))?;
    // The reaper watches before anything else is made: the run's directory too is its to remove.
    let reaper = Reaper::start(&run, runtime, &work).await.map_err(|error| failed(&error))?;
    let note = Note { run, began: Timestamp::now(), reports: store.folder().to_path_buf(), kept: Vec::new() };
    let mut claim = Claim::make(&work, note).map_err(|error| failed(&error))?;
    work.make_cache().map_err(|error| failed(&error))?;
    let to_run = selection.iter().filter(|planned| planned.skip.is_none()).count();
    let shown = progress::show(opened.recorder(), arguments.jobs, to_run, store.clone());
    let signals = Signals::listen(&cancel).map_err(|error| failed(&error))?;
    let keep = arguments.keep_on_failure.then(|| keep_what_did_not_pass(store.clone()));
    let executed = opened.execute(selection, keep).await;
    shown.finish().await;
    let kept = executed.map_err(|error| failed(&error))?;

    // What can't be cleaned up changes nothing of what was found: the reports are written all the same.
    let left =
        if kept.is_empty() { local::remove_run(claim.directory()).await } else { noted(&mut claim, &kept) };
    for left in &left {
        terminal::error(&format!("failed to remove {left}"));
    }
    let judged = report::write(&store);
    let unclean = !left.is_empty()
        || judged.as_ref().is_ok_and(|run| run.exercises.iter().any(Judgement::may_have_left));
    // What could not be removed is left to the reaper, who tries once more when its pipe ends; what is kept
    // is not.
    if unclean && kept.is_empty() {
        drop(reaper);
    } else if let Err(error) = reaper.release().await {
        terminal::error(&format!("failed to {}", ErrorChain::of(&error)));
    }
    let judged = judged?;
    store.switch_latest().map_err(|error| failed(&error))?;
    let mut exit = report::show(&judged, &store, arguments.format);
    if exit == Exit::Passed && unclean {
        exit = Exit::LeftBehind;
    }
    Ok(signals.exit().unwrap_or(exit))
}

/// Says in the run's directory which labs stay with it, for `lifeboat clean`; nothing is left by diagnostic.
fn noted(claim: &mut Claim, kept: &[Exercise]) -> Vec<String> {
    if let Err(error) = claim.keep(kept.iter().map(Exercise::to_string).collect()) {
        terminal::error(&format!("failed to {}", ErrorChain::of(&error)));
    }
    Vec::new()
}

/// A run is named by its beginning and by chance, so that two at once don't meet.
fn name() -> String {
    let chance = crate::action::prepare::nonce().unwrap_or_else(|_| format!("{:08x}", std::process::id()));
    let chance: String = chance.chars().take(4).collect();
    format!("{}-{chance}", Timestamp::now().strftime("%Y%m%d-%H%M%S"))
}

/// Which drill runs on which version, and which can't be done here: known before anything starts.
async fn plan(provider: &Provider, drills: Vec<Selected>, asked: &[Major]) -> Result<Selection, LabError> {
    let progress = |text: String| terminal::say(&text);
    let mut versions = asked.to_vec();
    versions.sort_unstable();
    versions.dedup();
    if versions.is_empty() {
        versions.push(provider.newest(None, &progress).await?);
    }
    let needs_default =
        |drill: &Drill| provider.image_of(drill).is_none() && (drill.version.is_none() || !asked.is_empty());
    let mut installed = BTreeMap::new();
    if drills.iter().any(|selected| needs_default(&selected.drill)) {
        for version in &versions {
            installed.insert((None, *version), provider.provide(None, *version, &progress).await?);
        }
    }
    let mut selection = Selection::new();
    for Selected { drill, file } in drills {
        let drill = Arc::new(drill);
        let image = provider.image_of(&drill).map(str::to_owned);
        let on = match drill.version {
            Some(pinned) if asked.is_empty() => vec![pinned],
            // Where it can't be had, that is told below.
            None if asked.is_empty() && image.is_some() => provider
                .newest(image.as_deref(), &progress)
                .await
                .map_or_else(|_| versions.clone(), |held| vec![held]),
            _ => versions.clone(),
        };
        for postgres in on {
            let skip = match drill.version {
                Some(pinned) if pinned != postgres => {
                    Some(format!("the drill needs PostgreSQL {pinned}, and the run is on {postgres}"))
                }
                _ if image.is_some() || drill.version.is_some() && asked.is_empty() => {
                    match provider.provide(image.as_deref(), postgres, &progress).await {
                        Ok(installation) => {
                            installed.insert((image.clone(), postgres), installation);
                            None
                        }
                        Err(error) => Some(ErrorChain::of(&error).to_string()),
                    }
                }
                _ => None,
            };
            let installation = installed.get(&(image.clone(), postgres));
            let skip = skip.or_else(|| impossible(&drill, provider, installation?));
            selection.push(PlannedExercise {
                exercise: Exercise { drill: drill.name.clone(), postgres },
                drill: Arc::clone(&drill),
                file: file.clone(),
                skip,
            });
        }
    }
    Ok(selection)
}

/// Why a drill can't be done on a runtime with what its nodes have.
fn impossible(drill: &Drill, provider: &Provider, installation: &Installation) -> Option<String> {
    let lacking_capability = || {
        let lacking = drill.lacking_capability(provider.capabilities())?;
        Some(format!("the runtime {} can't {lacking}", provider.kind()))
    };
    drill.lacking(installation.version.major).or_else(lacking_capability).or_else(|| {
        let missing = drill.programs().into_iter().find(|program| !installation.has(program.name))?;
        Some(format!("{} needs {}, which its nodes do not have", missing.by, missing.name))
    })
}

/// Keeps the lab of an exercise that did not pass, or that nobody could judge.
fn keep_what_did_not_pass(store: Store) -> KeepFor {
    Arc::new(move |exercise: &Exercise| {
        let passed = judged_alone(&store, exercise).ok().flatten().is_some_and(|judged| {
            // Cleanup itself is still to come.
            judged
                .findings
                .iter()
                .all(|finding| finding.verdict == Verdict::Pass || finding.subject == Subject::Cleanup)
        });
        !passed
    })
}

/// Interrupts: the first ends the run in order, a second ends the runner, and the reaper does the rest.
struct Signals {
    terminated: Arc<AtomicBool>,
    cancel: CancellationToken,
}

impl Signals {
    fn listen(cancel: &CancellationToken) -> Result<Self, LabError> {
        let failed = || LabError::io("listen for signals");
        let mut interrupt = signal(SignalKind::interrupt()).map_err(failed())?;
        let mut terminate = signal(SignalKind::terminate()).map_err(failed())?;
        let mut hangup = signal(SignalKind::hangup()).map_err(failed())?;
        let terminated = Arc::new(AtomicBool::new(false));
        let (flag, token) = (Arc::clone(&terminated), cancel.clone());
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => flag.store(true, Ordering::Relaxed),
                    _ = hangup.recv() => flag.store(true, Ordering::Relaxed),
                }
                if token.is_cancelled() {
                    terminal::say("interrupted again: aborting, the reaper cleans up");
                    std::process::exit(if flag.load(Ordering::Relaxed) { 143 } else { 130 });
                }
                terminal::say("interrupted, cleaning up (press Ctrl-C again to abort immediately)");
                token.cancel();
            }
        });
        Ok(Self { terminated, cancel: cancel.clone() })
    }

    /// How an interrupted run ends.
    fn exit(&self) -> Option<Exit> {
        let exit = if self.terminated.load(Ordering::Relaxed) { Exit::Terminated } else { Exit::Interrupted };
        self.cancel.is_cancelled().then_some(exit)
    }
}
