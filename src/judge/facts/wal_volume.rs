//! How much WAL lies between two commits, without the padding of switched segments.
//!
//! A segment that is closed before it is full (`archive_timeout`, `pg_switch_wal`) is padded to its end, and
//! LSNs jump over the padding. The ledger has an LSN of each commit, so it shows how far each segment was
//! used: to the last commit in it. A segment counts as full where its end is no further from its last commit
//! than one commit was from the next somewhere else within a segment; what no commit borders on is not
//! counted.
//!
//! **Invariant:** memory grows with segments, not with commits.

use std::collections::BTreeMap;

use crate::pg::Lsn;

/// The use of WAL by the commits of a ledger, as they are walked.
#[derive(Debug)]
pub(in crate::judge) struct WalVolume {
    segment_size: u64,
    /// The last position of a commit, by segment number.
    used: BTreeMap<u64, Lsn>,
    /// The last commit that was seen.
    previous: Option<Lsn>,
    /// The greatest distance from a commit to the next within a segment.
    step: u64,
}

impl WalVolume {
    pub(in crate::judge) fn new(segment_size: u64) -> Self {
        Self { segment_size: segment_size.max(1), used: BTreeMap::new(), previous: None, step: 0 }
    }

    /// Notes a commit of the old service.
    pub(in crate::judge) fn note(&mut self, at: Lsn) {
        if at == Lsn(0) {
            return;
        }
        let segment = self.segment(at);
        if let Some(previous) = self.previous.filter(|previous| self.segment(*previous) == segment) {
            self.step = self.step.max(at.0.abs_diff(previous.0));
        }
        self.previous = Some(at);
        let used = self.used.entry(segment).or_default();
        *used = at.max(*used);
    }

    fn segment(&self, at: Lsn) -> u64 {
        at.0 / self.segment_size
    }

    /// The bytes of WAL from one commit to a later one.
    pub(in crate::judge) fn between(&self, from: Lsn, to: Lsn) -> u64 {
        let (first, last) = (self.segment(from), self.segment(to));
        if first >= last {
            return to.bytes_since(from);
        }
        let whole: u64 = self
            .used
            .range(first..last)
            .map(|(segment, used)| {
                let begin = from.0.max(segment * self.segment_size);
                let end = (segment + 1) * self.segment_size;
                let padding = end - used.0;
                let end = if padding <= self.step { end } else { used.0 };
                end.saturating_sub(begin)
            })
            .sum();
        whole + to.0 % self.segment_size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEGMENT: u64 = 16 << 20;

    fn volume(commits: impl IntoIterator<Item = u64>) -> WalVolume {
        let mut volume = WalVolume::new(SEGMENT);
        commits.into_iter().for_each(|at| volume.note(Lsn(at)));
        volume
    }

    #[test]
    fn the_padding_of_a_switched_segment_is_not_counted() {
        // The last kept commit in segment 0A, the lost ones in 0B: as a review found it, 15.9 MiB for 19,360
        // bytes.
        let kept = (0..20).map(|number| 0xA01_0000 + number * 200);
        let lost = (0..100).map(|number| 0xB00_0028 + number * 195);
        let volume = volume(kept.chain(lost));
        let (from, to) = (Lsn(0xA01_0000 + 19 * 200), Lsn(0xB00_0028 + 99 * 195));
        assert_eq!(to.bytes_since(from) / (1 << 20), 15);
        assert_eq!(volume.between(from, to), 0x28 + 99 * 195);
    }

    #[test]
    fn a_segment_that_was_filled_is_counted_to_its_end() {
        let volume = volume((0..40).map(|number| 0xA00_0000 + number * (1 << 20)));
        let (from, to) = (Lsn(0xA00_0000), Lsn(0xA00_0000 + 39 * (1 << 20)));
        assert_eq!(volume.between(from, to), to.bytes_since(from));
        assert_eq!(volume.between(to, from), 0);
    }

    #[test]
    fn within_a_segment_and_over_several_switches_the_records_alone_count() {
        let volume = volume([0xA00_0100, 0xA00_0200, 0xB00_0100, 0xB00_0300, 0xD00_0080]);
        assert_eq!(volume.between(Lsn(0xA00_0100), Lsn(0xA00_0200)), 0x100);
        assert_eq!(volume.between(Lsn(0xA00_0200), Lsn(0xD00_0080)), 0x300 + 0x80);
    }
}
