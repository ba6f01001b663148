//! The user's own transactions, and the row of the ledger in each that writes.
//!
//! **Invariant:** a transaction and its row are sent in one message and committed together: if the row is
//! there, so is what the transaction did, and if it is not, nothing of it is.

use crate::{
    drill::{Transaction, Workload},
    lab::{
        LabError,
        session::{Prepared, Session, SqlError},
    },
    pg::{Lsn, pgbench::Script, quote::literal, sqlstate},
};

/// What the clients choose from.
pub(super) struct Transactions {
    scripts: Vec<Chosen>,
    weights: u64,
    table: String,
}

/// A transaction of the user's.
pub(super) struct Chosen {
    weight: u64,
    pub(super) read_only: bool,
    script: Script,
}

impl Transactions {
    /// Reads the scripts of a workload.
    ///
    /// # Errors
    /// Returns an error if one can't be read.
    pub(super) fn of(workload: &Workload) -> Result<Self, LabError> {
        let chosen = |transaction: &Transaction| {
            let script = transaction.script().map_err(|error| {
                let what = format!("read the clients' transaction {}", transaction.sql.describe());
                LabError::state(what, error.to_string())
            })?;
            Ok(Chosen { weight: transaction.weight.into(), read_only: transaction.read_only, script })
        };
        let scripts: Vec<Chosen> =
            workload.transactions.iter().map(chosen).collect::<Result<_, LabError>>()?;
        let weights = scripts.iter().map(|chosen| chosen.weight).sum();
        Ok(Self { scripts, weights, table: workload.table.quoted() })
    }

    /// One of them by chance; `None` where the clients commit rows and nothing else.
    pub(super) fn choose(&self, chance: &mut Chance) -> Option<&Chosen> {
        let mut left = chance.below(self.weights);
        self.scripts.iter().find(|chosen| match left.checked_sub(chosen.weight) {
            Some(rest) => {
                left = rest;
                false
            }
            None => true,
        })
    }

    /// Commits a row, and the transaction with it where there is one; returns a position in WAL before its
    /// end.
    pub(super) async fn commit(
        &self,
        session: &Session,
        row: &Row<'_>,
        chosen: Option<&Chosen>,
        chance: &mut Chance,
    ) -> Result<Lsn, SqlError> {
        let Row { statement, writer, seq, note } = *row;
        let Some(chosen) = chosen else { return session.insert(statement, writer, seq, note).await };
        let sql = format!(
            "begin;\n{}{};\ncommit",
            chosen.rendered(writer, chance)?,
            self.insert(writer, seq, note)
        );
        given_up(session, session.read(&sql).await).await
    }
}

impl Transactions {
    fn insert(&self, writer: u16, seq: u32, note: &str) -> String {
        format!(
            "insert into {} (writer, seq, note) values ({writer}, {seq}, {})\n\
             returning pg_catalog.pg_current_wal_insert_lsn()",
            self.table,
            literal(note)
        )
    }

    /// The statements of each transaction that writes, so many times, with a row that no client has.
    pub(super) fn writing(&self, times: usize, chance: &mut Chance) -> Vec<String> {
        let row = self.insert(0, 0, "");
        let mut all = vec![row.clone()];
        for chosen in self.scripts.iter().filter(|chosen| !chosen.read_only) {
            let rendered = (0..times).filter_map(|_| chosen.rendered(0, chance).ok());
            all.extend(rendered.map(|statements| format!("{statements}{row}")));
        }
        all
    }
}

impl Chosen {
    /// Runs a transaction that only reads.
    pub(super) async fn read(
        &self,
        session: &Session,
        writer: u16,
        chance: &mut Chance,
    ) -> Result<(), SqlError> {
        let sql = format!("begin read only;\n{}commit", self.rendered(writer, chance)?);
        given_up(session, session.run(&sql).await).await
    }

    fn rendered(&self, writer: u16, chance: &mut Chance) -> Result<String, SqlError> {
        self.script.render(writer, &mut |low, high| chance.between(low, high)).map_err(|message| SqlError {
            state: Some(sqlstate::NUMERIC_VALUE_OUT_OF_RANGE.to_owned()),
            message,
        })
    }
}

/// A row of the ledger's table.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) statement: &'a Prepared,
    pub(super) writer: u16,
    pub(super) seq: u32,
    pub(super) note: &'a str,
}

/// The answer; a transaction that the server refused is rolled back, so that the session can go on.
async fn given_up<T>(session: &Session, answer: Result<T, SqlError>) -> Result<T, SqlError> {
    match answer {
        Err(error) if !error.is_disconnect() => match session.run("rollback").await {
            Ok(()) => Err(error),
            // The transaction was refused for sure; the session is of no use any more, which its next one
            // will say.
            Err(lost) => {
                tracing::debug!(%lost, "not rolled back");
                Err(error)
            }
        },
        answer => answer,
    }
}

/// Chance that is the same whenever an exercise has the same nonce (SplitMix64).
pub(super) struct Chance(u64);

impl Chance {
    /// The chance of a client.
    pub(super) fn of(nonce: &str, writer: u16) -> Self {
        let hash = blake3::hash(format!("{nonce}-{writer}").as_bytes());
        let seed = hash.as_bytes().first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below another one; 0 where that is 0.
    fn below(&mut self, limit: u64) -> u64 {
        self.next().checked_rem(limit).unwrap_or_default()
    }

    /// A number from the first to the second.
    fn between(&mut self, low: i64, high: i64) -> i64 {
        let width = low.abs_diff(high);
        let step = match width.checked_add(1) {
            Some(numbers) => self.below(numbers),
            None => self.next(),
        };
        low.wrapping_add_unsigned(step)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::drill::SqlText;

    #[test]
    fn transactions_are_chosen_by_their_weights() {
        let transaction = |weight, read_only| Transaction {
            weight,
            read_only,
            sql: SqlText { file: None, text: "select 1".into() },
        };
        let table = "lifeboat.commits".parse().unwrap();
        let mut workload = Workload::of_rows(1, None, table);
        let mut chance = Chance::of("nonce", 1);
        assert!(Transactions::of(&workload).unwrap().choose(&mut chance).is_none());
        workload.transactions = vec![transaction(3, false), transaction(1, true)];
        let transactions = Transactions::of(&workload).unwrap();
        let mut counts = BTreeMap::new();
        for _ in 0..4000 {
            *counts.entry(transactions.choose(&mut chance).unwrap().read_only).or_insert(0) += 1;
        }
        assert!((2800..3200).contains(&counts[&false]), "{counts:?}");
    }

    #[test]
    fn a_number_by_chance_lies_in_its_range() {
        let mut chance = Chance::of("nonce", 1);
        let seen: std::collections::BTreeSet<i64> = (0..1000).map(|_| chance.between(-2, 2)).collect();
        assert_eq!(seen.into_iter().collect::<Vec<_>>(), [-2, -1, 0, 1, 2]);
        assert_eq!(chance.between(7, 7), 7);
        chance.between(i64::MIN, i64::MAX);
    }
}
