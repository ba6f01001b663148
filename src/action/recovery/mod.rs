//! Bringing service back, with every phase on the clock.

mod not_recovered;
mod phases;
mod promote;
mod restart;
mod restore;
mod settings;
mod source;
mod under_fault;
mod table;

use std::time::Duration;

use phases::{Awaited, Phases};

use super::{
    archive, backup,
    context::{self, DrillContext},
    fault,
    workload::{ServiceAddress, ServiceHost},
};
use crate::{
    drill::{Label, Recovery, RecoveryTarget},
    journal::{ErrorChain, Event, Moment, Outcome, Phase, Recovered, Server, SourceFacts},
    lab::{LabError, node::Node, session::Session},
    pg::{Lsn, ResolvedTarget, quote::literal, timeline},
};

/// How often a server in recovery is asked how far it is: a query costs a tenth of a millisecond.
const ASK_EVERY: Duration = Duration::from_millis(2);

/// A live server answers within milliseconds.
const ALIVE_WITHIN: Duration = Duration::from_millis(500);

/// What a recovery file gives back.
struct RecoveredService {
    /// The server that is in service, or was rehearsed.
    node: Node,
    /// How far WAL was replayed.
    target: Option<RecoveryTarget>,
    /// The same as the server was given it.
    resolved_target: Option<ResolvedTarget>,
    /// What it was restored from.
    backup: Option<Label>,
    /// Its content's baseline, and whether that is the very point.
    baseline: Option<(String, bool)>,
    /// The first transaction that clients can have been given, where transactions are numbered anew.
    horizon: Option<u64>,
    /// Whether clients are sent to it.
    serves: bool,
    /// The last segment that the archive held before WAL was replayed.
    last_segment: Option<String>,
    /// The node whose log tells of the recovery.
    log: Node,
    /// The moment from which a commit of a client can be one on the recovered service.
    since: Moment,
    /// The backup of the user's that it was restored from.
    source: Option<Box<SourceFacts>>,
}

impl RecoveredService {
    /// A server that serves with the data that it had, from `since`.
    fn with_own_data(node: Node, since: Moment) -> Self {
        Self {
            log: node.clone(),
            node,
            target: None,
            resolved_target: None,
            backup: None,
            baseline: None,
            horizon: None,
            last_segment: None,
            serves: true,
            since,
            source: None,
        }
    }
}

/// A recovery step.
///
/// # Errors
/// Returns an error if the recovered service does not come to its terminal state, or no client commits on it.
pub async fn recover(
    context: &mut DrillContext,
    step: usize,
    recovery: &Recovery,
) -> Result<Outcome, LabError> {
    // A recovery that hangs is to be told as one that was not reached in time, which takes a moment of that
    // time.
    let kept = context.time_left.keep_back();
    let taken_up = context.interrupted.clone().filter(|_| context.timeline.takes_up(step).is_some());
    let done = under_fault::bring_back(context, step, recovery).await;
    context.time_left.give_back(kept);
    let done = match done {
        Ok(outcome) => Ok(outcome),
        Err(error) => {
            let error = not_recovered::blame(context, recovery, error).await;
            not_recovered::note(context, step, recovery, &error).await;
            Err(error)
        }
    };
    let (restored_by, restored) =
        taken_up.as_ref().map_or((step, recovery), |first| (first.step, &first.recovery));
    if let Recovery::Restore { from, .. } = restored
        && !matches!(done, Ok(Outcome::Interrupted))
        && (done.is_err() || context.drill.is_last_restore(restored_by, from))
    {
        // Beside the service, which is back: nobody waits for it.
        backup::verify(context, step, from).await;
    }
    done
}

async fn bring_back(
    context: &mut DrillContext,
    step: usize,
    recovery: &Recovery,
    awaited: Option<Awaited>,
) -> Result<(), LabError> {
    let before = context.primary.as_ref().map(|(_, server)| server.clone());
    let mut phases = Phases::begin(context.clock(), awaited);
    let tie = context.clock().tie();
    let mut service = match recovery {
        Recovery::Restore { from, target, onto, serve } => {
            if *serve {
                detect(context, step, &mut phases).await?;
            }
            restore::run(context, &mut phases, from, target, onto, *serve).await?
        }
        Recovery::Source { onto } => source::run(context, &mut phases, onto).await?,
        Recovery::Restart { node } => {
            detect(context, step, &mut phases).await?;
            match context.interrupted.clone().filter(|_| context.timeline.takes_up(step).is_some()) {
                Some(first) => restore::take_up(context, &mut phases, &first.recovery).await?,
                None => restart::run(context, &mut phases, node).await?,
            }
        }
        Recovery::Promote { node } => {
            // Whoever is to promote a standby has a session with it before there is a reason to.
            let standby = context.node(node)?;
            let ((), session) =
                tokio::try_join!(detect(context, step, &mut phases), standby.session("postgres"))?;
            promote::run(context, &mut phases, standby, session).await?
        }
        Recovery::Table { table, standby } => {
            detect(context, step, &mut phases).await?;
            table::run(context, &mut phases, table, standby).await?
        }
    };
    first_write(context, &mut phases, &service).await?;
    if let Some(facts) = &mut service.source {
        source::look_into(facts, &service.node).await?;
    }
    context.proofs.settle().await;
    let mut recovered = prove(context, phases, &service, before).await?;
    recovered.clock = Some(tie.confirmed_by(&context.clock().tie()));
    if service.serves || service.source.is_some() {
        context.primary = Some((service.node.clone(), recovered.after.clone()));
    }
    context.interrupted = None;
    fault::look_after(context, step).await;
    context.recorder.record(Event::Recovered { step, recovered: Box::new(recovered) });
    context.recovery = Some(context::Recovery {
        step,
        node: service.node,
        serves: service.serves,
        baseline: service.baseline,
        horizon: service.horizon,
    });
    Ok(())
}

/// The phase from the fault to the clients' first error, and what the drill waits after it. A mistake of a
/// person may hit no client at all: then nothing is detected, and people come to it when the drill says so.
async fn detect(context: &DrillContext, step: usize, phases: &mut Phases) -> Result<(), LabError> {
    let causes = context.timeline.causes(step);
    let Some((number, fault)) = causes.iter().find_map(|number| Some((*number, context.faults.get(number)?)))
    else {
        return Ok(());
    };
    let workload = context.workload()?;
    let noticed = if workload.writers() == 0 {
        fault.at
    } else if fault.fault.is_human_error() {
        workload.status().first_trouble(number).map_or(fault.at, |trouble| trouble.max(fault.at))
    } else {
        let noticed = workload.wait_for_outage(number, fault.at, context.time_left.patience()).await;
        // That is for the harness to see: clients which notice nothing say nothing about the recovery.
        noticed.map_err(|error| LabError::state("detect the outage", ErrorChain::of(&error).to_string()))?
    };
    let attempted = context.interrupted.as_ref().map(|first| first.began);
    phases.detected(fault.at, noticed, number + 1 < step, attempted);
    Ok(())
}

/// The phase until the application's role has written. On a rehearsed copy, where no clients go, and in a
/// drill without clients, Lifeboat writes itself.
async fn first_write(
    context: &DrillContext,
    phases: &mut Phases,
    service: &RecoveredService,
) -> Result<(), LabError> {
    if service.serves && context.workload()?.writers() > 0 {
        context.recorder.progress("waiting for the first write of a client");
        let commit = context.workload()?.wait_for_commit(service.since, context.time_left.patience());
        return service.node.while_alive("see a client commit", commit).await.map(drop);
    }
    let database = context.database();
    phases.enter(Phase::FirstWrite);
    if service.source.is_some() {
        return source::prove_writable(phases, &service.node).await;
    }
    let application = service.node.application_session(database.as_str()).await?;
    context.workload()?.markers().commit(&service.node, &application).await?;
    phases.leave();
    Ok(())
}

/// Everything that proves what was recovered, asked of the server itself.
async fn prove(
    context: &DrillContext,
    phases: Phases,
    service: &RecoveredService,
    before: Option<Server>,
) -> Result<Recovered, LabError> {
    let node = &service.node;
    let after = context.note_server(node).await?;
    let session = node.session(context.database().as_str()).await?;
    let nonce = format!("select nonce from lifeboat.nonce where nonce = {}", literal(&context.nonce));
    let nonce = match &service.source {
        // Nothing of Lifeboat's own is in it.
        Some(_) => None,
        None => node.ask(session.value(&nonce).await, "look for the nonce")?,
    };
    let size = "select setting from pg_settings where name = 'wal_segment_size'";
    let size: u64 = node.ask(session.read(size).await, "read the size of a segment")?;
    let data = node.paths().data;
    let cat = |what: &str, script: String| crate::lab::Command::shell(what.to_owned(), script);
    // Only a physical backup brings a label file, and only it is rolled forward to a target.
    let backup_label = async {
        Ok(if service.target.is_some() {
            let script = format!("sed -n 's/^LABEL: //p' {data}/backup_label.old 2>/dev/null || true");
            let label = node.run(cat("read the backup label", script)).await?.text().trim().to_owned();
            (!label.is_empty()).then_some(label)
        } else {
            None
        })
    };
    let end_of_recovery = async {
        Ok(if before.as_ref().is_some_and(|before| after.timeline > before.timeline) {
            let script = format!("cat {data}/pg_wal/{:08X}.history", after.timeline.0);
            let history = node.run(cat("read the timeline's history", script)).await?.text();
            timeline::parse_history(&history).last().map(|branch| branch.at)
        } else {
            None
        })
    };
    let log = async {
        // The standby that gave a table back stays in recovery.
        if service.log.name() == node.name() {
            service.log.log_facts().await
        } else {
            service.log.log_facts_so_far().await
        }
    };
    let (backup_label, end_of_recovery, log, tls): (_, Option<Lsn>, _, _) =
        tokio::try_join!(backup_label, end_of_recovery, log, node.tls())?;
    Ok(Recovered {
        node: node.name().clone(),
        before,
        after,
        target: service.target.clone(),
        resolved_target: service.resolved_target.clone(),
        serves: service.serves,
        switched: service.serves.then_some(service.since),
        nonce,
        backup: service.backup.clone(),
        backup_label,
        end_of_recovery,
        source: service.source.clone(),
        archive_end: service.last_segment.as_deref().and_then(|name| Lsn::of_segment(name, size)),
        tls,
        log,
        clock: None,
        phases: phases.spans(),
    })
}

/// Follows a server from its first connection out of recovery: replay until its position no longer moves,
/// then promotion.
async fn follow_promotion(
    context: &DrillContext,
    phases: &mut Phases,
    node: &Node,
    session: &Session,
) -> Result<(), LabError> {
    let sql = "select pg_is_in_recovery(), pg_last_wal_replay_lsn()";
    let mut last: Option<Lsn> = None;
    let mut moved = context.now();
    phases.enter(Phase::Replay);
    let within = context.time_left.remaining();
    loop {
        if context.time_left.remaining().is_zero() {
            return Err(LabError::Deadline { what: format!("see {} leave recovery", node.name()), within });
        }
        let rows = match node.ask(session.rows(sql).await, "ask how far recovery is") {
            Ok(rows) => rows,
            // A target that the archive does not reach ends the server: only its log says so.
            Err(error) => return Err(node.blame(error).await),
        };
        let mut fields = rows.into_iter().next().unwrap_or_default().into_iter();
        if fields.next().flatten().as_deref() != Some("t") {
            break;
        }
        let position = fields.next().flatten().and_then(|position| position.parse().ok());
        if position.is_some() && position != last {
            last = position;
            moved = context.now();
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
    phases.split_at(moved, Phase::Promote);
    phases.leave();
    Ok(())
}

/// Sends the clients to a server, where the service is a switch. Returns the moment from which on what they
/// commit is on it: an old server that still lives takes their commits until then.
async fn switch_service(context: &DrillContext, node: &Node) -> Result<Moment, LabError> {
    context.workload()?.switch(ServiceAddress::one(ServiceHost::of(node).await?));
    Ok(context.now())
}

/// Makes sure that the archive holds what the server in service has written so far, where it still lives: a
/// recovery target can only be reached when a record after it is in the archive.
async fn complete_archive(context: &DrillContext) -> Result<(), LabError> {
    let (node, _) = context.service()?;
    if !context.nodes.contains_key(node.name()) || context.drill.archive().is_none() {
        return Ok(());
    }
    // A server that was crashed or frozen archives nothing more: what is in the archive has to do, and a
    // target that is not in it ends the recovery with an error.
    if let Err(error) = node.answers(ALIVE_WITHIN).await {
        context.recorder.progress(format!("the archive stays as it is: {}", ErrorChain::of(&error)));
        return Ok(());
    }
    context.recorder.progress("waiting for the archive to be complete up to now");
    archive::complete(context, &node).await
}
