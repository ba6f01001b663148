//! Timelines and their history files.

use serde::{Deserialize, Serialize};

use super::Lsn;

/// The number of a timeline: each archive recovery and each promotion begins a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timeline(pub u32);

impl std::fmt::Display for Timeline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// One line of a history file: a timeline was left at a position, for a reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// The timeline that was left.
    pub parent: Timeline,
    /// Where it was left.
    pub at: Lsn,
    /// The server's own words, such as `no recovery target specified`.
    pub reason: String,
}

/// The branches in the text of a `.history` file, oldest first; lines that are no branch are passed over, as
/// the server does.
///
/// Source: `readTimeLineHistory` in `src/backend/access/transam/timeline.c`.
#[must_use]
pub fn parse_history(text: &str) -> Vec<Branch> {
    text.lines()
        .filter_map(|line| {
            let mut fields = line.trim().splitn(3, char::is_whitespace);
            Some(Branch {
                parent: Timeline(fields.next()?.parse().ok()?),
                at: fields.next()?.parse().ok()?,
                reason: fields.next().unwrap_or_default().trim().to_owned(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_file_tells_where_each_timeline_was_left() {
        let text =
            "1\t0/3000148\tno recovery target specified\n\n# comment\n2\t0/50000A0\tbefore transaction 742\n";
        let branches = parse_history(text);
        assert_eq!(branches.len(), 2);
        assert_eq!(branches.last().map(|b| (b.parent, b.at)), Some((Timeline(2), Lsn(0x0500_00A0))));
        assert_eq!(branches.first().map(|b| b.reason.as_str()), Some("no recovery target specified"));
    }
}
