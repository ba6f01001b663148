//! What stands, or doesn't, at a key.

use crate::syntax::diagnostic::Span;

/// The value of a key that may be absent, or that may be given and wrong: then it was said, and nothing may
/// be concluded from it.
#[derive(Debug)]
pub(crate) struct Field<T> {
    key: Option<Span>,
    value: Option<(Span, T)>,
}

impl<T> Field<T> {
    pub(super) const fn absent() -> Self {
        Self { key: None, value: None }
    }

    pub(super) fn given(key: Span, place: Span, value: Option<T>) -> Self {
        Self { key: Some(key), value: value.map(|value| (place, value)) }
    }

    /// The place of the key, where it is given.
    pub(crate) fn key(&self) -> Option<Span> {
        self.key.clone()
    }

    /// Whether it is given, right or wrong.
    pub(crate) const fn is_given(&self) -> bool {
        self.key.is_some()
    }

    /// Whether it is given and wrong.
    pub(crate) const fn is_wrong(&self) -> bool {
        self.key.is_some() && self.value.is_none()
    }

    /// The value, where it is given and right.
    pub(crate) fn get(&self) -> Option<&T> {
        self.value.as_ref().map(|(_, value)| value)
    }

    /// The value with its place, where it is given and right.
    pub(crate) fn placed(&self) -> Option<(Span, &T)> {
        self.value.as_ref().map(|(place, value)| (place.clone(), value))
    }
}

impl<T: Clone> Field<T> {
    /// The value, or this one where the key is absent; `None` where it is wrong.
    pub(crate) fn or(&self, default: T) -> Option<T> {
        self.or_else(|| Some(default))
    }

    /// The value, or what this gives where the key is absent; `None` where it is wrong.
    pub(crate) fn or_else(&self, default: impl FnOnce() -> Option<T>) -> Option<T> {
        match (&self.key, &self.value) {
            (_, Some((_, value))) => Some(value.clone()),
            (Some(_), None) => None,
            (None, None) => default(),
        }
    }

    /// `Some(None)` where the key is absent; `None` where it is wrong.
    pub(crate) fn optional(&self) -> Option<Option<T>> {
        if self.is_wrong() { None } else { Some(self.get().cloned()) }
    }
}
