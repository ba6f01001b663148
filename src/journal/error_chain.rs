//! An error and its causes, as texts that can be stored.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The messages of an error and of its causes, outermost first; each fits after "failed to".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ErrorChain(pub Vec<String>);

impl ErrorChain {
    /// The chain of an error, with repeated messages left out.
    #[must_use]
    pub fn of(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut messages: Vec<String> = Vec::new();
        let mut next = Some(error);
        while let Some(error) = next {
            let message = error.to_string();
            if messages.last() != Some(&message) {
                messages.push(message);
            }
            next = error.source();
        }
        Self(messages)
    }

    /// A chain of one message.
    #[must_use]
    pub fn message(text: impl Into<String>) -> Self {
        Self(vec![text.into()])
    }
}

impl fmt::Display for ErrorChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(": "))
    }
}
