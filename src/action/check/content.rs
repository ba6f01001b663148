//! The fingerprint of every table against the baseline.

use super::{DrillContext, Recovery};
use crate::{
    action::{fingerprint, topology::BASELINE},
    journal::{CheckFacts, Fingerprint, KeptFingerprint, hash_of},
    lab::LabError,
};

/// So many digits of its hash tell a fingerprint from others of its drill.
const DIGITS: usize = 16;

pub(super) async fn compare(context: &DrillContext, recovery: &Recovery) -> Result<CheckFacts, LabError> {
    let (baseline, exact) = recovery.baseline.clone().unwrap_or_else(|| (BASELINE.to_owned(), false));
    let mut before = context.baselines.get(&baseline).cloned().ok_or_else(|| {
        LabError::state("compare the content", format!("there is no fingerprint of {baseline}"))
    })?;
    let live = fingerprint::Live::of(context)?;
    if let (Some(first), Some(second)) = (context.baselines.get(BASELINE), &context.second_look) {
        fingerprint::mark_what_moves(&mut before, first, second, &live);
    }
    before.horizon = recovery.horizon.or(before.horizon);
    let mut after = fingerprint::now(&recovery.node, context.clock(), &live, Some(&before)).await?;
    fingerprint::mark_what_grows(&mut after, &before);
    let (before, after) = (keep(context, &before).await?, keep(context, &after).await?);
    Ok(CheckFacts::Compared { baseline, exact, before, after })
}

/// Keeps a fingerprint as evidence, once: one that was kept already is the same file.
async fn keep(context: &DrillContext, fingerprint: &Fingerprint) -> Result<KeptFingerprint, LabError> {
    let what = "keep a fingerprint";
    let content = serde_json::to_vec(fingerprint);
    let content = content.map_err(|error| LabError::state(what, error.to_string()))?;
    let hash = hash_of(&content);
    let name = format!("fingerprint-{}.json", hash.get(..DIGITS).unwrap_or(&hash));
    let file = format!("evidence/{name}");
    let is_there = tokio::fs::try_exists(context.folder.join(&file)).await.map_err(LabError::io(what))?;
    if !is_there {
        context.recorder.keep(&context.folder, &name, &content).await?;
    }
    Ok(KeptFingerprint { file, hash })
}
