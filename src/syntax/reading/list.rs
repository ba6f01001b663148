//! Lists.

use serde_json::{Value as Json, json};

use super::{Shape, Value, mismatch};
use crate::{
    human,
    syntax::{MOST, diagnostic::Diagnostic},
};

/// No list of a drill is longer; steps and rows are held against each other.
const LONGEST: usize = 1000;

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
        if array.len() > LONGEST {
            let message = format!("a list of {} items", human::count(array.len() as u64));
            let help = format!("write at most {}", human::count(LONGEST as u64));
            diagnostics.push(Diagnostic::value(value.span(), message).help(help));
            return None;
        }
        let mut items = Vec::new();
        for item in array {
            if diagnostics.len() >= MOST {
                break;
            }
            items.extend(T::read(item, diagnostics));
        }
        Some(items)
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
