//! Sets of sequence numbers, stored as ranges.

use serde::{Deserialize, Serialize};

/// A set of numbers as sorted, disjoint, non-adjacent inclusive ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(u64, u64)>", into = "Vec<(u64, u64)>")]
pub struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    /// The empty set.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// How many numbers are in it.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.0.iter().map(|(first, last)| last - first + 1).sum()
    }

    /// Whether nothing is in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `number` is in it.
    #[must_use]
    pub fn contains(&self, number: u64) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= number);
        after.checked_sub(1).and_then(|i| self.0.get(i)).is_some_and(|(_, last)| number <= *last)
    }

    /// The greatest number in it.
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        self.0.last().map(|(_, last)| *last)
    }

    /// The ranges, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[(u64, u64)] {
        &self.0
    }

    /// The numbers, in order.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().flat_map(|(first, last)| *first..=*last)
    }

    /// Adds a number; cheap where numbers come in order.
    pub fn insert(&mut self, number: u64) {
        match self.0.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
            Some((_, last)) if *last >= number => {
                if !self.contains(number) {
                    self.extend(number, number);
                }
            }
            _ => self.0.push((number, number)),
        }
    }

    /// Adds the numbers from `first` to `last`.
    pub fn extend(&mut self, first: u64, last: u64) {
        let mut ranges = std::mem::take(&mut self.0);
        ranges.push((first, last));
        *self = ranges.into();
    }

    /// What is here and not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut rest = Vec::new();
        let mut holes = other.0.iter().peekable();
        for &(first, last) in &self.0 {
            let mut from = Some(first);
            while let (Some(start), Some(&&(hole_first, hole_last))) = (from, holes.peek()) {
                if hole_last < start {
                    holes.next();
                    continue;
                }
                if hole_first > last {
                    break;
                }
                if hole_first > start {
                    rest.push((start, hole_first - 1));
                }
                from = hole_last.checked_add(1).filter(|next| *next <= last);
                if from.is_some() {
                    holes.next();
                }
            }
            if let Some(start) = from {
                rest.push((start, last));
            }
        }
        Self(rest)
    }
}

impl From<Vec<(u64, u64)>> for Ranges {
    fn from(mut ranges: Vec<(u64, u64)>) -> Self {
        ranges.retain(|(first, last)| first <= last);
        ranges.sort_unstable();
        let mut merged: Vec<(u64, u64)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = (*end).max(last),
                _ => merged.push((first, last)),
            }
        }
        Self(merged)
    }
}

impl From<Ranges> for Vec<(u64, u64)> {
    fn from(ranges: Ranges) -> Self {
        ranges.0
    }
}

impl FromIterator<u64> for Ranges {
    fn from_iter<I: IntoIterator<Item = u64>>(numbers: I) -> Self {
        numbers.into_iter().map(|n| (n, n)).collect::<Vec<_>>().into()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn numbers() -> impl Strategy<Value = BTreeSet<u64>> {
        proptest::collection::btree_set(0_u64..60, 0..40)
    }

    proptest! {
        #[test]
        fn ranges_are_the_set_that_they_were_made_of(set in numbers()) {
            let ranges: Ranges = set.iter().copied().collect();
            prop_assert_eq!(ranges.iter().collect::<BTreeSet<_>>(), set.clone());
            prop_assert_eq!(ranges.len(), set.len() as u64);
            for number in 0..60 {
                prop_assert_eq!(ranges.contains(number), set.contains(&number));
            }
            for pair in ranges.as_slice().windows(2) {
                prop_assert!(pair[0].1 + 1 < pair[1].0);
            }
        }

        #[test]
        fn insertion_in_any_order_makes_the_same_ranges(
            order in proptest::collection::vec(0_u64..60, 0..40)
        ) {
            let mut inserted = Ranges::new();
            for number in &order {
                inserted.insert(*number);
            }
            prop_assert_eq!(inserted, order.into_iter().collect::<Ranges>());
        }

        #[test]
        fn difference_is_that_of_sets(a in numbers(), b in numbers()) {
            let rest = a.iter().copied().collect::<Ranges>().difference(&b.iter().copied().collect());
            prop_assert_eq!(rest, a.difference(&b).copied().collect::<Ranges>());
        }
    }
}
