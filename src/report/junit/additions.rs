//! What the schema has a place for and the crate that writes our JUnit XML has not.
//!
//! One pass over the document of that crate: totals on the root, properties of each suite, the attributes
//! that the caller sets, times with three decimals, and no hostname where none is known. Everything else
//! stays as it was written.

use quick_xml::{
    Error, Reader, Writer,
    events::{BytesEnd, BytesStart, Event},
};

/// Names and values, in the order in which they are written; raw.
pub(super) type Pairs = Vec<(&'static str, String)>;

/// What a suite gets.
pub(super) struct Additions {
    /// These replace attributes of the same name.
    pub(super) attributes: Pairs,
    pub(super) properties: Pairs,
}

/// The document with attributes for its root, and with additions for its suites in their order.
///
/// # Errors
/// Returns an error if the document is not XML.
#[expect(clippy::wildcard_enum_match_arm, reason = "what is not an element passes as it is")]
pub(super) fn complete(xml: &[u8], root: &Pairs, suites: &[Additions]) -> Result<Vec<u8>, Error> {
    let mut reader = Reader::from_reader(xml);
    // An empty suite has properties, too.
    reader.config_mut().expand_empty_elements = true;
    let mut writer = Writer::new(Vec::new());
    let mut suites = suites.iter();
    loop {
        match reader.read_event()? {
            Event::Eof => return Ok(writer.into_inner()),
            Event::Start(tag) => match tag.name().as_ref() {
                b"testsuites" => writer.write_event(Event::Start(with("testsuites", &tag, root)?))?,
                b"testsuite" => match suites.next() {
                    Some(suite) => {
                        writer.write_event(Event::Start(with("testsuite", &tag, &suite.attributes)?))?;
                        properties(&mut writer, &suite.properties)?;
                    }
                    None => writer.write_event(Event::Start(tag))?,
                },
                b"testcase" => writer.write_event(Event::Start(with("testcase", &tag, &Pairs::new())?))?,
                _ => writer.write_event(Event::Start(tag))?,
            },
            event => writer.write_event(event)?,
        }
    }
}

/// The tag with more attributes, or others in their place.
fn with(name: &'static str, tag: &BytesStart, pairs: &Pairs) -> Result<BytesStart<'static>, Error> {
    let mut new = BytesStart::new(name);
    for attribute in tag.attributes() {
        let attribute = attribute?;
        let key = attribute.key.as_ref();
        let replaced = pairs.iter().any(|(name, _)| name.as_bytes() == key);
        if replaced || (key == b"hostname" && attribute.value.is_empty()) {
            continue;
        }
        match std::str::from_utf8(&attribute.value).ok().and_then(|value| value.parse::<f64>().ok()) {
            Some(seconds) if key == b"time" => {
                new.push_attribute(("time", format!("{seconds:.3}").as_str()));
            }
            _ => new.push_attribute(attribute),
        }
    }
    for (name, value) in pairs {
        new.push_attribute((*name, value.as_str()));
    }
    Ok(new)
}

fn properties(writer: &mut Writer<Vec<u8>>, pairs: &Pairs) -> Result<(), Error> {
    writer.write_event(Event::Start(BytesStart::new("properties")))?;
    for (name, value) in pairs {
        let property =
            BytesStart::new("property").with_attributes([("name", *name), ("value", value.as_str())]);
        writer.write_event(Event::Empty(property))?;
    }
    writer.write_event(Event::End(BytesEnd::new("properties")))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(xml: &str, root: &Pairs, suites: &[Additions]) -> String {
        String::from_utf8(complete(xml.as_bytes(), root, suites).expect("XML")).expect("UTF-8")
    }

    fn additions(value: &str) -> Additions {
        Additions {
            attributes: vec![("skipped", "1".into()), ("time", "7.000".into())],
            properties: vec![("run", value.into())],
        }
    }

    #[test]
    fn root_and_suites_get_what_was_not_written_and_keep_what_was() {
        let xml = "<?xml version=\"1.0\" encoding=\"utf-8\"?><testsuites><testsuite name=\"a &amp; b\" \
            time=\"1\">\
                   <testcase name=\"&lt;c&gt;\" time=\"1.1179999999999999\"/></testsuite><testsuite \
                   name=\"d\"/></testsuites>";
        let whole = completed(xml, &vec![("tests", "1".into())], &[additions("x < \"y\""), additions("z")]);
        assert_eq!(
            whole,
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><testsuites tests=\"1\">\
             <testsuite name=\"a &amp; b\" skipped=\"1\" time=\"7.000\">\
             <properties><property name=\"run\" value=\"x &lt; &quot;y&quot;\"/></properties>\
             <testcase name=\"&lt;c&gt;\" time=\"1.118\"></testcase></testsuite>\
             <testsuite name=\"d\" skipped=\"1\" time=\"7.000\">\
             <properties><property name=\"run\" value=\"z\"/></properties></testsuite></testsuites>"
        );
    }

    #[test]
    fn an_unknown_host_has_no_attribute() {
        let xml = "<testsuites><testsuite name=\"\" hostname=\"\"/><testsuite hostname=\"h\"/></testsuites>";
        let whole = completed(xml, &Pairs::new(), &[]);
        assert!(whole.contains("hostname=\"\""), "a suite without additions stays as it is: {whole}");
        let none = || Additions { attributes: Pairs::new(), properties: Pairs::new() };
        let whole = completed(xml, &Pairs::new(), &[none(), none()]);
        assert!(whole.contains("<testsuite name=\"\">") && whole.contains("hostname=\"h\""), "{whole}");
    }

    #[test]
    fn a_tag_in_a_text_is_text() {
        let text = "<![CDATA[<testsuite name=\"x\">\n]]]]><![CDATA[></testsuites>]]>";
        let xml = format!("<testsuites><testsuite><testcase>{text}</testcase></testsuite></testsuites>");
        let whole = completed(&xml, &Pairs::new(), &[additions("x")]);
        assert!(whole.contains(text) && whole.matches("<properties>").count() == 1, "{whole}");
    }

    #[test]
    fn what_is_no_xml_is_an_error() {
        assert!(complete(b"<testsuites><testsuite></testsuites>", &Pairs::new(), &[]).is_err());
    }
}
