//! `report.json` and its schema say the same.

use serde_json::{Value as Json, json};

use super::{Format, samples};
use crate::report::json::schema;

/// What is wrong with a report by a schema.
fn errors(schema: &Json, report: &str) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).expect("a schema");
    let report: Json = serde_json::from_str(report).expect("JSON");
    validator.iter_errors(&report).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The same schema without room for a field that it does not describe.
#[expect(clippy::wildcard_enum_match_arm, reason = "a test names the variants that it is about")]
fn closed(mut schema: Json) -> Json {
    match &mut schema {
        Json::Object(object) => {
            object.values_mut().for_each(|value| *value = closed(value.take()));
            if object.get("type") == Some(&json!("object")) && object.contains_key("properties") {
                object.insert("additionalProperties".into(), json!(false));
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| *item = closed(item.take())),
        _ => {}
    }
    schema
}

#[test]
fn every_report_validates_and_has_no_field_that_the_schema_does_not_describe() {
    let closed = closed(schema());
    for (name, run) in samples() {
        let report = String::from_utf8(Format::Json.render(&run)).expect("UTF-8");
        assert_eq!(errors(&closed, &report), Vec::<String>::new(), "{name}");
    }
    assert_eq!(
        errors(&closed, include_str!("../../../reports/sample/report.json")),
        Vec::<String>::new(),
        "the shipped sample"
    );
}

#[test]
fn what_is_missing_or_has_an_unknown_word_does_not_validate() {
    let good = include_str!("../../../reports/sample/report.json");
    for (from, to) in [
        ("\"verdict\": \"pass\"", "\"verdict\": \"fine\""),
        ("\"took\":", "\"taken\":"),
        ("\"about\": \"step\"", "\"about\": \"stop\""),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        assert_ne!(errors(&schema(), &bad), Vec::<String>::new(), "{to}");
    }
}

#[test]
fn every_field_is_described() {
    #[expect(clippy::wildcard_enum_match_arm, reason = "a test names the variants that it is about")]
    fn described(schema: &Json, count: &mut usize) {
        if let Some(properties) = schema.get("properties").and_then(Json::as_object) {
            for (name, property) in properties {
                assert!(
                    property["description"].as_str().is_some_and(|about| about.contains('.')),
                    "{name}: {property}"
                );
                *count += 1;
            }
        }
        match schema {
            Json::Object(object) => object.values().for_each(|value| described(value, count)),
            Json::Array(items) => items.iter().for_each(|item| described(item, count)),
            _ => {}
        }
    }
    let mut count = 0;
    described(&schema(), &mut count);
    assert!(count > 80, "{count}");
}
