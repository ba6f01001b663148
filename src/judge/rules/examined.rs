//! The one rule for every check that only compares or counts.

use crate::judge::finding::Ruling;
use crate::{
    human,
    journal::{Examined, Severity},
};

/// So many complaints are shown.
const SHOWN: usize = 20;

/// Damage fails, a warning and what the lab can't reach are told, and nothing examined is inconclusive.
pub(in crate::judge) fn ruling(facts: &Examined) -> (Ruling, u64) {
    let of =
        |severity: Severity| facts.complaints.iter().filter(move |complaint| complaint.severity == severity);
    let line = |complaint: &crate::journal::Complaint| format!("{}: {}", complaint.about, complaint.text);
    let counted = human::counted(facts.examined, "object", "objects");
    let mut damage = of(Severity::Damage).map(line);
    let ruling = match (damage.next(), facts.examined) {
        (Some(first), _) => Ruling::fail(first).with(damage.take(SHOWN).collect()),
        (None, 0) => Ruling::inconclusive("no object was examined"),
        (None, _) => Ruling::pass(format!("{counted} examined, none damaged")),
    };
    let told = of(Severity::Warning).map(|complaint| format!("warning: {}", line(complaint)));
    let told =
        told.chain(of(Severity::Environment).map(|complaint| format!("environment: {}", line(complaint))));
    (ruling.with(told.take(SHOWN).collect()), facts.examined)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{journal::Complaint, judge::Verdict};

    fn verdict(examined: u64, severities: &[Severity]) -> Verdict {
        let complaint = |severity: &Severity| Complaint {
            severity: *severity,
            about: "shop.customer".into(),
            text: "it is odd".into(),
        };
        ruling(&Examined { examined, complaints: severities.iter().map(complaint).collect() }).0.verdict
    }

    #[test]
    fn damage_fails_warnings_are_told_and_nothing_examined_is_inconclusive() {
        assert_eq!(verdict(3, &[]), Verdict::Pass);
        assert_eq!(verdict(0, &[]), Verdict::Inconclusive);
        assert_eq!(verdict(0, &[Severity::Warning]), Verdict::Inconclusive);
        assert_eq!(verdict(3, &[Severity::Warning, Severity::Environment]), Verdict::Pass);
        assert_eq!(verdict(3, &[Severity::Warning, Severity::Damage]), Verdict::Fail);
        assert_eq!(verdict(0, &[Severity::Damage]), Verdict::Fail);
    }
}
