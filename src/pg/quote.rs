//! Quoting, for SQL, configuration files, connection strings and the shell.

/// An SQL identifier, always quoted.
#[must_use]
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// An SQL string literal that means the same whatever `standard_conforming_strings` says.
#[must_use]
pub fn literal(text: &str) -> String {
    let quoted = text.replace('\'', "''");
    if quoted.contains('\\') { format!("E'{}'", quoted.replace('\\', "\\\\")) } else { format!("'{quoted}'") }
}

/// A value of `postgresql.conf`, always quoted.
///
/// Source: `GUC_scanstr` in `src/backend/utils/misc/guc-file.l`: a quote is doubled, a backslash begins an
/// escape.
#[must_use]
pub fn setting_value(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('\'', "''").replace('\n', "\\n").replace('\r', "\\r");
    format!("'{escaped}'")
}

/// A value in a libpq connection string.
#[must_use]
pub fn conninfo_value(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// A word for a POSIX shell.
#[must_use]
pub fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:,@%+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_name_stays_a_quote() {
        assert_eq!(identifier(r#"Odd "name""#), r#""Odd ""name""""#);
        assert_eq!(literal(r"it's a \ test"), r"E'it''s a \\ test'");
        assert_eq!(setting_value("a\\b'c\nd"), r"'a\\b''c\nd'");
        assert_eq!(conninfo_value(r"p'w\d"), r"'p\'w\\d'");
        assert_eq!(shell_word("it's"), r"'it'\''s'");
        assert_eq!(shell_word(""), "''");
        assert_eq!(shell_word("/a/b-c.d"), "/a/b-c.d");
    }
}
