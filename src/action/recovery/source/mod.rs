//! The backup of the user's is restored into a throw-away node.
//!
//! **Invariant:** the backup is read and never written to: its bytes are copied to the place that the nodes
//! of the exercise share, and the tools work on that copy.

mod dump;
mod fetch;
mod form;

use form::Form;
use jiff::Timestamp;

use super::{Phases, RecoveredService};
use crate::{
    action::{
        context::DrillContext,
        prepare::{self, Content},
    },
    drill::{DatabaseName, NodeName},
    journal::{Complaint, DatedBy, Phase, SourceFacts},
    lab::{LabError, node::Node},
    pg::setting::Settings,
    source::DateBasis,
};

/// What a restore of one form leaves.
struct Restored {
    /// The database that checks ask where the drill names none.
    database: DatabaseName,
    /// What the tool said that is not harmless.
    messages: Vec<Complaint>,
}

pub(super) async fn run(
    context: &mut DrillContext,
    phases: &mut Phases,
    onto: &NodeName,
) -> Result<RecoveredService, LabError> {
    let declared = context.drill.source().cloned();
    let declared = declared.ok_or_else(|| LabError::state("restore the backup", "the drill has none"))?;
    let now = Timestamp::now();
    phases.enter(Phase::Provision);
    let chosen = fetch::choose(context, &declared).await?;
    let node = prepare::create(context, onto, &Content::Bare).await?;
    phases.enter(Phase::Start);
    // Nothing is archived, and nobody is followed: it is thrown away.
    let settings: Settings = [("archive_mode".to_owned(), "off".to_owned())]
        .into_iter()
        .chain(context.drill.settings.clone())
        .collect();
    drop(node.start(&settings).await?);
    phases.enter(Phase::Fetch);
    let repository = context.repository();
    let globals = match &declared.globals {
        Some(place) => Some(fetch::globals(context, &repository, &chosen, place).await?),
        None => None,
    };
    let fetched = chosen.fetch(context, phases, &repository).await?;
    phases.enter(Phase::Restore);
    let found = &chosen.found;
    let form = form::look(&node, &fetched, &found.name, declared.kind).await?;
    context.recorder.progress(format!("restoring {} into {onto}", form.describe()));
    let restored = restore(context, &node, &form, &fetched, globals.as_deref()).await?;
    phases.leave();
    context.restored_database = Some(restored.database);
    let taken = found.dated.as_ref();
    let taken = taken.map(|dated| DatedBy {
        at: dated.time,
        basis: dated.basis.describe().to_owned(),
        by_file: dated.basis == DateBasis::Modified,
    });
    let facts = SourceFacts {
        name: found.name.clone(),
        candidates: chosen.candidates,
        kind: form.kind(),
        form: form.describe(),
        layers: fetched.layers.iter().map(|layer| layer.word().to_owned()).collect(),
        bytes: found.bytes,
        hash: fetched.hash.clone(),
        unwrapped_bytes: fetched.unwrapped_bytes,
        // A dump holds what was committed when it began, which is before it was written.
        newest: taken.clone(),
        taken,
        now,
        // Looked for after the first write: no recovery is measured with it.
        tables_with_rows: 0,
        messages: restored.messages,
    };
    let since = context.now();
    Ok(RecoveredService {
        source: Some(Box::new(facts)),
        serves: false,
        ..RecoveredService::with_own_data(node, since)
    })
}

async fn restore(
    context: &DrillContext,
    node: &Node,
    form: &Form,
    fetched: &fetch::Fetched,
    globals: Option<&str>,
) -> Result<Restored, LabError> {
    match form {
        Form::Archive { format, database, .. } => {
            let file = (fetched.path.as_str(), format == "tar format");
            dump::archive(context, node, file, database.as_deref(), globals).await
        }
        // A script of a whole cluster makes its roles itself.
        Form::Script { of_cluster, makes_databases, .. } => {
            let globals = globals.filter(|_| !of_cluster);
            dump::script(context, node, &fetched.path, *makes_databases, globals).await
        }
    }
}

/// Looks for what is restored, once the recovery time is over.
///
/// # Errors
/// Returns an error if the server can't be asked.
pub(super) async fn look_into(facts: &mut SourceFacts, node: &Node) -> Result<(), LabError> {
    facts.tables_with_rows = dump::tables_with_rows(node).await?;
    Ok(())
}

/// The phase until the restored server has taken a write. What was written is removed again: nothing of
/// Lifeboat's own stays in the copy.
pub(super) async fn prove_writable(phases: &mut Phases, node: &Node) -> Result<(), LabError> {
    const PROOF: &str = "lifeboat_write_proof";
    let session = node.session("postgres").await?;
    let write = format!(
        "begin; create schema {PROOF}; create table {PROOF}.proof as select now() as written_at; commit"
    );
    node.ask(session.run(&write).await, "write to the restored server")?;
    phases.leave();
    node.ask(session.run(&format!("drop schema {PROOF} cascade")).await, "remove what was written")
}
