//! Tables with known keys.
//!
//! **Invariant:** the parser and the JSON Schema read the same list, so neither knows a key that the other
//! doesn't.

use serde_json::{Map, Value as Json, json};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{Field, Shape, Value, mismatch};
use crate::syntax::{
    MOST,
    diagnostic::{Diagnostic, Span},
    nearest::{both, either, mend, nearest},
    visible::quoted,
};

/// A key of a section.
pub(crate) struct Key {
    /// The word in the file.
    pub(crate) name: &'static str,
    /// What it is for, as an editor shows it.
    pub(crate) about: &'static str,
    /// Whether it must be given.
    pub(crate) required: bool,
    /// The schema of its value.
    pub(crate) schema: fn() -> Json,
    /// A valid value, as TOML.
    pub(crate) example: fn() -> String,
}

/// A table with known keys.
pub(crate) trait Section {
    /// Where it is, for messages: `in [workload]`.
    const WHERE: &'static str;
    /// What it is for, as an editor shows it.
    const ABOUT: &'static str;
    /// Its keys, in the order in which the schema lists them.
    const KEYS: &'static [Key];
    /// What exactly one of these keys is, and the keys; empty where the section has no such choice.
    const CHOICE: (&'static str, &'static [&'static str]);
    /// Keys that mean something only beside another one.
    const NEEDS: &'static [(&'static str, &'static str)];
}

/// Declares a [`Section`]: a wide struct of [`Field`]s, read from the file and listed in the schema alike.
macro_rules! section {
    (
        $(#[doc = $about:literal])* $name:ident at $where:literal
        $(, one $kind:literal of [$($choice:literal),*])?
        $(, $dependent:literal needs $needed:literal)*;
        $( $(#[doc = $doc:literal])* $key:literal $field:ident: $type:ty $(= $required:ident)?; )*
    ) => {
        $(#[doc = $about])*
        #[derive(Debug)]
        pub(crate) struct $name {
            /// The place of the table: of its header where it has one.
            #[allow(dead_code, reason = "not every section is pointed at as a whole")]
            pub(crate) span: $crate::syntax::diagnostic::Span,
            $( $(#[doc = $doc])* pub(crate) $field: $crate::syntax::reading::Field<$type>, )*
        }

        impl $crate::syntax::reading::Section for $name {
            const WHERE: &'static str = $where;
            const ABOUT: &'static str = concat!($($about,)*);
            const KEYS: &'static [$crate::syntax::reading::Key] = &[$($crate::syntax::reading::Key {
                name: $key,
                about: concat!($($doc,)*),
                required: section!(@required $($required)?),
                schema: <$type as $crate::syntax::reading::Shape>::schema,
                example: <$type as $crate::syntax::reading::Shape>::example,
            },)*];
            const CHOICE: (&'static str, &'static [&'static str]) =
                section!(@choice $($kind [$($choice),*])?);
            const NEEDS: &'static [(&'static str, &'static str)] = &[$(($dependent, $needed)),*];
        }

        impl $crate::syntax::reading::Shape for $name {
            fn what() -> String {
                concat!("a table, as ", $where).into()
            }

            fn example() -> String {
                $crate::syntax::reading::example_of::<Self>()
            }

            fn read(
                value: &$crate::syntax::reading::Value<'_>,
                diagnostics: &mut Vec<$crate::syntax::diagnostic::Diagnostic>,
            ) -> Option<Self> {
                let table = $crate::syntax::reading::read_section::<Self>(value, diagnostics)?;
                Some(Self {
                    span: value.span(),
                    $( $field: $crate::syntax::reading::read_field(table, $key, diagnostics), )*
                })
            }

            fn schema() -> serde_json::Value {
                $crate::syntax::reading::schema_of::<Self>()
            }
        }
    };
    (@required required) => { true };
    (@required) => { false };
    (@choice $kind:literal [$($choice:literal),*]) => { ($kind, &[$($choice),*]) };
    (@choice) => { ("", &[]) };
}
pub(crate) use section;

/// The table, after saying what is wrong with its keys as a whole.
pub(crate) fn read_section<'v, 'i, S: Section + Shape>(
    value: &'v Value<'i>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<&'v DeTable<'i>> {
    let Some(table) = value.get_ref().as_table() else {
        mismatch::<S>(value, diagnostics);
        return None;
    };
    let meant = refuse_unknown::<S>(table, diagnostics);
    let given = |name: &str| table.contains_key(name) || meant.contains(&name);
    let names = |key: &&Key| key.required && !given(key.name);
    for key in S::KEYS.iter().filter(names) {
        let message = format!("{} is missing {}", quoted(key.name), S::WHERE);
        diagnostics.push(Diagnostic::absence(value.span(), message).help(addition(key)));
    }
    choose::<S>(value.span(), table, !meant.is_empty(), diagnostics);
    for (dependent, needed) in S::NEEDS {
        if let Some((key, _)) = entry(table, dependent).filter(|_| !given(needed)) {
            let message = format!("`{dependent}` goes with `{needed}`, which is not here");
            diagnostics.push(
                Diagnostic::meaning(key, message).help(format!("add `{needed}`, or take `{dependent}` away")),
            );
        }
    }
    Some(table)
}

/// Keys that had another name in earlier versions.
const RENAMED: &[(&str, &str)] = &[("human", "manual-time"), ("backup-every", "backup-interval")];

/// Says which keys are unknown; the known ones that they were probably meant to be.
fn refuse_unknown<S: Section>(table: &DeTable<'_>, diagnostics: &mut Vec<Diagnostic>) -> Vec<&'static str> {
    let names = || S::KEYS.iter().map(|key| key.name);
    let mut meant = Vec::new();
    let unknown = table.iter().filter(|(key, _)| !names().any(|name| name == key.get_ref().as_ref()));
    for (key, _) in unknown.take(MOST) {
        let written = key.get_ref().as_ref();
        let renamed = RENAMED.iter().find(|(old, new)| *old == written && names().any(|name| name == *new));
        let near = match renamed {
            Some((_, new)) => Some(*new),
            None => nearest(written, names().filter(|name| !table.contains_key(*name))),
        };
        meant.extend(near);
        let help = match (renamed, near, crate::syntax::declared::home_of(written, S::WHERE)) {
            (Some((_, new)), ..) => format!("this key is called `{new}` now: rename it"),
            (None, None, Some(home)) => home,
            _ => mend(written, names().collect::<Vec<_>>()),
        };
        diagnostics.push(
            Diagnostic::value(key.span(), format!("unknown key {} {}", quoted(written), S::WHERE)).help(help),
        );
    }
    meant
}

/// Says where a section that has exactly one of some keys has none or several.
fn choose<S: Section>(span: Span, table: &DeTable<'_>, unsure: bool, diagnostics: &mut Vec<Diagnostic>) {
    let (kind, choices) = S::CHOICE;
    let mut given: Vec<(Span, &str)> =
        choices.iter().filter_map(|name| Some((entry(table, name)?.0, *name))).collect();
    given.sort_by_key(|(span, _)| span.start);
    match given.as_slice() {
        [] if !choices.is_empty() && !unsure => {
            let message = format!("no {kind} {}", S::WHERE);
            diagnostics.push(
                Diagnostic::absence(span, message)
                    .help(format!("give it one of {}", either(choices.iter().copied()))),
            );
        }
        [] | [_] => {}
        [(first, _), rest @ ..] => {
            for (span, name) in rest {
                let names = both(given.iter().map(|(_, name)| *name));
                let message = format!("{} {kind}s {}: {names}", given.len(), S::WHERE);
                let help = if kind == "verb" {
                    "make each a `[[steps]]` of its own".into()
                } else {
                    format!("keep one {kind}: take {} away", quoted(name))
                };
                diagnostics.push(
                    Diagnostic::meaning(span.clone(), message)
                        .also(Some(first.clone()), format!("the first {kind}"))
                        .help(help),
                );
            }
        }
    }
}

/// Reads what stands at a key.
pub(crate) fn read_field<T: Shape>(
    table: &DeTable<'_>,
    name: &str,
    diagnostics: &mut Vec<Diagnostic>,
) -> Field<T> {
    match entry(table, name) {
        Some((key, value)) => Field::given(key, value.span(), T::read(value, diagnostics)),
        None => Field::absent(),
    }
}

fn entry<'v, 'i>(table: &'v DeTable<'i>, name: &str) -> Option<(Span, &'v Spanned<DeValue<'i>>)> {
    table.get_key_value(name).map(|(key, value)| (key.span(), value))
}

/// The section's JSON Schema.
pub(crate) fn schema_of<S: Section>() -> Json {
    let (_, choices) = S::CHOICE;
    let properties: Map<String, Json> = S::KEYS
        .iter()
        .map(|key| (key.name.to_owned(), described((key.schema)(), key.about.trim())))
        .collect();
    let required: Vec<_> = S::KEYS.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = json!({
        "type": "object",
        "description": S::ABOUT.trim(),
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    if let Some(object) = schema.as_object_mut() {
        if !choices.is_empty() {
            let one = choices.iter().map(|name| json!({ "required": [name] })).collect();
            object.insert("oneOf".into(), Json::Array(one));
        }
        if !S::NEEDS.is_empty() {
            let needs = S::NEEDS
                .iter()
                .map(|(dependent, needed)| ((*dependent).to_owned(), json!([needed])))
                .collect();
            object.insert("dependentRequired".into(), Json::Object(needs));
        }
    }
    schema
}

fn described(mut schema: Json, about: &str) -> Json {
    if let Some(object) = schema.as_object_mut() {
        object.insert("description".into(), about.into());
    }
    schema
}

/// A valid table, as TOML: the required keys, or the first of those of which there is one.
pub(crate) fn example_of<S: Section>() -> String {
    let (_, choices) = S::CHOICE;
    let needed = |key: &&Key| key.required || choices.first() == Some(&key.name);
    let mut entries: Vec<String> = S::KEYS.iter().filter(needed).map(example_entry).collect();
    if entries.is_empty() {
        entries.extend(S::KEYS.first().map(example_entry));
    }
    format!("{{ {} }}", entries.join(", "))
}

/// `key = example`.
fn example_entry(key: &Key) -> String {
    format!("{} = {}", key.name, (key.example)())
}

/// How to add a key that is missing.
fn addition(key: &Key) -> String {
    let example = (key.example)();
    match example.strip_prefix("[{ ").and_then(|rest| rest.strip_suffix(" }]")) {
        Some(item) => format!("add a `[[{}]]` with `{item}`", key.name),
        None => format!("add `{}`", example_entry(key)),
    }
}
