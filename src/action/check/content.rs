//! The fingerprint of every table against the baseline.

use super::{DrillContext, Recovery};
use crate::{
    action::{fingerprint, topology::BASELINE},
    journal::CheckFacts,
    lab::LabError,
};

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
    Ok(CheckFacts::Content { baseline, exact, before, after })
}
