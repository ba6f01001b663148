//! Names and labels of everything that an exercise makes, known before it is made.

use std::collections::HashMap;

use super::owner::Owner;
use crate::{drill::NodeName, lab::PreparedKey};

/// On everything that Lifeboat makes; its value is `1`.
pub(super) const OURS: &str = "lifeboat";
/// The run.
pub(super) const RUN: &str = "lifeboat.run";
/// The exercise.
pub(super) const EXERCISE: &str = "lifeboat.exercise";
/// The node.
pub(super) const NODE: &str = "lifeboat.node";
/// The runner's process, as an [`Owner`].
pub(super) const OWNER: &str = "lifeboat.owner";
/// What may outlive a run: `prepared` or `image`.
pub(super) const CACHE: &str = "lifeboat.cache";

/// Labels of a resource.
pub(super) type Labels = HashMap<String, String>;

/// Labels from pairs.
pub(super) fn labels<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Labels {
    pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// The labels of a container: it inherits its image's, and an image that Lifeboat built says that it is a
/// cache. What a container is not given is taken from it, so that nothing but its own labels says what it is.
pub(super) fn container_labels(own: Labels) -> Labels {
    let inherited = [RUN, EXERCISE, NODE, OWNER, CACHE].map(|key| (key.to_owned(), String::new()));
    let mut labels = Labels::from(inherited);
    labels.extend(own);
    labels
}

/// The names of an exercise.
#[derive(Clone, Debug)]
pub(super) struct Names {
    run: String,
    exercise: String,
    owner: String,
    prefix: String,
}

impl Names {
    pub(super) fn new(run: &str, exercise: &str) -> Self {
        let prefix = format!("lb-{}-{}-{}", word(run, 40), word(exercise, 24), short_hash(exercise, 6));
        Self {
            run: run.to_owned(),
            exercise: exercise.to_owned(),
            owner: Owner::current().to_string(),
            prefix,
        }
    }

    pub(super) fn network(&self) -> String {
        self.prefix.clone()
    }

    pub(super) fn container(&self, node: &NodeName) -> String {
        format!("{}-{node}", self.prefix)
    }

    pub(super) fn data(&self, node: &NodeName) -> String {
        format!("{}-{node}-data", self.prefix)
    }

    pub(super) fn repository(&self) -> String {
        format!("{}-repository", self.prefix)
    }

    pub(super) fn log(&self) -> String {
        format!("{}-log", self.prefix)
    }

    /// The labels of what belongs to the exercise as a whole; a scan for them finds all of it.
    pub(super) fn shared_labels(&self) -> Labels {
        labels([(OURS, "1"), (RUN, &self.run), (EXERCISE, &self.exercise), (OWNER, &self.owner)])
    }

    /// The labels of what belongs to a node.
    pub(super) fn node_labels(&self, node: &NodeName) -> Labels {
        let mut labels = self.shared_labels();
        labels.insert(NODE.to_owned(), node.to_string());
        labels
    }
}

/// The name of a prepared cluster's volume; the same for every run.
pub(super) fn prepared(key: &PreparedKey) -> String {
    format!("lifeboat-prepared-{}", word(&key.0, 64))
}

/// The labels of a prepared cluster's volume: of no run, for it outlives them.
pub(super) fn prepared_labels() -> Labels {
    labels([(OURS, "1"), (CACHE, "prepared")])
}

/// The beginning of a text in the characters that names of containers, volumes and networks may have.
fn word(text: &str, at_most: usize) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '.' { c } else { '-' };
    text.chars().take(at_most).map(allowed).collect()
}

/// The first hexadecimal digits of a text's hash.
pub(super) fn short_hash(text: &str, digits: usize) -> String {
    blake3::hash(text.as_bytes()).to_hex().chars().take(digits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_has_a_value_of_its_own_for_every_label_that_an_image_could_bring() {
        let given = container_labels(labels([(OURS, "1"), (RUN, "r1")]));
        let of = |key: &str| given.get(key).map(String::as_str);
        assert_eq!((of(OURS), of(RUN)), (Some("1"), Some("r1")));
        assert_eq!([EXERCISE, NODE, OWNER, CACHE].map(of), [Some(""); 4]);
    }

    #[test]
    fn names_have_only_characters_that_the_engine_takes() {
        let names = Names::new("2026-11-20T16:32:49+01:00", "loss/pitr-latest@17");
        assert!(
            names.network().starts_with("lb-2026-11-20T16-32-49-01-00-loss-pitr-latest-17-"),
            "{}",
            names.network()
        );
        let node: NodeName = "primary".parse().expect("a name");
        assert!(names.data(&node).ends_with("-primary-data"));
        assert_ne!(
            Names::new("r", "a/b").network(),
            Names::new("r", "a-b").network(),
            "slugs may be the same, names may not"
        );
    }
}
