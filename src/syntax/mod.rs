//! TOML text to a [`Drill`], or every mistake in it at once, each with its place and its mend.
//!
//! The text becomes a spanned tree (`toml`), the tree becomes what the file declares (`declared`, wide structs whose leaves
//! know their places), and that is lowered to closed types while its parts are held against each other (`lower`).
//!
//! **Invariant:** pure, and total: any text gives a drill or at least one mistake, and nothing panics.
//! **Invariant:** the keys of a file are listed once, in `declared`; the parser and the JSON Schema both read that list.

mod declared;
mod lower;
mod mistake;
mod mistakes;
mod name;
mod nearest;
mod reading;
mod render;
mod schema;
mod template;
#[cfg(test)]
mod tests;
mod visible;

pub use mistake::{Mistake, Span};
pub use mistakes::Mistakes;
pub use name::{NotADrillFile, name_of};
pub use schema::schema;
pub use template::template;
use toml::de::{DeTable, DeValue};

use crate::{
    drill::{Drill, DrillName},
    syntax::{mistake::Sort, reading::Shape},
};

/// The drill in a text; `file` is what mistakes call it.
///
/// # Errors
/// Every mistake in it.
pub fn parse(name: &DrillName, file: &str, text: &str) -> Result<Drill, Mistakes> {
    // A byte order mark is no part of the text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (table, broken) = DeTable::parse_recoverable(text);
    let mut mistakes: Vec<Mistake> = broken.iter().map(|error| syntax_mistake(error, text)).collect();
    let document = toml::Spanned::new(0..0, DeValue::Table(table.into_inner()));
    let declared = declared::Drill::read(&document, &mut mistakes);
    let drill = declared.and_then(|declared| lower::drill(name, &declared, &mut mistakes));
    match drill {
        Some(drill) if mistakes.is_empty() => Ok(drill),
        _ => {
            if mistakes.is_empty() {
                let bug = Mistake::meaning(0..0, "this makes no drill, and lifeboat should have said why");
                mistakes.push(bug.help("please report it with the file: it is a bug"));
            }
            Err(Mistakes::new(file, text, mistakes))
        }
    }
}

fn syntax_mistake(error: &toml::de::Error, text: &str) -> Mistake {
    let span = error.span().unwrap_or(text.len()..text.len());
    let there = text.get(span.clone()).unwrap_or_default();
    let (message, help) = match error.message() {
        "duplicate key" => {
            (format!("key {} stands here a second time", visible::quoted(there)), Some("take one of the two away".to_owned()))
        }
        message if text.get(span.start..).is_some_and(|rest| rest.starts_with(|c: char| c.is_control() && !matches!(c, '\n' | '\r'))) => {
            (message.to_owned(), Some("a control character: write it as an escape, such as `\\u001b`".to_owned()))
        }
        message if message.starts_with("string values must be quoted") => {
            ("a string without quotes".to_owned(), Some(format!("write `\"{there}\"`")))
        }
        message => (message.to_owned(), None),
    };
    let mistake = Mistake::new(Sort::Syntax, span, message);
    match help {
        Some(help) => mistake.help(help),
        None => mistake,
    }
}
