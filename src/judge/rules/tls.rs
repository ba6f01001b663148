//! Whether a recovered server demands encryption as its drill does.

use crate::judge::finding::Ruling;
use crate::{
    drill::Drill,
    human,
    journal::{Recovered, TlsFacts},
};

/// What is wrong with it; nothing where the drill demands no encryption.
pub(in crate::judge) fn complaints(drill: &Drill, recovered: &Recovered) -> Vec<Ruling> {
    if !drill.server.tls {
        return Vec::new();
    }
    let Some(TlsFacts { encrypted, clear, protocols: _, refuses_clear }) = &recovered.tls else {
        return vec![Ruling::inconclusive("nobody asked the server how its connections are encrypted")];
    };
    let mut complaints = Vec::new();
    if !refuses_clear {
        complaints.push(Ruling::fail("the recovered server takes connections that are not encrypted"));
    }
    if *clear > 0 {
        let said = human::counted(*clear, "connection is", "connections are");
        complaints.push(Ruling::fail(format!("{said} not encrypted on the recovered server")));
    }
    if *encrypted == 0 {
        complaints.push(Ruling::inconclusive("no encrypted connection was seen on the recovered server"));
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::{Verdict, testing::*};

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
        assert_eq!(seen(0, 0, true).0, Verdict::Inconclusive);
        assert_eq!(judged(None).0, Verdict::Inconclusive);
        assert_eq!(Story::loss().finding(END).0, Verdict::Pass);
    }
}
