//! Names and patterns.

/// Whether a name fits a pattern, in which each `*` stands for any text. As in a shell, a leading `*` takes
/// no name that begins with a dot: tools call a file so that is not complete yet.
pub(super) fn fits(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut left) = name.strip_prefix(first) else { return false };
    let mut texts: Vec<&str> = rest.split('*').collect();
    let last = texts.pop().unwrap_or_default();
    for text in texts {
        match left.find(text) {
            Some(at) => left = left.get(at + text.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text_but_a_leading_dot() {
        for (pattern, name) in [
            ("shop-*.dump", "shop-2026.dump"),
            ("*", "x"),
            ("a*b*c", "abbc"),
            ("a*", "a"),
            ("*.gz", "a.gz.gz"),
            (".*", ".a"),
        ] {
            assert!(fits(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("shop-*.dump", "shop.dump"),
            ("*", ".x"),
            ("a*b*c", "ac"),
            ("ab*ba", "aba"),
            ("*.gz", "a.gz.md5"),
        ] {
            assert!(!fits(pattern, name), "{pattern} {name}");
        }
    }
}
