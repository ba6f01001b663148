//! A recovery.

use std::time::Duration;

use super::{Bar, Measured, Status, loss};
use crate::{
    human,
    journal::{DatedBy, SourceFacts},
    judge::{Finding, Judgement, RecoveryJudgement, Subject, Verdict},
};

/// A recovery, or a rehearsal beside the service.
#[derive(Clone, Debug, PartialEq)]
pub struct RecoveryView {
    /// Its step, counted from 1.
    pub number: usize,
    /// What it was: the step's title.
    pub title: String,
    /// What it was, in a word: a recovery, a rehearsal, a restore.
    pub kind: &'static str,
    /// Whether clients were sent to it; otherwise it was a rehearsal.
    pub serves: bool,
    /// The worst finding of its own step and of the steps after it, until the next recovery.
    pub status: Status,
    /// What was recovered: `latest`, `xid of release, inclusive`; a dash where there was no target.
    pub target: String,
    /// Recovery time against the objective.
    pub rto: Measured,
    /// Until its checks were through.
    pub verified: String,
    /// Acknowledged commits that had to be kept.
    pub due: String,
    /// Those that were lost, and what was discarded beside them.
    pub lost: String,
    /// How much work that is, in time.
    pub rpo: String,
    /// How long it took and what the servers prove, in sentences.
    pub proof: Vec<String>,
    /// What no objective allows: corruption, and replay that went too far.
    pub alarms: Vec<String>,
    /// What became of the commits, in sentences.
    pub loss: Vec<String>,
    /// Some of the lost commits.
    pub examples: Vec<String>,
    /// Where the time went.
    pub bar: Option<Bar>,
}

/// The recoveries of a drill, in order.
pub(super) fn recoveries(judgement: &Judgement) -> Vec<RecoveryView> {
    let after = judgement.recoveries.iter().skip(1).map(|next| next.step).chain([usize::MAX]);
    judgement.recoveries.iter().zip(after).map(|(recovery, next)| view(judgement, recovery, next)).collect()
}

fn view(judgement: &Judgement, recovery: &RecoveryJudgement, next: usize) -> RecoveryView {
    let limit = judgement.drill.objectives.rto.map(|period| period.duration());
    let accounting = recovery.accounting.as_ref();
    let of = |number: Option<u64>| number.map_or_else(|| human::NOTHING.into(), human::count);
    let own = judgement
        .findings
        .iter()
        .filter(|finding| step_of(finding).is_some_and(|step| (recovery.step..next).contains(&step)));
    RecoveryView {
        number: recovery.step + 1,
        title: title(judgement, recovery.step),
        kind: match (recovery.recovered.serves, &recovery.recovered.source) {
            (_, Some(_)) => "Restore",
            (true, None) => "Recovery",
            (false, None) => "Rehearsal",
        },
        serves: recovery.recovered.serves,
        status: Status::of(Some(Verdict::of_all(own.map(|finding| finding.verdict)))),
        target: recovery
            .recovered
            .target
            .as_ref()
            .map_or_else(|| human::NOTHING.into(), |target| target.describe()),
        rto: Measured {
            value: recovery.rto.map_or_else(|| human::NOTHING.into(), |rto| human::against(rto, limit)),
            objective: human::maybe(limit),
            notes: recovery
                .declared
                .map(|period| format!("{} declared", human::duration(period.duration())))
                .into_iter()
                .collect(),
        },
        verified: human::maybe(recovery.verified),
        due: of(accounting.map(|accounting| accounting.due)),
        lost: human::lost(
            accounting.map(|accounting| accounting.lost),
            accounting.map(|accounting| accounting.discarded),
        ),
        rpo: human::maybe(accounting.and_then(|accounting| accounting.rpo)),
        proof: proof(recovery, limit),
        alarms: loss::alarms(recovery),
        loss: loss::sentences(recovery),
        examples: accounting.map(|accounting| accounting.examples.clone()).unwrap_or_default(),
        bar: Bar::of(recovery, limit),
    }
}

fn proof(recovery: &RecoveryJudgement, limit: Option<Duration>) -> Vec<String> {
    let (before, after) = (recovery.recovered.before.as_ref(), &recovery.recovered.after);
    let mut said = vec![times(recovery, limit)];
    said.push(format!(
        "Node {} {} on timeline {}{}, system identifier {}, postmaster started {}.",
        recovery.recovered.node,
        match (recovery.recovered.serves, &recovery.recovered.source) {
            (true, _) => "is in service",
            (false, None) => "was rehearsed beside the service",
            (false, Some(_)) => "holds the backup",
        },
        after.timeline,
        before.map(|before| format!(" (before: {})", before.timeline)).unwrap_or_default(),
        after.system_identifier,
        human::instant(after.postmaster_start),
    ));
    if let Some(backup) = &recovery.recovered.backup {
        said.push(format!("Restored from backup {backup}."));
    }
    said.extend(recovery.recovered.tls.iter().map(|tls| {
        let refused = if tls.refuses_clear { "refused" } else { "taken" };
        format!(
            "{} of {} encrypted ({}); one without encryption was {refused}.",
            tls.encrypted,
            human::counted(tls.encrypted + tls.clear, "connection", "connections"),
            tls.protocols
        )
    }));
    if let Some((lsn, before)) = recovery.recovered.end_of_recovery.zip(before) {
        said.push(format!("Switched from timeline {} to {} at LSN {lsn}.", before.timeline, after.timeline));
    }
    said.extend(recovery.recovered.source.iter().map(|source| of_source(source)));
    said
}

/// What was restored, for whoever has to find it again.
fn of_source(source: &SourceFacts) -> String {
    let layers = if source.layers.is_empty() {
        String::new()
    } else {
        format!(" ({} unwrapped from {})", human::bytes(source.unwrapped_bytes), source.layers.join(", "))
    };
    let known = |what: &str, instant: &Option<DatedBy>| {
        instant.as_ref().map(|instant| {
            let age = human::duration(source.age(instant));
            format!(", {what} {age} before the restore by {}", instant.basis)
        })
    };
    format!(
        "Restored from {}, one of {}: {}, {}{layers}{}.",
        source.name,
        human::counted(source.candidates, "backup", "backups"),
        source.form,
        human::bytes(source.bytes),
        known("taken", &source.taken).unwrap_or_default(),
    )
}

fn times(recovery: &RecoveryJudgement, limit: Option<Duration>) -> String {
    let Some(rto) = recovery.rto else {
        return "No write was acknowledged after the recovery, so the RTO is unknown.".into();
    };
    let declared = recovery
        .declared
        .map(|period| format!(" ({} of it declared)", human::duration(period.duration())))
        .unwrap_or_default();
    let promised =
        limit.map_or_else(|| "no objective".into(), |limit| format!("objective {}", human::duration(limit)));
    let verified = recovery.verified.map_or_else(
        || "not verified".into(),
        |verified| format!("verified after {}", human::duration(verified)),
    );
    format!("RTO {}{declared}, {promised}; {verified}.", human::against(rto, limit))
}

pub(super) fn title(judgement: &Judgement, step: usize) -> String {
    let declared =
        judgement.drill.steps.get(step).map(|step| step.title.clone()).filter(|title| !title.is_empty());
    declared
        .or_else(|| judgement.steps.get(step).map(|step| step.title.clone()))
        .unwrap_or_else(|| format!("step {}", step + 1))
}

pub(in crate::report) fn step_of(finding: &Finding) -> Option<usize> {
    match finding.subject {
        Subject::Step { step }
        | Subject::Fault { step }
        | Subject::EndOfRecovery { step }
        | Subject::Identity { step }
        | Subject::Phases { step }
        | Subject::Check { step, .. } => Some(step),
        Subject::Baseline
        | Subject::Objective { .. }
        | Subject::Guarantee
        | Subject::WorstCase
        | Subject::Backup { .. }
        | Subject::Cleanup
        | Subject::Evidence => None,
    }
}
