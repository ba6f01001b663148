//! Lists.

use serde_json::{Value as Json, json};

use super::{Shape, Value, mismatch};
use crate::syntax::diagnostic::Diagnostic;

/// A list in which at least one item stands; of those, the ones that could be read.
#[derive(Debug)]
pub(crate) struct Several<T>(pub(crate) Vec<T>);

/// Items that are wrong are said to be and left out.
impl<T: Shape> Shape for Vec<T> {
    fn what() -> String {
        format!("a list, each item {}", T::what())
    }

    fn example() -> String {
        format!("[{}]", T::example())
    }

    fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        let Some(array) = value.get_ref().as_array() else { return mismatch(value, diagnostics) };
        Some(array.iter().filter_map(|item| T::read(item, diagnostics)).collect())
    }

    fn schema() -> Json {
        json!({ "type": "array", "items": T::schema() })
    }
}

impl<T: Shape> Shape for Several<T> {
    fn what() -> String {
        Vec::<T>::what()
    }

    fn example() -> String {
        Vec::<T>::example()
    }

    fn read(value: &Value<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Self> {
        if value.get_ref().as_array().is_some_and(|array| array.is_empty()) {
            let help = format!("write at least one item, as in `{}`", Self::example());
            diagnostics.push(Diagnostic::absence(value.span(), "an empty list").help(help));
            return None;
        }
        Vec::read(value, diagnostics).map(Self)
    }

    fn schema() -> Json {
        json!({ "type": "array", "minItems": 1, "items": T::schema() })
    }
}
