//! What a report says, in words and in order, before any format.
//!
//! **Invariant:** pure derivations of a [`RunJudgement`]: formatted cells, orderings, sentences and bars,
//! shared by the renderers for people so that nothing is said in two ways. Texts are raw; each renderer
//! escapes for its own format.

mod bar;
mod drill;
mod evidence;
mod hint;
mod loss;
mod provenance;
mod recovery;
mod status;
mod summary;
mod timeline;

pub use bar::{Bar, BarRow};
pub use drill::{CheckRow, DrillView, FindingRow, Trouble, following};
pub use evidence::{EvidenceFile, JOURNAL};
pub(super) use hint::hint;
pub use recovery::RecoveryView;
pub(super) use recovery::step_of;
pub use status::Status;
pub use summary::{Cells, Measured};
pub use timeline::TimelineRow;

use crate::{human, judge::RunJudgement, report::view::summary::verdict_line};

/// A run, ready to be rendered for people.
#[derive(Clone, Debug, PartialEq)]
pub struct RunView {
    /// How the run came out.
    pub status: Status,
    /// That in a sentence, with the number of drills of each kind.
    pub verdict_line: String,
    /// What a reader has to know before anything else; empty in a good run.
    pub warnings: Vec<String>,
    /// What it ran on, as names and values.
    pub facts: Vec<(&'static str, String)>,
    /// The drills, the worst first, otherwise in the order in which they were planned.
    pub drills: Vec<DrillView>,
}

impl RunView {
    /// The view of a judgement.
    #[must_use]
    pub fn of(run: &RunJudgement) -> Self {
        let mut drills: Vec<_> =
            run.exercises.iter().map(|judgement| DrillView::of(run, judgement)).collect();
        drills.sort_by_key(|drill| drill.status);
        Self {
            status: Status::of(Some(run.verdict)),
            verdict_line: verdict_line(run, &drills),
            warnings: warnings(run),
            facts: facts(run),
            drills,
        }
    }

    /// The drills that could not be judged as passed, the skipped ones left out.
    pub fn troubled(&self) -> impl Iterator<Item = &DrillView> {
        self.drills.iter().filter(|drill| matches!(drill.status, Status::Fail | Status::Inconclusive))
    }
}

fn warnings(run: &RunJudgement) -> Vec<String> {
    let mut warnings = Vec::new();
    if run.interrupted {
        warnings.push("The run was interrupted: remaining checks were not evaluated.".to_owned());
    }
    if let Some(damage) = &run.journal_damage {
        warnings.push(format!("The journal was changed after it was written: {damage}."));
    }
    if run.exercises.is_empty() {
        warnings.push("No drill was run.".to_owned());
    }
    for judgement in &run.exercises {
        if !judgement.left.is_empty() && !judgement.kept {
            warnings.push(format!("{}: some resources could not be removed.", judgement.exercise));
        }
    }
    warnings
}

/// The version, and the commit where the build knew it.
fn lifeboat(run: &RunJudgement) -> String {
    match &run.provenance.commit {
        Some(commit) => format!("{} at commit {commit}", run.lifeboat),
        None => run.lifeboat.clone(),
    }
}

/// A property of the machine; sizes come as `/proc/meminfo` has them.
fn machine((name, value): (&String, &String)) -> String {
    let kilobytes = value.strip_suffix(" kB").and_then(|size| size.trim().parse::<u64>().ok());
    match kilobytes.and_then(|size| size.checked_mul(1024)) {
        Some(size) => format!("{name} {}", human::bytes(size)),
        None => format!("{name} {value}"),
    }
}

fn facts(run: &RunJudgement) -> Vec<(&'static str, String)> {
    let machine: Vec<_> = run.machine.iter().map(machine).collect();
    let mut facts = vec![
        ("run", run.run.clone()),
        ("began", human::instant(run.started)),
        ("took", human::duration(run.took)),
        ("Lifeboat", lifeboat(run)),
        ("runtime", run.runtime.to_string()),
        ("jobs", human::counted(u64::try_from(run.jobs).unwrap_or(u64::MAX), "drill", "drills")),
    ];
    if !machine.is_empty() {
        facts.push(("machine", machine.join(", ")));
    }
    let provenance = &run.provenance;
    facts.extend(provenance.host.clone().map(|host| ("host", host)));
    facts.extend(provenance.zone.clone().map(|zone| ("time zone", zone)));
    let ci: Vec<_> = provenance.ci.iter().map(|(name, value)| format!("{name} {value}")).collect();
    facts.extend((!ci.is_empty()).then(|| ("CI job", ci.join(", "))));
    facts.extend(run.journal_hash.clone().map(|hash| ("hash of the journal", hash)));
    facts
}
