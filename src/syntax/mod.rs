//! TOML text to a [`Drill`], or every diagnostic in it at once, each with its place and its mend.
//!
//! The text becomes a spanned tree (`toml`), the tree becomes what the file declares (`declared`, wide
//! structs whose leaves know their paths), and that is lowered to closed types while its parts are held
//! against each other (`lower`).
//!
//! **Invariant:** pure, and total: any text gives a drill or at least one diagnostic, and nothing panics.
//! **Invariant:** the keys of a file are listed once, in `declared`; the parser and the JSON Schema both read
//! that list.

mod broken;
mod declared;
mod lower;
mod diagnostic;
mod diagnostics;
mod name;
mod nearest;
mod reading;
mod render;
mod restore_test;
mod schema;
mod template;
#[cfg(test)]
mod tests;
mod visible;

pub use broken::decode;
pub use diagnostic::{Diagnostic, Span};
pub use diagnostics::Diagnostics;
pub use name::{NotADrillFile, name_of};
pub use restore_test::{RestoreTest, restore_test};
pub use schema::schema;
pub use template::template;
use toml::de::{DeTable, DeValue};

use crate::{
    drill::{Drill, DrillName},
    syntax::reading::Shape,
};

/// A drill file above this many bytes is refused unread: parsing takes about a hundred times as much memory.
pub const LARGEST: usize = 1 << 20;

/// After so many diagnostics the rest of a file is not looked at.
const MOST: usize = 500;

/// The drill in a text; `file` is what diagnostics call it.
///
/// # Errors
/// Returns an error if it is no drill: every diagnostic in it, up to a bound in files that are wrong
/// throughout; a text above [`LARGEST`] is refused by its size alone.
pub fn parse(name: &DrillName, file: &str, text: &str) -> Result<Drill, Diagnostics> {
    parse_with_cautions(name, file, text).map(|(drill, _)| drill)
}

/// The drill in a text, with what should be known before it is run: it may run, and will not pass.
///
/// # Errors
/// Returns an error if it is no drill: every diagnostic in the text.
pub fn parse_with_cautions(
    name: &DrillName,
    file: &str,
    text: &str,
) -> Result<(Drill, Option<Diagnostics>), Diagnostics> {
    let (drill, mut diagnostics, text) = read(name, text);
    match drill {
        Some((drill, cautions)) if diagnostics.is_empty() => {
            Ok((drill, (!cautions.is_empty()).then(|| Diagnostics::new(file, text, cautions))))
        }
        _ => {
            if diagnostics.is_empty() {
                let bug =
                    Diagnostic::meaning(0..0, "this is not a valid drill, and lifeboat should have said why");
                diagnostics.push(bug.help("please report it with the file: it is a bug"));
            }
            Err(Diagnostics::new(file, text, diagnostics))
        }
    }
}

/// The drill in a text that was run once. Its parts may not go together by a rule that was made since: what
/// was run is read all the same.
///
/// # Errors
/// Returns an error if it makes no drill, or says what is not known any more: every diagnostic in it.
pub fn recorded(name: &DrillName, file: &str, text: &str) -> Result<Drill, Diagnostics> {
    let (drill, diagnostics, text) = read(name, text);
    let drill = drill.map(|(drill, _)| drill);
    let is_of_meaning = |diagnostic: &Diagnostic| matches!(diagnostic.sort, diagnostic::Sort::Meaning);
    match drill {
        Some(drill) if diagnostics.iter().all(is_of_meaning) => Ok(drill),
        _ => Err(Diagnostics::new(file, text, diagnostics)),
    }
}

/// A drill, with what should be known before it is run; `None` where the text makes none.
type Understood = Option<(Drill, Vec<Diagnostic>)>;

/// What a text makes, with every diagnostic in it and the text that they point into.
fn read<'a>(name: &DrillName, text: &'a str) -> (Understood, Vec<Diagnostic>, &'a str) {
    // A byte order mark is no part of the text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(refused) = broken::too_large(text.len()) {
        return (None, vec![refused], text.get(..broken::head(text)).unwrap_or_default());
    }
    let (table, broken) = DeTable::parse_recoverable(text);
    let mut diagnostics: Vec<Diagnostic> =
        broken.iter().take(MOST).map(|error| broken::diagnostic(error, text)).collect();
    let document = toml::Spanned::new(0..0, DeValue::Table(table.into_inner()));
    let declared = declared::Drill::read(&document, &mut diagnostics);
    let drill = declared.and_then(|declared| {
        let drill = lower::drill(name, &declared, &mut diagnostics)?;
        let cautions = lower::cautions(&declared, &drill);
        Some((drill, cautions))
    });
    (drill, diagnostics, text)
}
