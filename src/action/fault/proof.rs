//! Whether the effect of a fault is there, and whether it is gone.
//!
//! The proof that a fault had its effect is found beside what comes next: nobody waits for it but the end of
//! a recovery.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{task::JoinSet, time::Instant};

use super::{Injector, probe};
use crate::{
    action::context::DrillContext,
    drill::{DataEffect, DatabaseName, Fault, Verb},
    journal::{ErrorChain, Event, FaultEffect, FaultFacts, FaultProbe},
    lab::{LabError, clock::Clock, node::Node},
};

/// How long the effect of a fault may take to show, and to go.
const WITHIN: Duration = Duration::from_secs(10);

/// How often the clients are looked at.
const NOTICED_EVERY: Duration = Duration::from_micros(500);

/// How often somebody looks.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What was seen of a fault's effect, in words.
pub(super) enum Seen {
    /// It is there.
    Present(String),
    /// It is not.
    Gone(String),
    /// It is there in part: this did not come back.
    Partly(Vec<String>),
}

impl Seen {
    /// It is there if this holds.
    pub(super) fn present_if(present: bool, yes: String, no: String) -> Self {
        if present { Self::Present(yes) } else { Self::Gone(no) }
    }
}

/// Where the effect of a fault is looked for; owned, so that a task of its own can look.
#[derive(Clone)]
pub(super) struct Site {
    /// The node that was hit, or the one in service where the data was.
    pub(super) node: Node,
    /// The database of the clients.
    pub(super) database: DatabaseName,
    /// The process that was killed.
    pub(super) pid: Option<u32>,
    /// Whether the table that was dropped had rows.
    pub(super) has_rows: Option<bool>,
    /// What went with it.
    pub(super) inventory: Vec<String>,
}

impl Site {
    /// Where the effect of a fault is looked for on a node.
    pub(super) fn of(database: DatabaseName, node: Node, facts: &FaultFacts) -> Self {
        let FaultFacts { has_rows, inventory, .. } = facts.clone();
        Self { node, database, pid: None, has_rows, inventory }
    }
}

/// The searches that are under way, each in a task with a deadline. They end with the last clone of this.
#[derive(Clone, Default)]
pub struct Proofs {
    running: Arc<Mutex<JoinSet<()>>>,
}

impl Proofs {
    /// Waits until all of them are in the journal.
    pub async fn settle(&self) {
        while let Some(ended) = poll_fn(|task| self.running().poll_join_next(task)).await {
            if let Err(error) = ended {
                tracing::error!(%error, "a search for the effect of a fault crashed");
            }
        }
    }

    fn running(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does what causes a fault, until it is done or the clients notice: an engine tells of a death later than
/// the dead one's clients do, and who recovers does not wait for it. What is left to do then ends beside the
/// next steps.
pub(super) async fn until_noticed(
    injector: &Injector,
    work: impl Future<Output = Result<(), LabError>> + Send + 'static,
) -> Result<(), LabError> {
    let mut work = Box::pin(work);
    tokio::select! {
        biased;
        done = &mut work => return done,
        () = noticed(injector) => {}
    }
    injector.proofs.running().spawn(async move {
        if let Err(error) = work.await {
            tracing::warn!(error = %ErrorChain::of(&error), "a fault was noticed, and could not be brought \
                to its end");
        }
    });
    Ok(())
}

/// Comes when clients have had their first error since the step of the fault began.
async fn noticed(injector: &Injector) {
    let Some(clients) = &injector.clients else { return std::future::pending().await };
    while clients.first_trouble(injector.step).is_none() {
        tokio::time::sleep(NOTICED_EVERY).await;
    }
}

/// Begins to look for the effect of the fault that was injected.
pub(super) fn begin(injector: &Injector, fault: &Fault, site: Site) {
    let (recorder, fault, step) = (injector.recorder.clone(), fault.clone(), injector.step);
    let within = shown_within(injector, &fault);
    injector.proofs.running().spawn(async move {
        let look = || probe(&site, &fault);
        let probe = find(recorder.clock(), FaultEffect::Present, within, look).await;
        recorder.record(Event::FaultProbed { fault: step, after: None, probe });
    });
}

/// How long the effect of a fault may take to show: a directory of data is lost when its last file is
/// removed.
fn shown_within(injector: &Injector, fault: &Fault) -> Duration {
    let is_lost = fault.info().data == DataEffect::Lost;
    if is_lost { WITHIN + injector.removed_within } else { WITHIN }
}

/// Looks whether the effect of each fault that `step` was to end is gone, on the server in service.
pub async fn look_after(context: &DrillContext, step: usize) {
    let Some(ending) = context.drill.steps.get(step) else { return };
    for (number, facts) in
        context.faults.iter().filter(|(fault, _)| context.timeline.ended_by(**fault) == Some(step))
    {
        let look = || is_gone(context, &ending.verb, facts);
        // A server may need a moment; what is not in the data when a recovery is over does not come by
        // waiting.
        let within = if facts.fault.node().is_some() { WITHIN } else { Duration::ZERO };
        let probe = find(context.clock(), FaultEffect::Gone, within, look).await;
        context.recorder.record(Event::FaultProbed { fault: *number, after: Some(step), probe });
    }
}

/// What is left of a fault: for a server that nobody needs any more, that the service runs without it.
async fn is_gone(context: &DrillContext, ending: &Verb, facts: &FaultFacts) -> Result<Seen, LabError> {
    let fault = &facts.fault;
    let (node, _) = context.service()?;
    let site = |node| Site::of(context.database(), node, facts);
    match (fault.node(), ending) {
        (None, _) => probe(&site(node), fault).await,
        (Some(name), Verb::Heal(_)) => {
            let healed = context.node(name)?;
            match probe(&site(healed.clone()), fault).await? {
                Seen::Gone(_) => takes_connections(&healed).await,
                present @ (Seen::Present(_) | Seen::Partly(_)) => Ok(present),
            }
        }
        (Some(_), _) => takes_writes(&node).await,
    }
}

async fn takes_connections(node: &Node) -> Result<Seen, LabError> {
    node.answers(WITHIN).await?;
    Ok(Seen::Gone(format!("{} answers again", node.name())))
}

async fn takes_writes(node: &Node) -> Result<Seen, LabError> {
    let session = node.session("postgres").await?;
    let standby = node
        .ask(session.value("select pg_is_in_recovery()").await, "ask whether it takes writes")?
        .as_deref()
        == Some("t");
    let name = node.name();
    Ok(Seen::present_if(
        standby,
        format!("{name} takes no writes"),
        format!("the service is on {name}, which takes writes"),
    ))
}

/// A list of names, short enough for a sentence.
fn named(names: &[String]) -> String {
    const NAMED: usize = 5;
    let (first, rest) = names.split_at(names.len().min(NAMED));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    format!("{}{more}", first.join("; "))
}

/// Looks until the effect is as it is wanted, for at most so long and once at least; what was seen last where
/// it does not come to that.
async fn find<F: Future<Output = Result<Seen, LabError>>>(
    clock: Clock,
    wanted: FaultEffect,
    within: Duration,
    look: impl Fn() -> F,
) -> FaultProbe {
    let deadline = Instant::now() + within;
    let answered = deadline.max(Instant::now() + WITHIN);
    let mut last: Option<FaultProbe> = None;
    loop {
        let told = |effect, seen, missing| FaultProbe { at: clock.now(), effect, seen, missing };
        let probe = match tokio::time::timeout_at(if last.is_none() { answered } else { deadline }, look())
            .await
        {
            Ok(Ok(Seen::Present(seen))) => told(FaultEffect::Present, seen, Vec::new()),
            Ok(Ok(Seen::Gone(seen))) => told(FaultEffect::Gone, seen, Vec::new()),
            Ok(Ok(Seen::Partly(missing))) => {
                told(FaultEffect::Present, format!("not everything came back: {}", named(&missing)), missing)
            }
            Ok(Err(error)) => told(FaultEffect::Unknown, ErrorChain::of(&error).to_string(), Vec::new()),
            // A look that the deadline cut short takes nothing from the one before it.
            Err(_) => last.unwrap_or_else(|| {
                told(FaultEffect::Unknown, format!("no answer within {:?}", within.max(WITHIN)), Vec::new())
            }),
        };
        if probe.effect == wanted || Instant::now() + LOOK_EVERY >= deadline {
            return probe;
        }
        last = Some(probe);
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_search_ends_as_soon_as_it_sees_what_it_wants_and_at_its_deadline_otherwise() {
        let seen = |text: &str| Ok(Seen::Present(text.into()));
        let before = Instant::now();
        let found = find(Clock::start(), FaultEffect::Present, WITHIN, || async { seen("it is gone") }).await;
        assert_eq!((found.effect, found.seen.as_str()), (FaultEffect::Present, "it is gone"));
        assert_eq!(before.elapsed(), Duration::ZERO);
        let found = find(Clock::start(), FaultEffect::Gone, WITHIN, || async { seen("it is gone") }).await;
        assert_eq!(found.effect, FaultEffect::Present);
        assert!(before.elapsed() <= WITHIN);
    }

    #[tokio::test(start_paused = true)]
    async fn a_look_that_its_deadline_cuts_short_takes_nothing_from_the_one_before() {
        let looks = std::cell::Cell::new(0);
        let look = || async {
            looks.set(looks.get() + 1);
            if looks.get() > 1 {
                std::future::pending::<()>().await;
            }
            Ok(Seen::Present("it is empty".into()))
        };
        let found = find(Clock::start(), FaultEffect::Gone, WITHIN, look).await;
        assert_eq!((found.effect, found.seen.as_str()), (FaultEffect::Present, "it is empty"));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_looked_for_once_is_not_waited_for() {
        let before = Instant::now();
        let found = find(Clock::start(), FaultEffect::Gone, Duration::ZERO, || async {
            Ok(Seen::Partly(vec!["policy p on shop.x".into()]))
        });
        let found = found.await;
        assert_eq!((found.effect, found.missing.len()), (FaultEffect::Present, 1));
        assert_eq!(before.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_answer_is_unknown() {
        let before = Instant::now();
        let found = find(Clock::start(), FaultEffect::Present, WITHIN, std::future::pending).await;
        assert_eq!((found.effect, found.seen.as_str()), (FaultEffect::Unknown, "no answer within 10s"));
        assert_eq!(before.elapsed(), WITHIN);
    }
}
