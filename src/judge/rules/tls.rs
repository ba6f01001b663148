//! Whether a server demands encryption as its drill does.

use crate::judge::{finding::Ruling, record::Record, recovery::CompletedRecovery};
use crate::{human, journal::TlsFacts};

/// What is wrong with the server that a recovery gave, when it was recovered and whenever it was examined
/// since; nothing where the drill demands no encryption.
pub(in crate::judge) fn complaints(record: &Record<'_>, attempt: &CompletedRecovery<'_>) -> Vec<Ruling> {
    if !record.drill.server.tls {
        return Vec::new();
    }
    let Some(facts) = &attempt.recovered.tls else {
        return vec![Ruling::inconclusive("nobody asked the server how its connections are encrypted")];
    };
    let next = record.recoveries().map(|(step, ..)| step).find(|step| *step > attempt.step);
    let is_its = |step: usize| step > attempt.step && next.is_none_or(|next| step < next);
    let later = record.tls.iter().filter(|(step, _)| step.is_some_and(is_its));
    let mut complaints = of(facts, "the recovered server");
    for (step, facts) in later.filter(|_| complaints.is_empty()).collect::<Vec<_>>() {
        let who = format!("since step {}, the recovered server", step.map_or(0, |step| step + 1));
        complaints.extend(of(facts, &who));
    }
    complaints
}

/// What is wrong before anything breaks.
pub(in crate::judge) fn at_first(record: &Record<'_>) -> Option<Ruling> {
    if !record.drill.server.tls {
        return None;
    }
    let first = record.tls.iter().find(|(step, _)| step.is_none());
    let Some((_, facts)) = first else {
        return Some(Ruling::inconclusive("nobody asked the server how its connections are encrypted"));
    };
    of(facts, "the server").into_iter().next().map(|ruling| Ruling::inconclusive(ruling.message))
}

fn of(facts: &TlsFacts, who: &str) -> Vec<Ruling> {
    let TlsFacts { encrypted: _, clear, protocols: _, refuses_clear } = facts;
    let mut complaints = Vec::new();
    if !refuses_clear {
        complaints.push(Ruling::fail(format!("{who} takes connections that are not encrypted")));
    }
    if *clear > 0 {
        let said = human::counted(*clear, "connection", "connections");
        complaints.push(Ruling::fail(format!("{who} has {said} without encryption")));
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        journal::{Entry, Event},
        judge::{Verdict, testing::*},
    };

    const END: &str = "recovery 06 end of recovery";

    fn judged(facts: Option<&TlsFacts>) -> (Verdict, String) {
        let story = Story::loss().drill(|drill| drill.server.tls = true);
        story.recovered(|recovered| recovered.tls = facts.cloned()).finding(END)
    }

    fn seen(encrypted: u64, clear: u64, refuses_clear: bool) -> (Verdict, String) {
        judged(Some(&TlsFacts { encrypted, clear, protocols: "TLSv1.3".into(), refuses_clear }))
    }

    #[test]
    fn a_server_that_takes_what_is_not_encrypted_fails_and_one_that_nobody_asked_proves_nothing() {
        assert_eq!(seen(4, 0, true).0, Verdict::Pass);
        let (verdict, message) = seen(4, 0, false);
        assert_eq!(verdict, Verdict::Fail);
        assert_eq!(message, "the recovered server takes connections that are not encrypted");
        assert_eq!(seen(4, 1, true).0, Verdict::Fail);
        assert_eq!(judged(None).0, Verdict::Inconclusive);
        assert_eq!(Story::loss().finding(END).0, Verdict::Pass);
    }

    #[test]
    fn a_server_that_takes_them_when_it_is_examined_fails_and_before_the_fault_nothing_is_proven() {
        let good = TlsFacts { encrypted: 4, clear: 0, protocols: "TLSv1.3".into(), refuses_clear: true };
        let bad = TlsFacts { refuses_clear: false, ..good.clone() };
        let story = |first: &TlsFacts, later: &TlsFacts| {
            let mut story = Story::loss().drill(|drill| drill.server.tls = true);
            story = story.recovered(|recovered| recovered.tls = Some(good.clone()));
            for (step, facts) in [(None, first), (Some(CHECKS), later)] {
                let event = Event::TlsProbed { step, facts: facts.clone() };
                story.entries.push(Entry { at: ms(9_950), exercise: Some(story.exercise.clone()), event });
            }
            [END, "baseline"].map(|name| story.verdict_of(name))
        };
        assert_eq!(story(&good, &good), [Verdict::Pass, Verdict::Pass]);
        assert_eq!(story(&good, &bad), [Verdict::Fail, Verdict::Pass]);
        assert_eq!(story(&bad, &good), [Verdict::Pass, Verdict::Inconclusive]);
    }
}
