//! Verdicts, and how they join.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a promise was kept. A whole is its worst part: `fail > inconclusive > pass`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It was kept, and that is proven.
    Pass,
    /// Nobody can tell.
    Inconclusive,
    /// It was broken.
    Fail,
}

impl Verdict {
    /// The worse of two.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        self.max(other)
    }

    /// The worst of many; nothing evaluated is inconclusive.
    #[must_use]
    pub fn of_all(verdicts: impl IntoIterator<Item = Self>) -> Self {
        verdicts.into_iter().reduce(Self::join).unwrap_or(Self::Inconclusive)
    }

    /// Its word in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_verdict() -> impl Strategy<Value = Verdict> {
        prop_oneof![Just(Verdict::Pass), Just(Verdict::Inconclusive), Just(Verdict::Fail)]
    }

    #[test]
    fn nothing_evaluated_is_inconclusive() {
        assert_eq!(Verdict::of_all([]), Verdict::Inconclusive);
    }

    proptest! {
        #[test]
        fn joining_is_a_lattice(a in any_verdict(), b in any_verdict(), c in any_verdict()) {
            prop_assert_eq!(a.join(b), b.join(a));
            prop_assert_eq!(a.join(b).join(c), a.join(b.join(c)));
            prop_assert_eq!(a.join(a), a);
            prop_assert_eq!(a.join(Verdict::Pass), a);
            prop_assert_eq!(a.join(Verdict::Fail), Verdict::Fail);
        }

        #[test]
        fn a_whole_is_never_better_than_a_part(all in proptest::collection::vec(any_verdict(), 1..10)) {
            let whole = Verdict::of_all(all.iter().copied());
            prop_assert!(all.iter().all(|part| *part <= whole) && all.contains(&whole));
        }
    }
}
