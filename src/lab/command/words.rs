//! What matters of what a program says.

/// So many last lines are kept.
const LAST: usize = 3;

/// The first error, the line before it where that says what it is of, and the last lines, on one line.
pub(in crate::lab) fn digest(said: &str) -> String {
    let lines = said.lines().map(|line| line.trim().trim_end_matches(';'));
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    let first = lines.iter().position(|line| is_error(line));
    let last = lines.len().saturating_sub(LAST);
    let mut kept: Vec<&str> = Vec::new();
    let mut next = 0;
    if let Some(first) = first {
        let of =
            first.checked_sub(1).filter(|of| lines.get(*of).is_some_and(|line| line.contains("TOC entry")));
        // What follows the first error explains it.
        let end = (first + 1 + explanation(lines.get(first + 1..).unwrap_or_default())).min(lines.len());
        kept.extend(lines.get(of.unwrap_or(first)..end).unwrap_or_default());
        next = end;
    }
    let rest = last.max(next);
    if rest > next {
        kept.push("…");
    }
    kept.extend(lines.get(rest..).unwrap_or_default());
    kept.join("; ")
}

/// Whether a line tells of an error, in the words of PostgreSQL's servers and programs, or of others.
fn is_error(line: &str) -> bool {
    ["ERROR:", "FATAL:", "PANIC:", "error:", "Error:"].iter().any(|word| line.contains(word))
}

/// How many of these lines explain the error before them.
fn explanation(lines: &[&str]) -> usize {
    lines.iter().take_while(|line| ["DETAIL:  ", "HINT:  "].iter().any(|word| line.contains(word))).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_and_the_last_lines_are_kept() {
        let said = "pg_restore: while PROCESSING TOC:
pg_restore: from TOC entry 4358; 1259 1 INDEX words_norm postgres
pg_restore: error: could not execute query: ERROR:  relation \"map\" does not exist
HINT:  look for it
LINE 1: (select b from map where a = $1)
QUERY:  (select b from map where a = $1)
Command was: CREATE INDEX words_norm ON f.words USING btree (f.norm(w));

pg_restore: warning: errors ignored on restore: 1
";
        assert_eq!(
            digest(said),
            "pg_restore: from TOC entry 4358; 1259 1 INDEX words_norm postgres; \
             pg_restore: error: could not execute query: ERROR:  relation \"map\" does not exist; \
             HINT:  look for it; …; \
             QUERY:  (select b from map where a = $1); \
             Command was: CREATE INDEX words_norm ON f.words USING btree (f.norm(w)); \
             pg_restore: warning: errors ignored on restore: 1"
        );
    }

    #[test]
    fn a_servers_log_is_shortened_to_what_it_died_of() {
        let said = "2026-11-27 11:00:00.001 UTC [9] LOG:  redo starts at 0/2000028
2026-11-27 11:00:00.002 UTC [9] FATAL:  archive file \"000000010000000000000007\" has wrong size: 0 instead \
of 16777216
2026-11-27 11:00:00.003 UTC [9] HINT:  look at it
2026-11-27 11:00:00.004 UTC [7] LOG:  startup process (PID 9) exited with exit code 1
2026-11-27 11:00:00.005 UTC [7] LOG:  terminating any other active server processes
2026-11-27 11:00:00.006 UTC [7] LOG:  shutting down due to startup process failure
2026-11-27 11:00:00.007 UTC [7] LOG:  database system is shut down";
        let kept = digest(said);
        assert!(kept.starts_with("2026-11-27 11:00:00.002 UTC [9] FATAL:  archive file"), "{kept}");
        assert!(kept.contains("HINT:  look at it; …; 2026-11-27 11:00:00.005"), "{kept}");
    }

    #[test]
    fn a_short_text_is_kept_whole_and_one_without_an_error_by_its_end() {
        assert_eq!(digest("one\ntwo\n"), "one; two");
        assert_eq!(digest("ERROR:  no\n"), "ERROR:  no");
        assert_eq!(digest("1\n2\n3\n4\n5"), "…; 3; 4; 5");
        assert_eq!(digest("1\n2\n3\n4\nFATAL:  5"), "FATAL:  5");
        assert_eq!(digest(""), "");
    }
}
