//! A second look just before a fault: which tables move while the clients work.
//!
//! Clients change more than their own table: triggers write audit trails and counters, and a table may be
//! partitioned. Which tables those are is known from two looks, one at the start of the drill and one just
//! before what is to break. Where rows were only added, those of the first look can be found again by their
//! transactions, and are compared.

use super::{Live, is_asked, now};
use crate::{
    action::{context::DrillContext, topology::BASELINE, workload::Touch},
    journal::{ErrorChain, Fingerprint, TableFingerprint},
    lab::LabError,
};

/// Looks at the service's content once more, if the drill asks for it and the service answers. Once a
/// recovery has served, what differs from the first look need not be the clients' work: what that recovery
/// damaged would pass for moving.
///
/// # Errors
/// Returns an error if the content can't be read although the service answers.
pub async fn look_again(context: &mut DrillContext) -> Result<(), LabError> {
    let has_recovered = context.recovery.as_ref().is_some_and(|recovery| recovery.serves);
    let Some(first) = context.baselines.get(BASELINE).filter(|_| is_asked(&context.drill) && !has_recovered)
    else {
        return Ok(());
    };
    let (node, _) = context.service()?;
    if let Err(error) = node.answers(context.time_left.patience()).await {
        let why = ErrorChain::of(&error);
        context.recorder.progress(format!("the content is not looked at again: {why}"));
        return Ok(());
    }
    let second = now(&node, context.clock(), &Live::of(context)?, Some(first)).await?;
    context.second_look = Some(second);
    Ok(())
}

/// Marks in a baseline what moved between the first look and the second: tables to which rows were only added
/// grow, and others are live. Tables of the clients grow where they were not seen to change rows, neither by
/// one of their transactions nor by both looks.
pub fn mark_what_moves(baseline: &mut Fingerprint, first: &Fingerprint, second: &Fingerprint, live: &Live) {
    for (name, database) in &mut baseline.databases {
        let looks = first.databases.get(name).zip(second.databases.get(name));
        let Some((first, second)) = looks else { continue };
        for (table, print) in &mut database.tables {
            let Some((was, is)) = first.tables.get(table).zip(second.tables.get(table)) else { continue };
            let stays = is.earlier.as_ref().is_some_and(|rows| (rows.rows, &rows.hash) == content(was));
            let touch = live.tables.get(table).filter(|_| *name == live.database);
            match touch {
                Some(Touch::Adds) => print.grows = stays || is_same(was, is),
                Some(Touch::Changes) => {}
                None => print.grows = stays && !is_same(was, is),
            }
            print.live = !print.grows && (print.live || !is_same(was, is));
        }
    }
}

/// Marks what grows by a baseline as such where it is compared with it.
pub fn mark_what_grows(print: &mut Fingerprint, baseline: &Fingerprint) {
    for (name, database) in &mut print.databases {
        let Some(baseline) = baseline.databases.get(name) else { continue };
        for (table, print) in &mut database.tables {
            print.live &= !baseline.tables.get(table).is_some_and(|was| was.grows);
        }
    }
}

const fn content(print: &TableFingerprint) -> (u64, &String) {
    (print.rows, &print.hash)
}

fn is_same(was: &TableFingerprint, is: &TableFingerprint) -> bool {
    content(was) == content(is)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{
        drill::{DatabaseName, TableName},
        journal::{DatabaseFingerprint, Moment, Rows},
    };

    fn look(tables: &[(&str, u64, Option<u64>)]) -> Fingerprint {
        let print = |&(name, rows, earlier): &(&str, u64, Option<u64>)| {
            let of = |rows: u64| format!("hash of {rows}");
            let earlier = earlier.map(|rows| Rows { rows, hash: of(rows) });
            let name: TableName = name.parse().expect("a table");
            (name, TableFingerprint { rows, hash: of(rows), earlier, ..TableFingerprint::default() })
        };
        let database =
            DatabaseFingerprint { tables: tables.iter().map(print).collect(), left_out: BTreeMap::new() };
        Fingerprint {
            at: Moment(1),
            databases: [(DatabaseName::postgres(), database)].into(),
            not_covered: BTreeMap::new(),
            horizon: Some(7),
            millis: 1,
        }
    }

    #[test]
    fn a_table_that_only_grew_is_told_from_one_that_was_changed_and_one_that_stood_still() {
        let first = look(&[
            ("s.still", 3, None),
            ("s.trail", 4, None),
            ("s.counter", 1, None),
            ("s.order", 5, None),
            ("s.stock", 6, None),
            ("s.idle", 7, None),
        ]);
        let second = look(&[
            ("s.still", 3, None),
            ("s.trail", 9, Some(4)),
            ("s.counter", 2, Some(0)),
            ("s.order", 8, Some(5)),
            ("s.stock", 8, Some(6)),
            ("s.idle", 7, None),
        ]);
        let mut baseline = first.clone();
        let own = [("s.order", Touch::Adds), ("s.stock", Touch::Changes), ("s.idle", Touch::Adds)];
        let tables = own.map(|(name, touch)| (name.parse().expect("a table"), touch)).into();
        let live = Live { database: DatabaseName::postgres(), tables };
        mark_what_moves(&mut baseline, &first, &second, &live);
        let marks: Vec<(String, bool, bool)> = baseline.databases[&DatabaseName::postgres()]
            .tables
            .iter()
            .map(|(name, print)| (name.to_string(), print.grows, print.live))
            .collect();
        let mark = |name: &str, grows, live| (name.to_owned(), grows, live);
        assert_eq!(
            marks,
            [
                mark("s.counter", false, true),
                mark("s.idle", true, false),
                mark("s.order", true, false),
                mark("s.still", false, false),
                mark("s.stock", false, true),
                mark("s.trail", true, false)
            ]
        );
    }
}
