//! A commit's line, read without a parser of JSON: there are millions of them.

use crate::{
    journal::{Commit, CommitOutcome, Moment},
    pg::Lsn,
};

/// The commit in `[writer,seq,session,begun_us,ended_us,"outcome","lsn"]`; `None` for any other text.
pub(super) fn commit(text: &[u8]) -> Option<Commit> {
    let mut rest = text.strip_prefix(b"[")?.strip_suffix(b"\"]")?;
    let writer = u16::try_from(number(&mut rest)?).ok()?;
    let seq = u32::try_from(number(&mut rest)?).ok()?;
    let session = u32::try_from(number(&mut rest)?).ok()?;
    let (begun, ended) = (Moment(number(&mut rest)?), Moment(number(&mut rest)?));
    let [b'"', outcome, b'"', b',', b'"', lsn @ ..] = rest else { return None };
    let outcome = match outcome {
        b'a' => CommitOutcome::Acknowledged,
        b'i' => CommitOutcome::InDoubt,
        b'f' => CommitOutcome::Failed,
        _ => return None,
    };
    let slash = lsn.iter().position(|byte| *byte == b'/')?;
    let (high, low) = lsn.split_at_checked(slash)?;
    let lsn = Lsn((hexadecimal(high)? << 32) | hexadecimal(low.strip_prefix(b"/")?)?);
    Some(Commit { begun, ended, lsn, seq, session, writer, outcome })
}

/// A decimal number and the comma behind it.
fn number(rest: &mut &[u8]) -> Option<u64> {
    let digits = rest.iter().position(|byte| *byte == b',')?;
    let (text, behind) = rest.split_at_checked(digits)?;
    *rest = behind.strip_prefix(b",")?;
    let digit = |number: u64, byte: &u8| match byte {
        b'0'..=b'9' => number.checked_mul(10)?.checked_add(u64::from(byte - b'0')),
        _ => None,
    };
    if text.is_empty() { None } else { text.iter().try_fold(0, digit) }
}

/// A number of up to eight hexadecimal digits.
fn hexadecimal(text: &[u8]) -> Option<u64> {
    let digit = |number: u64, byte: &u8| Some(number << 4 | u64::from(char::from(*byte).to_digit(16)?));
    if matches!(text.len(), 1..=8) { text.iter().try_fold(0, digit) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_commit_is_refused() {
        assert!(commit(br#"[2,7,1,10,20,"i","1A/FF"]"#).is_some());
        for text in [
            r#"[65536,7,1,10,20,"i","1A/FF"]"#,
            r#"[2,7,1,10,18446744073709551616,"i","1A/FF"]"#,
            r#"[2,,1,10,20,"i","1A/FF"]"#,
            r#"[2,7,1,10,20,"x","1A/FF"]"#,
            r#"[2,7,1,10,20,"i","1A/FFFFFFFFF"]"#,
            r#"[2,7,1,10,20,"i","1A"]"#,
            r#"[2,7,1,10,20,"i","1A/FF"] "#,
            r#"[2,7,1,10,20,30,"i","1A/FF"]"#,
            r#"[2, 7,1,10,20,"i","1A/FF"]"#,
            "",
        ] {
            assert_eq!(commit(text.as_bytes()), None, "{text}");
        }
    }
}
