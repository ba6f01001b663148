//! XML 1.0.

use super::line;

/// Text for an attribute: one line of characters that XML 1.0 allows. The writer escapes the rest.
#[must_use]
pub fn attribute(text: &str) -> String {
    line::visible(text)
}

/// Lines for a CDATA section. Newlines between the lines stay; within a line they are made visible.
///
/// `]]>` is split over two sections, so that a parser reads it back as it was.
#[must_use]
pub fn cdata<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    let lines: Vec<_> = lines.into_iter().map(line::visible).collect();
    lines.join("\n").replace("]]>", "]]]]><![CDATA[>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_can_not_be_closed_from_within() {
        assert_eq!(cdata(["a]]>b", "]]]>>"]), "a]]]]><![CDATA[>b\n]]]]]><![CDATA[>>");
    }

    #[test]
    fn only_characters_of_xml_1_0_are_left() {
        assert_eq!(attribute("a\0\u{1b}\u{fffe}\nb"), "a␀␛\u{fffd}␊b");
    }
}
