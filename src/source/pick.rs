//! Which of several backups is meant.

use super::{Found, SourceError};
use crate::drill::Pick;

/// The backup that is meant. One that nothing dates counts as older than all that are dated; of two of the
/// same time the later name is the newer.
///
/// # Errors
/// Returns an error if none fits; it says what is there.
pub fn pick<'a>(found: &'a [Found], pick: &Pick, seed: u64) -> Result<&'a Found, SourceError> {
    let mut sorted: Vec<&Found> = found.iter().collect();
    sorted.sort_by_key(|found| (found.dated.map(|dated| dated.time), &found.name));
    let chosen = match pick {
        Pick::Latest => sorted.last(),
        Pick::Oldest => sorted.first(),
        Pick::Random => index(seed, sorted.len()).and_then(|index| sorted.get(index)),
        Pick::Before(time) => {
            sorted.iter().rfind(|found| found.dated.is_some_and(|dated| dated.time <= *time))
        }
        Pick::Named(name) => sorted.iter().find(|found| found.name == *name),
    };
    chosen.copied().ok_or_else(|| SourceError::cannot_tell(nothing(&sorted, pick)))
}

fn nothing(sorted: &[&Found], pick: &Pick) -> String {
    match (sorted.first(), sorted.last()) {
        (Some(oldest), Some(newest)) => format!(
            "no backup fits `{pick}`: there are {}, from {} to {}",
            sorted.len(),
            oldest.name,
            newest.name
        ),
        _ => "there is no backup to pick from".to_owned(),
    }
}

/// A number below `count` by a seed, each as likely as the others: the seed is mixed by SplitMix64, and what
/// would make the first numbers likelier is mixed again.
fn index(seed: u64, count: usize) -> Option<usize> {
    let count = u64::try_from(count).ok().filter(|count| *count > 0)?;
    let fair = u64::MAX - u64::MAX % count;
    let mut state = seed;
    loop {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        if mixed < fair {
            return usize::try_from(mixed % count).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::dates;

    fn found(name: &str) -> Found {
        let dated = dates::dated(name, None);
        Found { name: name.to_owned(), parts: vec![], is_folder: false, bytes: 0, modified: None, dated }
    }

    #[test]
    fn the_newest_the_oldest_one_by_name_and_one_before_a_time_are_picked() {
        let all = ["b-2026-11-02", "c-2026-11-01", "a-2026-11-03", "undated"].map(found);
        for (text, name) in [
            ("latest", "a-2026-11-03"),
            ("oldest", "undated"),
            ("c-2026-11-01", "c-2026-11-01"),
            ("2026-11-02T12:00:00Z", "b-2026-11-02"),
            ("2026-11-02T00:00:00Z", "b-2026-11-02"),
        ] {
            assert_eq!(pick(&all, &text.parse().expect(text), 0).expect(text).name, name);
        }
        let error = pick(&all, &"2026-10-01T00:00:00Z".parse().expect("a time"), 0).expect_err("none");
        assert!(error.to_string().contains("there are 4, from undated to a-2026-11-03"), "{error}");
        assert!(pick(&[], &Pick::Latest, 0).is_err());
    }

    proptest! {
        #[test]
        fn random_is_uniform_over_the_window_and_the_same_for_a_seed(
            from in any::<u64>(),
            count in 1_usize..12,
        ) {
            let names: Vec<Found> =
                (0..count).map(|day| found(&format!("2026-11-{:02}", day + 1))).collect();
            let mut hits = vec![0_u32; count];
            const EACH: usize = 400;
            for step in 0..(EACH * count) as u64 {
                let seed = from.wrapping_add(step);
                let one = pick(&names, &Pick::Random, seed).expect("one");
                prop_assert_eq!(one, pick(&names, &Pick::Random, seed).expect("again"));
                hits[names.iter().position(|name| name == one).expect("of them")] += 1;
            }
            // Six standard deviations of a binomial distribution: 6 * sqrt(400) = 120.
            prop_assert!(hits.iter().all(|hits| hits.abs_diff(400) < 120), "{:?}", hits);
        }
    }
}
