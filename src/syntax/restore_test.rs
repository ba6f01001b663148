//! The drill file of a restore test that the command line asks for.

use toml::{Table, Value};

/// What the command line says of a restore test: the words of a drill file, not yet read. What is `None` or
/// empty is left out.
#[derive(Clone, Debug, Default)]
pub struct RestoreTest {
    /// One line for people.
    pub title: String,
    /// The keys of `[source]`, with their values as text.
    pub source: Vec<(&'static str, Option<String>)>,
    /// The keys of `decrypt` in it.
    pub decrypt: Vec<(&'static str, Option<String>)>,
    /// The iterations of `pbkdf2`.
    pub iterations: Option<u32>,
    /// The keys of `[objectives]`.
    pub objectives: Vec<(&'static str, Option<String>)>,
    /// The checks by their names; the usual ones where there is none.
    pub checks: Vec<String>,
    /// Tables that hold at least so many rows.
    pub rows: Vec<(String, u64)>,
}

/// The text of the drill file, which can be kept and run by its name.
#[must_use]
pub fn restore_test(asked: &RestoreTest) -> String {
    let mut source = texts(&asked.source);
    let mut decrypt = texts(&asked.decrypt);
    decrypt.extend(asked.iterations.map(|count| ("iterations".to_owned(), Value::from(i64::from(count)))));
    if !decrypt.is_empty() {
        source.insert("decrypt".into(), Value::Table(decrypt));
    }
    let mut file = Table::new();
    file.insert("title".into(), asked.title.clone().into());
    let objectives = texts(&asked.objectives);
    if !objectives.is_empty() {
        file.insert("objectives".into(), Value::Table(objectives));
    }
    file.insert("source".into(), Value::Table(source));
    let words = asked.checks.iter().map(|name| Value::from(name.clone()));
    let rows = asked.rows.iter().map(|(table, least)| {
        let least = i64::try_from(*least).unwrap_or(i64::MAX);
        let rows = Table::from_iter([
            ("table".to_owned(), Value::from(table.clone())),
            ("at-least".to_owned(), Value::from(least)),
        ]);
        Value::Table(Table::from_iter([("rows".to_owned(), Value::Table(rows))]))
    });
    let checks: Vec<Value> = words.chain(rows).collect();
    if !checks.is_empty() {
        let step = Table::from_iter([("check".to_owned(), Value::Array(checks))]);
        file.insert("steps".into(), Value::Array(vec![Value::Table(step)]));
    }
    file.to_string()
}

fn texts(keys: &[(&'static str, Option<String>)]) -> Table {
    keys.iter().filter_map(|(key, value)| Some(((*key).to_owned(), Value::from(value.clone()?)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_command_line_asks_is_a_drill_file() {
        let text = restore_test(&RestoreTest {
            title: "Restore of \"shop\"".into(),
            source: vec![
                ("backup", Some("shop-*.dump".into())),
                ("max-age", Some("26h".into())),
                ("wal", None),
            ],
            decrypt: vec![("passphrase", Some("env:KEY".into()))],
            iterations: Some(20_000),
            objectives: vec![("rto", Some("1h".into()))],
            checks: vec!["amcheck".into()],
            rows: vec![("shop.receipt".into(), 3)],
        });
        insta::assert_snapshot!(text);
        let name = "restore-test/shop".parse().expect("a name");
        crate::syntax::parse(&name, "the command line", &text).expect("a drill");
    }
}
