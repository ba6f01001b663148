//! Terminals, and the logs of CI systems that read commands from them.

/// Finished output, with what a CI system would take for a command of its own broken up.
///
/// GitHub takes a line that begins with `::`, and `##[` anywhere; Azure `##vso[`, TeamCity `##teamcity[`.
#[must_use]
pub fn no_commands(output: &str) -> String {
    let mut safe = String::with_capacity(output.len());
    for line in output.split_inclusive('\n') {
        // Twice: of three in a row, the second pass takes the pair that the first one leaves.
        let line = line.replace("##", "# #").replace("##", "# #");
        let text = line.trim_start();
        match text.strip_prefix("::") {
            Some(rest) => {
                safe.extend(line.chars().take_while(|c| c.is_whitespace()));
                safe.push_str(": :");
                safe.push_str(rest);
            }
            None => safe.push_str(&line),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_commands_no_ci_system() {
        assert_eq!(
            no_commands("  ::error::x\na ::b\n##[error]y ##vso[z]"),
            "  : :error::x\na ::b\n# #[error]y # #vso[z]"
        );
        for many in ["###[error]", "####[error]", "#####[error]"] {
            assert!(!no_commands(many).contains("##"), "{many}");
        }
    }
}
