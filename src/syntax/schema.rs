//! The JSON Schema of drill files, for editors.

use serde_json::{Value as Json, json};

use super::{declared, reading::Shape};

/// The JSON Schema (2020-12) that `lifeboat schema` prints; every key has a description.
#[must_use]
pub fn schema() -> Json {
    let mut schema = declared::Drill::schema();
    if let Some(object) = schema.as_object_mut() {
        object.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        object.insert("title".into(), json!("Lifeboat drill"));
    }
    schema
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use proptest::prelude::*;

    use super::*;
    use crate::{
        drill::{NodeName, RestorePointName, TableName},
        syntax::{parse, template},
    };

    fn validator(schema: &Json) -> jsonschema::Validator {
        jsonschema::validator_for(schema).expect("a schema")
    }

    fn json(text: &str) -> Json {
        plain(toml::from_str(text).expect("TOML"))
    }

    /// JSON has no instants: editors take those of TOML for strings, serde for tables.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a test names the variants that it is about")]
    fn plain(value: Json) -> Json {
        match value {
            Json::Object(table) if table.contains_key("$__toml_private_datetime") => {
                table["$__toml_private_datetime"].clone()
            }
            Json::Object(table) => table.into_iter().map(|(key, value)| (key, plain(value))).collect(),
            Json::Array(items) => items.into_iter().map(plain).collect(),
            other => other,
        }
    }

    fn tomls(folder: &str) -> Vec<(String, String)> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).expect("a folder")
        {
            let path = entry.expect("an entry").path();
            if path.is_file() {
                files.push((path.display().to_string(), std::fs::read_to_string(&path).expect("text")));
            }
        }
        assert!(!files.is_empty(), "{folder} is empty");
        files
    }

    #[test]
    fn what_the_parser_takes_the_schema_takes() {
        let schema = validator(&schema());
        let folders = ["drills/loss", "drills/crash", "drills/human-error", "fixtures/drills/good"];
        for (file, text) in folders.into_iter().flat_map(tomls).chain([("template".into(), template("x"))]) {
            let document = json(&text);
            let errors: Vec<String> = schema.iter_errors(&document).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{file}: {errors:?}");
        }
    }

    #[test]
    fn what_is_wrong_by_itself_the_schema_refuses_too() {
        let schema = validator(&schema());
        let by_itself = [
            "empty",
            "hostile",
            "keys-that-go-together",
            "many-at-once",
            "names",
            "no-nodes",
            "no-steps",
            "nothing-required",
            "rate-of-zero",
            "rates",
            "unknown-keys",
            "verbs",
            "version-too-new",
            "version-too-old",
            "words",
            "wrong-types-deeper",
        ];
        for name in by_itself {
            let file = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("fixtures/drills/bad")
                .join(name)
                .with_extension("toml");
            let text = std::fs::read_to_string(file).expect("text");
            assert!(!schema.is_valid(&json(&text)), "{name}");
        }
    }

    #[test]
    fn each_unknown_key_is_refused_by_both() {
        let text = include_str!("../../fixtures/drills/good/everything.toml");
        let (schema, good) = (validator(&schema()), json(text));
        let mut paths = Vec::new();
        tables(&good, String::new(), &mut paths);
        assert!(paths.len() > 50);
        for place in paths {
            let mut bad = good.clone();
            let table = bad.pointer_mut(&place).and_then(Json::as_object_mut).expect("a table");
            table.insert("surprise".into(), json!({}));
            assert!(!schema.is_valid(&bad), "the schema takes a surprise at {place}");
            let text = toml::to_string(&bad).expect("TOML");
            assert!(
                parse(&"x".parse().expect("a name"), "x.toml", &text).is_err(),
                "the parser takes a surprise at {place}"
            );
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "a test names the variants that it is about")]
    fn tables(value: &Json, place: String, paths: &mut Vec<String>) {
        match value {
            Json::Object(table) => {
                table.iter().for_each(|(key, value)| tables(value, format!("{place}/{key}"), paths));
                paths.push(place);
            }
            Json::Array(items) => items
                .iter()
                .enumerate()
                .for_each(|(index, item)| tables(item, format!("{place}/{index}"), paths)),
            _ => {}
        }
    }

    /// The keys of every table in the schema, each with a description.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a test names the variants that it is about")]
    fn listed(schema: &Json, sections: &mut BTreeSet<BTreeSet<String>>) {
        match schema {
            Json::Object(object) => {
                if let Some(Json::Object(properties)) =
                    object.get("properties").filter(|_| object.contains_key("required"))
                {
                    for (key, value) in properties.iter().filter(|(key, _)| *key != "null") {
                        assert!(
                            value["description"].as_str().is_some_and(|about| about.ends_with('.')),
                            "{key}: {value}"
                        );
                    }
                    sections.insert(properties.keys().cloned().collect());
                }
                object.values().for_each(|value| listed(value, sections));
            }
            Json::Array(items) => items.iter().for_each(|item| listed(item, sections)),
            _ => {}
        }
    }

    #[test]
    fn the_schema_describes_every_section_and_no_other() {
        let mut sections = BTreeSet::new();
        listed(&schema(), &mut sections);
        sections.remove(&BTreeSet::from(["null".to_owned()]));
        let declared: BTreeSet<BTreeSet<String>> = declared::SECTIONS
            .iter()
            .map(|(_, keys)| keys.iter().map(|key| key.name.to_owned()).collect())
            .collect();
        assert_eq!(sections, declared);
    }

    #[test]
    fn every_word_is_that_of_the_drill() {
        use crate::drill::{CheckWord, RecoveryTarget, Role};
        let words = |schema: Json| -> Vec<String> {
            schema["oneOf"]
                .as_array()
                .expect("words")
                .iter()
                .map(|one| one["const"].as_str().expect("a word").to_owned())
                .collect()
        };
        let tag = |value: Json, tag: &str| value[tag].as_str().expect("a tag").to_owned();
        let written = |role: &Role| tag(serde_json::to_value(role).expect("JSON"), "role");
        assert_eq!(
            words(declared::RoleWord::schema()),
            [written(&Role::Primary), written(&Role::Standby { synchronous: false, delay: None })]
        );
        assert_eq!(
            words(CheckWord::schema()),
            CheckWord::ALL.iter().map(|word| word.check().info().name).collect::<Vec<_>>()
        );
        let targets = [RecoveryTarget::Latest, RecoveryTarget::Immediate, RecoveryTarget::BeforeFault];
        assert_eq!(
            words(declared::TargetWord::schema()),
            targets.map(|target| tag(serde_json::to_value(target).expect("JSON"), "target"))
        );
    }

    proptest! {
        #[test]
        fn a_name_is_a_name_to_the_schema_too(text in "[a-zA-Z0-9._ -]{0,44}|[a-z-]{0,44}") {
            let takes = |schema| validator(&schema).is_valid(&json!(text));
            prop_assert_eq!(takes(NodeName::schema()), text.parse::<NodeName>().is_ok());
            prop_assert_eq!(takes(RestorePointName::schema()), text.parse::<RestorePointName>().is_ok());
            prop_assert_eq!(takes(TableName::schema()), text.parse::<TableName>().is_ok());
        }
    }
}
