//! What somebody probably meant.

use super::visible::quoted;

/// A longer word is like none, and comparing it would take long.
const LONGEST: usize = 100;

/// The word that differs least from `written`, if it differs little enough to be meant.
pub(super) fn nearest<'a>(written: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if written.len() > LONGEST {
        return None;
    }
    let plain = |text: &str| text.to_lowercase().replace(['_', ' '], "-");
    let written = plain(written);
    words
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(&written, &plain(word)), word))
        .filter(|(distance, word)| *distance <= (word.chars().count() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// How to mend a word that is none: the nearest, or all that there are.
pub(super) fn mend<'a>(written: &str, words: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match nearest(written, words.clone()) {
        Some(word) => format!("did you mean {}?", quoted(word)),
        None => format!("write {}", either(words)),
    }
}

/// Words in backticks: `a`, `b` or `c`.
pub(super) fn either<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    listed(words, "or")
}

/// Words in backticks: `a`, `b` and `c`.
pub(super) fn both<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    listed(words, "and")
}

fn listed<'a>(words: impl IntoIterator<Item = &'a str>, last: &str) -> String {
    let words: Vec<String> = words.into_iter().map(quoted).collect();
    match words.split_last() {
        Some((only, [])) => only.clone(),
        Some((end, rest)) => format!("{} {last} {end}", rest.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        let words = ["title", "backup-interval", "tags"];
        assert_eq!(nearest("titel", words), Some("title"));
        assert_eq!(nearest("backup_interval", words), Some("backup-interval"));
        assert_eq!(nearest("workload", words), None);
        assert_eq!(mend("x-ray", words), "write `title`, `backup-interval` or `tags`");
    }
}
