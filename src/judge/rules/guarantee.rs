//! Whether configuration guarantees the recovery point objective: one lucky run proves none.

use crate::judge::{
    finding::{Ruling, number},
    record::Record,
    worst_case,
};
use crate::{
    drill::{AtWorst, Bound, Guarantee, Period, Recovery},
    human,
};

/// Whether there is a recovery point objective that no bound by configuration guarantees.
pub(in crate::judge) fn is_at_risk(record: &Record<'_>) -> bool {
    let Some(objective) = objective(record) else { return false };
    let accepted = record.drill.objectives.rpo_at_worst;
    record.recoveries().any(|(step, recovery, _)| {
        worst_case::of_recovery(record, step, recovery).bound.guarantees(objective, accepted).is_at_risk()
    })
}

/// The ruling on all recoveries; `None` where no recovery point objective is set.
pub(in crate::judge) fn ruling(record: &Record<'_>) -> Option<Ruling> {
    objective(record)?;
    let all: Vec<(Guarantee, Ruling)> =
        record.recoveries().filter_map(|(step, recovery, _)| of_recovery(record, step, recovery)).collect();
    if all.is_empty() {
        return Some(Ruling::inconclusive("nothing was recovered"));
    }
    // What is at risk is said before what is kept.
    let worst = all.iter().map(|(guarantee, _)| *guarantee).max();
    let (said, _): (Vec<_>, Vec<_>) = all.into_iter().partition(|(guarantee, _)| Some(*guarantee) == worst);
    let mut said: Vec<Ruling> = said.into_iter().map(|(_, ruling)| ruling).collect();
    said.dedup_by(|later, first| later.message == first.message);
    let good = said.first().map(|ruling| ruling.message.clone()).unwrap_or_default();
    said.retain(|ruling| ruling.verdict != crate::judge::Verdict::Pass);
    Some(Ruling::of(said, good))
}

/// The recovery point objective. A backup of the user's whose schedule the drill does not tell guarantees
/// nothing and breaks nothing: that is said among what is not proven.
fn objective(record: &Record<'_>) -> Option<Period> {
    let is_told = record.drill.source().is_none() || record.drill.backup_interval.is_some();
    record.drill.objectives.rpo.filter(|_| is_told)
}

fn of_recovery(record: &Record<'_>, step: usize, recovery: &Recovery) -> Option<(Guarantee, Ruling)> {
    let (objective, accepted) = (objective(record)?, record.drill.objectives.rpo_at_worst);
    let worst = worst_case::of_recovery(record, step, recovery);
    let at_worst = match worst.bound {
        Bound::Known(bound) => format!("{} at worst", human::bound(bound, Some(objective.duration()))),
        Bound::Above(bound) => {
            format!("more than {} at worst", human::bound(bound, Some(objective.duration())))
        }
        Bound::Missing => "configuration sets no bound".to_owned(),
        Bound::Unknown => "the bound by configuration is not known".to_owned(),
    };
    let said = format!("{at_worst}, objective {}: {}", human::duration(objective.duration()), worst.because);
    let written = |accepted: AtWorst| match accepted {
        AtWorst::Within(period) => human::duration(period.duration()),
        AtWorst::Unbounded => accepted.to_string(),
    };
    let recovery = number(step);
    let guarantee = worst.bound.guarantees(objective, accepted);
    let ruling = match guarantee {
        Guarantee::Kept => Ruling::pass(said),
        Guarantee::Accepted => {
            let accepted = accepted.map(written).unwrap_or_default();
            Ruling::pass(format!("at risk, accepted in writing (rpo-at-worst = {accepted}): {said}"))
        }
        Guarantee::Broken => Ruling::fail(format!(
            "recovery {recovery}: objective not guaranteed by configuration: {said}{}",
            accepted.map(|accepted| format!("; accepted: {}", written(accepted))).unwrap_or_default()
        )),
        Guarantee::Open => {
            let message = format!("recovery {recovery}: objective at risk: {said}");
            match worst.bound {
                // Another finding tells why it is not known.
                Bound::Above(_) | Bound::Unknown => Ruling::follows(message),
                Bound::Known(_) | Bound::Missing => Ruling::inconclusive(message),
            }
        }
    };
    Some((guarantee, ruling))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::{
        drill::{AtWorst, Period},
        journal::Event,
        judge::{Verdict, testing::*},
    };

    const NAME: &str = "objective RPO guarantee";

    fn promised(story: Story, seconds: u64, at_worst: Option<AtWorst>) -> Story {
        story.drill(|drill| {
            drill.objectives.rpo = Some(Period::from_secs(seconds));
            drill.objectives.rpo_at_worst = at_worst;
        })
    }

    #[allow(clippy::unnecessary_wraps, reason = "it is what the declaration holds")]
    fn within(seconds: u64) -> Option<AtWorst> {
        Some(AtWorst::Within(Period::from_secs(seconds)))
    }

    fn archive_timeout(story: Story, value: &str) -> Story {
        story.edit(|event| {
            if let Event::BaselineRecorded { settings, .. } = event {
                settings.insert("archive_timeout".into(), value.to_owned());
            }
        })
    }

    #[test]
    fn a_bound_above_the_objective_fails_although_nothing_was_lost() {
        let story = promised(archive_timeout(Story::loss(), "5min"), 60, None);
        let (verdict, message) = story.finding(NAME);
        assert_eq!(verdict, Verdict::Fail);
        assert_eq!(
            message,
            "recovery 06: objective not guaranteed by configuration: 5 min 2 s at worst, objective 1 min: \
             archive_timeout 5 min + 2 s allowance for archiver latency"
        );
        let judgement = story.judge();
        assert_eq!((judgement.rpo, judgement.verdict), (Some(Duration::ZERO), Some(Verdict::Fail)));
        assert!(judgement.at_risk);
    }

    #[test]
    fn a_bound_up_to_the_objective_guarantees_it() {
        let story = |seconds| promised(Story::loss(), seconds, None);
        assert_eq!((story(4).verdict_of(NAME), story(4).judge().at_risk), (Verdict::Pass, false));
        assert_eq!((story(3).verdict_of(NAME), story(3).judge().at_risk), (Verdict::Fail, true));
        assert_eq!(promised(Story::promoted(true), 0, None).verdict_of(NAME), Verdict::Pass);
        assert_eq!(promised(Story::restart(), 0, None).verdict_of(NAME), Verdict::Pass);
    }

    #[test]
    fn a_worst_case_that_is_accepted_in_writing_passes_at_risk_and_a_longer_one_fails() {
        let story = |at_worst| promised(archive_timeout(Story::loss(), "5min"), 60, at_worst);
        for at_worst in [within(302), Some(AtWorst::Unbounded)] {
            let (verdict, message) = story(at_worst).finding(NAME);
            assert_eq!(verdict, Verdict::Pass);
            assert!(message.starts_with("at risk, accepted in writing (rpo-at-worst = "), "{message}");
            let judgement = story(at_worst).judge();
            assert_eq!((judgement.at_risk, judgement.verdict), (true, Some(Verdict::Pass)));
        }
        let (verdict, message) = story(within(301)).finding(NAME);
        assert_eq!(verdict, Verdict::Fail);
        assert!(message.ends_with("; accepted: 5 min 1 s"), "{message}");
    }

    #[test]
    fn an_objective_without_any_bound_is_at_risk_and_inconclusive_unless_that_is_accepted() {
        let story = |at_worst| promised(Story::promoted(false), 5, at_worst);
        let judgement = story(None).judge();
        assert_eq!((judgement.at_risk, judgement.verdict), (true, Some(Verdict::Inconclusive)));
        assert_eq!(story(within(3_600)).verdict_of(NAME), Verdict::Inconclusive);
        assert_eq!(story(Some(AtWorst::Unbounded)).judge().verdict, Some(Verdict::Pass));
    }

    #[test]
    fn a_nightly_dump_needs_more_than_a_day() {
        let story = |rpo, at_worst| promised(Story::dump(), rpo, at_worst);
        assert_eq!(story(3_600, None).verdict_of(NAME), Verdict::Fail);
        assert_eq!(story(3_600, within(3_700)).verdict_of(NAME), Verdict::Pass);
        assert_eq!(story(3_700, None).verdict_of(NAME), Verdict::Pass);
    }

    #[test]
    fn without_an_objective_nothing_is_said() {
        let judgement = Story::promoted(false).drill(|drill| drill.objectives.rpo = None).judge();
        assert!(!judgement.at_risk && judgement.findings.iter().all(|finding| finding.name != NAME));
    }
}
