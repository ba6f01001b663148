//! What is written is read again; what was changed is noticed.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::{
    drill::{Check, RecoveryTarget, Verb},
    journal::{CheckFacts, DrillFile, ErrorChain, Event, Exercise, Moment, Recovered},
    pg::{Lsn, Major, ResolvedTarget},
    syntax,
};

/// A journal that a run of format 1 has left.
const RECORDED: &[u8] = include_bytes!("../../../fixtures/journals/v1/passing/journal.jsonl");

fn recorded() -> Vec<Entry> {
    read_journal(RECORDED).expect("a journal").entries
}

fn written(entries: &[Entry]) -> Vec<u8> {
    let mut writer = Writer::default();
    entries.iter().flat_map(|entry| writer.line(entry).expect("JSON")).collect()
}

/// Whether a reader notices that a journal is not the one that was written: it is refused, a line does not
/// agree, or the end is missing.
fn is_noticed(bytes: &[u8]) -> bool {
    let Ok(journal) = read_journal(bytes) else { return true };
    let ends = matches!(journal.entries.last().map(|entry| &entry.event), Some(Event::RunEnded { .. }));
    journal.damage.is_some() || !ends
}

/// The text of that journal in the format that is written now.
static TEXT: LazyLock<Vec<u8>> = LazyLock::new(|| written(&recorded()));

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

#[test]
fn what_is_written_is_read_again() {
    let entries = recorded();
    let bytes = written(&entries);
    let journal = read_journal(bytes.as_slice()).expect("a journal");
    assert_eq!((journal.entries.as_slice(), &journal.damage), (entries.as_slice(), &None));
    assert!(!is_noticed(&bytes), "nothing was changed");
    let last = String::from_utf8(lines(&bytes).pop().expect("a line")).expect("text");
    assert!(last.contains(&journal.hash.expect("a hash")), "{last}");
}

/// Events of a drill that has every kind of target and check, as its steps declare them.
#[expect(clippy::wildcard_enum_match_arm, reason = "a test names the variants that it is about")]
fn varied() -> Vec<Entry> {
    let text = include_str!("../../../drills/loss/pitr-targets.toml").to_owned();
    let text = text
        + "[[steps]]\ncheck = [\"reprotect\", \
            { sql = { title = \"one\", query = \"select 1\", expect = [[\"1\"]] } }]\n";
    let exercise = Exercise { drill: "loss/pitr-targets".parse().expect("a name"), postgres: Major(17) };
    let file = DrillFile { path: "drills/loss/pitr-targets.toml".into(), text };
    let drill = syntax::recorded(&exercise.drill, &file.path, &file.text).expect("a drill");
    let mut recovered: Option<Recovered> = None;
    let mut entries = recorded();
    for entry in &entries {
        if let Event::Recovered { recovered: found, .. } = &entry.event {
            recovered = Some((**found).clone());
        }
    }
    entries.truncate(1);
    let steps = drill.steps.clone();
    let mut put = |event| entries.push(Entry { at: Moment(1), exercise: Some(exercise.clone()), event });
    put(Event::Planned { drill: Box::new(drill), file });
    for (step, declared) in steps.into_iter().enumerate() {
        match declared.verb {
            Verb::Recover(crate::drill::Recovery::Restore { target, .. }) => {
                let position = ResolvedTarget::Position { at: Lsn(u64::MAX), inclusive: true };
                let resolved_target = (target != RecoveryTarget::Latest).then_some(position);
                let recovered = recovered.clone().expect("a recovery");
                let recovered = Box::new(Recovered { target: Some(target), resolved_target, ..recovered });
                put(Event::Recovered { step, recovered });
            }
            Verb::Check(checks) => {
                for check in checks {
                    let facts = match &check {
                        Check::Sql(_) => {
                            CheckFacts::Sql { rows: vec![vec![None, Some("\u{1b}\n\"".into())]] }
                        }
                        _ => CheckFacts::Broken {
                            error: ErrorChain(vec!["ask".into(), "no connection".into()]),
                            state: Some("08006".into()),
                        },
                    };
                    put(Event::Checked { step, check, about: Some(step), facts });
                }
            }
            _ => put(Event::Progress { text: "something".into() }),
        }
    }
    entries
}

#[test]
fn what_the_drill_tells_is_taken_from_its_text() {
    let entries = varied();
    let bytes = written(&entries);
    assert_eq!(read_journal(bytes.as_slice()).expect("a journal").entries, entries);
    let of_a_check = lines(&bytes).into_iter().map(|line| String::from_utf8(line).expect("text"));
    let of_a_check: Vec<_> = of_a_check.filter(|line| line.contains("\"checked\"")).collect();
    assert!(of_a_check.iter().all(|line| !line.contains("select 1")), "{of_a_check:?}");
}

#[test]
fn a_system_identifier_is_a_text_since_readers_of_json_round_large_numbers() {
    let text = String::from_utf8(written(&recorded())).expect("text");
    assert!(text.contains("\"system_identifier\":\"7710308534497162178\""), "{text}");
}

#[test]
fn a_last_line_without_its_end_is_left_out() {
    let entries = recorded();
    let bytes = written(&entries);
    let journal = read_journal(&bytes[..bytes.len() - 7]).expect("a journal");
    assert_eq!((journal.entries.len(), journal.damage), (entries.len() - 1, None));
}

#[test]
fn what_was_done_to_a_line_is_named() {
    let bytes = written(&recorded());
    let said = |change: fn(&mut Vec<Vec<u8>>)| {
        let mut lines = lines(&bytes);
        change(&mut lines);
        let journal = read_journal(lines.concat().as_slice()).expect("a journal");
        let damage = journal.damage.expect("damage").to_string();
        (journal.entries.len(), damage)
    };
    let expect = |entries: usize, words: &str| (entries, format!("journal.jsonl, {words}"));
    let changed = "the line does not agree with its hash: it was changed after it was written";
    let stands = |number, line| format!("line {line}: a line that is numbered {number} stands there");
    assert_eq!(said(|lines| lines[9][20] ^= 1), expect(9, &format!("line 10: {changed}")));
    assert_eq!(
        said(|lines| drop(lines.remove(9))),
        expect(9, "line 10: line 10 is missing: a line that is numbered 11 stands in its place")
    );
    assert_eq!(
        said(|lines| drop(lines.drain(9..12))),
        expect(9, "line 10: lines 10 to 12 are missing: a line that is numbered 13 stands in its place")
    );
    assert_eq!(said(|lines| lines.insert(9, lines[4].clone())), expect(9, &stands(5, 10)));
    assert_eq!(
        said(|lines| lines.push(lines[4].clone())),
        expect(recorded().len(), &stands(5, recorded().len() + 1))
    );
    assert_eq!(
        said(|lines| lines[9] = b"{\"line\":10}\n".to_vec()),
        expect(9, "line 10: the line has no hash at its end")
    );
}

#[test]
fn a_first_line_that_was_changed_or_is_newer_is_refused() {
    let mut bytes = written(&recorded());
    let refused = |bytes: &[u8]| read_journal(bytes).expect_err("refused").to_string();
    let newer = String::from_utf8(bytes.clone()).expect("text").replacen("\"format\":2", "\"format\":3", 1);
    assert_eq!(
        refused(newer.as_bytes()),
        "the file is in format 3, and this version of lifeboat reads the formats 1 to 2: take the version of \
         lifeboat that \
         wrote it, or a later one"
    );
    let older = newer.replacen("\"format\":3", "\"format\":1", 1);
    assert!(refused(older.as_bytes()).contains("which format 1 has not"), "{}", refused(older.as_bytes()));
    bytes[12] ^= 1;
    assert!(refused(&bytes).starts_with("understand line 1"), "{}", refused(&bytes));
    assert!(refused(b"{}\n").contains("not the beginning of a journal"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_single_byte_that_was_changed_is_noticed(at in any::<prop::sample::Index>(), change in 1_u8..=255) {
        let mut bytes = TEXT.clone();
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        prop_assert!(is_noticed(&bytes), "byte {at}");
    }

    #[test]
    fn lines_that_are_gone_doubled_or_moved_are_noticed(
        first in any::<prop::sample::Index>(), second in any::<prop::sample::Index>()
    ) {
        let whole = lines(&TEXT);
        let (first, second) = (first.index(whole.len()), second.index(whole.len()));
        let mut gone = whole.clone();
        gone.remove(first);
        prop_assert!(is_noticed(&gone.concat()), "line {} is gone", first + 1);
        let mut doubled = whole.clone();
        doubled.insert(second, whole[first].clone());
        prop_assert!(is_noticed(&doubled.concat()), "line {} again at {}", first + 1, second + 1);
        if first != second {
            let mut swapped = whole.clone();
            swapped.swap(first, second);
            prop_assert!(is_noticed(&swapped.concat()), "lines {} and {}", first + 1, second + 1);
        }
    }

    #[test]
    fn an_end_that_is_cut_off_is_noticed(at in any::<prop::sample::Index>()) {
        prop_assert!(is_noticed(&TEXT[..at.index(TEXT.len())]));
    }
}
