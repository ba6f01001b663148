//! What the figures are, in words: printed in every report, and in the README.

use crate::journal::Phase;

/// From when to when recovery time runs.
pub(super) const RTO: &str =
    "RTO: from the fault to the first acknowledged write of the application's role on the recovered service.";

/// How a loss is measured in time.
pub(super) const RPO: &str = "RPO: the later of the fault and the acknowledgement of the last lost commit, \
    minus the acknowledgement of \
    the last commit of the longest prefix that was recovered whole; zero where nothing is lost.";

/// On which clocks.
pub(super) const CLOCKS: &str = "Durations are of the runner's monotonic clock. Where a phase begins or ends \
    with a line of the server's log, that \
    instant is found on it by readings of the wall clock at the beginning and the end of the recovery; the \
    log tells milliseconds.";

/// The phases, each with its name and definition.
pub(super) fn phases() -> impl Iterator<Item = (&'static str, &'static str)> {
    Phase::ALL.into_iter().map(|phase| (phase.name(), phase.definition()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_defines_every_figure_in_the_words_of_the_reports() {
        let readme = include_str!("../../README.md");
        for text in [RTO, RPO, CLOCKS] {
            assert!(readme.contains(text), "{text}");
        }
        for (name, definition) in phases() {
            assert!(readme.contains(&format!("| {name} | {definition} |")), "| {name} | {definition} |");
        }
    }
}
