//! Scripts of `pgbench`: statements with variables, and `\set` to give these a value.
//!
//! What is taken is what serves a transaction of clients: `\set` with whole numbers, `random(a, b)` and
//! arithmetic, and `:name` outside quotes. A script is one transaction: `BEGIN` at its beginning and `END` or
//! `COMMIT` at its end are left out, because the client opens and ends the transaction itself.

mod expression;
mod statement;

use std::collections::{BTreeMap, BTreeSet};

pub use expression::Expression;
use statement::{Control, Piece, Statement};

/// The variables that are set for every client: its number.
pub const CLIENT_ID: &str = "client_id";

/// A script that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    items: Vec<Item>,
}

#[derive(Clone, Debug, PartialEq)]
enum Item {
    Set { name: String, value: Expression },
    Statement(Statement),
}

/// What is wrong with a script, and in which line of it, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ScriptError {
    /// The line.
    pub line: usize,
    /// What is wrong, and how to mend it.
    pub message: String,
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// Returns an error if it has a command other than `\set`, a variable that is not set before, a
    /// transaction of its own in its midst, a quote that is not closed, or no statement.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        let mut items = Vec::new();
        let mut known = BTreeSet::from([CLIENT_ID.to_owned()]);
        let mut rest = statement::Reader::new(text);
        loop {
            let line = rest.line();
            let error = |message: String| ScriptError { line, message };
            if let Some(command) = rest.command() {
                let (name, value) = set(&command).map_err(error)?;
                let unset = value.variables().into_iter().find(|variable| !known.contains(*variable));
                if let Some(unset) = unset {
                    return Err(error(not_set(unset)));
                }
                known.insert(name.clone());
                items.push(Item::Set { name, value });
            } else if let Some(statement) = rest.statement()? {
                let unset = statement.variables().find(|(_, variable)| !known.contains(*variable));
                if let Some((line, unset)) = unset {
                    return Err(ScriptError { line, message: not_set(unset) });
                }
                items.push(Item::Statement(statement));
            } else {
                break;
            }
        }
        let mut script = Self { items };
        script.leave_out_its_transaction()?;
        if script.statements().next().is_none() {
            return Err(ScriptError { line: 1, message: "there is no statement in it".into() });
        }
        Ok(script)
    }

    fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.items.iter().filter_map(|item| match item {
            Item::Statement(statement) => Some(statement),
            Item::Set { .. } => None,
        })
    }

    fn leave_out_its_transaction(&mut self) -> Result<(), ScriptError> {
        let is = |item: &Item, wanted: Control| match item {
            Item::Statement(statement) => statement.control() == Some(wanted),
            Item::Set { .. } => false,
        };
        let first = self.items.iter().position(|item| matches!(item, Item::Statement(_)));
        if let Some(first) =
            first.filter(|first| self.items.get(*first).is_some_and(|item| is(item, Control::Begins)))
        {
            self.items.remove(first);
            if self.items.pop_if(|item| is(item, Control::Commits)).is_none() {
                let message = "it begins a transaction and does not end with COMMIT or END".into();
                return Err(ScriptError { line: 1, message });
            }
        }
        match self.statements().find(|statement| statement.control().is_some()) {
            Some(statement) => Err(ScriptError {
                line: statement.line,
                message: "a script is one transaction, which the client begins and commits: take this \
                    statement away"
                    .into(),
            }),
            None => Ok(()),
        }
    }

    /// The statements with a value for each variable, parted by semicolons; `random` gives a whole number
    /// from the first to the second.
    ///
    /// # Errors
    /// Returns an error if an expression has no value: a division by zero, an overflow, a range from high to
    /// low.
    pub fn render(&self, client: u16, random: &mut dyn FnMut(i64, i64) -> i64) -> Result<String, String> {
        let mut values = BTreeMap::from([(CLIENT_ID.to_owned(), i64::from(client))]);
        let mut text = String::new();
        for item in &self.items {
            match item {
                Item::Set { name, value } => {
                    let value = value.value(&values, random).map_err(|no| format!("\\set {name}: {no}"))?;
                    values.insert(name.clone(), value);
                }
                Item::Statement(statement) => {
                    for piece in &statement.pieces {
                        match piece {
                            Piece::Text(piece) => text.push_str(piece),
                            // A negative number after an operator would make another one, or a comment.
                            Piece::Variable { name, .. } => match values.get(name) {
                                Some(value) if *value < 0 => text.push_str(&format!("({value})")),
                                Some(value) => text.push_str(&value.to_string()),
                                None => return Err(not_set(name)),
                            },
                        }
                    }
                    text.push_str(";\n");
                }
            }
        }
        Ok(text)
    }
}

fn not_set(name: &str) -> String {
    format!(
        "`:{name}` is not set: write `\\set {name} …` in a line before it, or a blank after the colon of a \
         slice"
    )
}

/// The name and the value of `\set name value`.
fn set(command: &str) -> Result<(String, Expression), String> {
    let rest = command.strip_prefix("\\set").filter(|rest| rest.starts_with([' ', '\t']));
    let Some(rest) = rest.map(str::trim) else {
        let word: String = command.chars().take_while(|c| !c.is_whitespace()).take(20).collect();
        return Err(format!("`{word}` is not supported: of pgbench's commands, only `\\set` is"));
    };
    let (name, value) = rest.split_once([' ', '\t']).ok_or("write `\\set name value`")?;
    if !name.chars().all(is_part_of_a_name) || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(format!("`{name}` can't be the name of a variable: use letters, digits and underscores"));
    }
    Ok((name.to_owned(), value.parse()?))
}

fn is_part_of_a_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str) -> String {
        let mut highest = |_, high| high;
        Script::parse(text).unwrap_or_else(|no| panic!("{no}")).render(3, &mut highest).unwrap()
    }

    fn refused(text: &str) -> String {
        Script::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn variables_get_their_values_outside_quotes_and_comments_only() {
        let text = r#"
\set x random(1, 100)
\set y -:x * 2 + :client_id
-- :x in a comment; and another
insert into "t:x" values (:x, ':x', E'\':x', $q$:x;$q$, 1 ::int, a[1 : 2]) /* :x /* ; */ */;
update t set n = 5-:y where id = :x
"#;
        assert_eq!(
            rendered(text),
            "insert into \"t:x\" values (100, ':x', E'\\':x', $q$:x;$q$, 1 ::int, a[1 : 2]) /* :x /* ; */ \
             */;\n\
             update t set n = 5-(-197) where id = 100;\n"
        );
    }

    #[test]
    fn a_script_of_pgbench_runs_in_the_clients_transaction() {
        let tpcb = "\\set aid random(1, 100000 * 1)\nBEGIN;\nUPDATE a SET b = b + 1 WHERE aid = \
            :aid;\nSELECT 1;\nEND;\n";
        assert_eq!(rendered(tpcb), "UPDATE a SET b = b + 1 WHERE aid = 100000;\nSELECT 1;\n");
    }

    #[test]
    fn what_would_end_the_clients_transaction_is_refused_with_its_line() {
        for text in [
            "select 1;\ncommit;",
            "select 1;\nbegin;\nselect 2",
            "select 1;\n-- so\nrollback;",
            "select 1;\nprepare transaction 'x'",
        ] {
            let line = if text.contains("--") { 3 } else { 2 };
            assert_eq!(
                refused(text),
                format!(
                    "line {line}: a script is one transaction, which the client begins and commits: \
                     take this statement away"
                ),
                "{text}"
            );
        }
        assert_eq!(
            rendered("savepoint a; select 1; rollback to a"),
            "savepoint a;\nselect 1;\nrollback to a;\n"
        );
    }

    #[test]
    fn a_script_that_can_not_be_read_says_where_and_why() {
        assert!(refused("select 1;\n\\sleep 10 ms").starts_with("line 2: `\\sleep` is not supported"));
        assert!(refused("select :x").starts_with("line 1: `:x` is not set"));
        assert!(refused("select\n1,\n:x").starts_with("line 3: `:x` is not set"));
        assert!(refused("\\set x :y + 1\nselect 1").starts_with("line 1: `:y` is not set"));
        assert_eq!(refused("select 1;\nselect 'a"), "line 2: a quote that is not closed");
        assert_eq!(refused("-- nothing\n;"), "line 1: there is no statement in it");
        assert!(refused("\\set x 1 +\nselect :x").starts_with("line 1: "));
        assert!(refused("\\set x frob(1)\nselect :x").contains("`frob` is no function"));
        assert!(refused("begin; select 1").contains("does not end with"));
    }

    #[test]
    fn an_expression_without_a_value_is_an_error_and_no_crash() {
        let no = |text: &str| {
            let script = Script::parse(&format!("\\set x {text}\nselect :x")).unwrap();
            script.render(1, &mut |low, _| low).unwrap_err()
        };
        for text in ["1 / 0", "1 % 0", "9223372036854775807 + 1", "-9223372036854775807 - 2", "random(2, 1)"]
        {
            assert!(no(text).starts_with("\\set x: "), "{text}");
        }
        let deep = format!("\\set x {}1{}\nselect 1", "(".repeat(100_000), ")".repeat(100_000));
        assert!(refused(&deep).contains("nested"));
    }
}
