//! A drill that was written as a value, as the text of its file.

use serde_json::{Map, Value, json};

/// The text of a drill file that makes the same drill.
pub(super) fn text(drill: &Value) -> String {
    let at = |path: &str| drill.pointer(path).cloned().unwrap_or_default();
    let list = |path: &str, of: fn(&Value) -> Value| -> Value {
        at(path).as_array().into_iter().flatten().map(of).collect()
    };
    let workload = json!({
        "writers": at("/workload/writers"),
        "rate": at("/workload/rate").as_f64().map(rate),
        "table": at("/workload/table"),
    });
    let file = [
        ("title", at("/title")),
        ("description", at("/description")),
        ("tags", at("/tags")),
        ("manual-time", at("/human")),
        ("backup-interval", at("/backup_every")),
        ("objectives", at("/objectives")),
        ("postgres", json!({ "version": at("/version"), "settings": at("/settings") })),
        ("nodes", list("/nodes", node)),
        ("archive", at("/archive")),
        ("dataset", at("/dataset")),
        ("workload", workload),
        ("service", json!({ "address": at("/service") })),
        ("steps", list("/steps", step)),
    ];
    let lines = file.iter().filter(|(_, value)| !is_nothing(value));
    lines.map(|(key, value)| format!("{key} = {}\n", toml(value))).collect()
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Object(fields) => fields.values().all(is_nothing),
        Value::Array(_) | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A value in TOML, on one line: what JSON escapes in a text, TOML reads as well.
fn toml(value: &Value) -> String {
    match value {
        Value::Array(values) => format!("[{}]", values.iter().map(toml).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let given = fields.iter().filter(|(_, value)| !value.is_null());
            let fields: Vec<_> = given
                .map(|(key, value)| format!("{} = {}", Value::from(key.as_str()), toml(value)))
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

/// Commits a second, as a file says it: a whole number in the shortest unit that has one.
#[allow(clippy::cast_possible_truncation, reason = "a rate of commits is far below 2^53")]
fn rate(per_second: f64) -> String {
    let units = [(1.0, "s"), (60.0, "min"), (3_600.0, "h")];
    let whole = |factor: f64| (per_second * factor - (per_second * factor).round()).abs() < 1e-6;
    let (factor, unit) = units.into_iter().find(|(factor, _)| whole(*factor)).unwrap_or((3_600.0, "h"));
    format!("{}/{unit}", (per_second * factor).round() as i64)
}

fn node(node: &Value) -> Value {
    let at = |path: &str| node.pointer(path).cloned().unwrap_or_default();
    let synchronous = Some(at("/role/synchronous")).filter(|synchronous| *synchronous == true);
    json!({
        "name": at("/name"),
        "role": at("/role/role"),
        "synchronous": synchronous,
        "delay": at("/role/delay"),
        "settings": at("/settings"),
    })
}

fn step(step: &Value) -> Value {
    let mut fields = Map::new();
    for key in ["title", "deadline"] {
        fields.insert(key.into(), step.get(key).cloned().unwrap_or_default());
    }
    let verbs = step.get("verb").and_then(Value::as_object);
    for (verb, what) in verbs.into_iter().flatten() {
        let (key, value) = match verb.as_str() {
            "fault" => ("fault", fault(what)),
            "recover" => recovery(what),
            "check" => ("check", what.as_array().into_iter().flatten().map(check).collect()),
            other => (other, what.clone()),
        };
        fields.insert(key.into(), value);
    }
    Value::Object(fields)
}

fn fault(fault: &Value) -> Value {
    let hit = fault.get("node").or_else(|| fault.get("table")).cloned().unwrap_or_default();
    let kind = fault.get("fault").and_then(Value::as_str).unwrap_or_default();
    json!({ kind: hit })
}

fn recovery(recovery: &Value) -> (&'static str, Value) {
    let at = |key: &str| recovery.get(key).cloned().unwrap_or_default();
    match at("recovery").as_str() {
        Some("restore") => {
            let verb = if at("serve") == true { "recover" } else { "rehearse" };
            (verb, json!({ "from": at("from"), "target": target(&at("target")), "onto": at("onto") }))
        }
        Some("table") => ("recover", json!({ "table": at("table"), "standby": at("standby") })),
        Some(way) => ("recover", json!({ way: at("node") })),
        None => ("recover", Value::Null),
    }
}

fn target(target: &Value) -> Value {
    let at = |path: &str| target.pointer(path).cloned().unwrap_or_default();
    match at("/target").as_str() {
        Some("time") => json!({ "time": at("/at/point") }),
        Some("xid") => json!({ "xid": at("/point"), "inclusive": at("/inclusive") }),
        Some("lsn") => {
            let absolute = at("/at/absolute");
            json!({ "lsn": if absolute.is_null() { at("/at/point") } else { absolute } })
        }
        Some("name") => json!({ "name": at("/point") }),
        _ => at("/target"),
    }
}

fn check(check: &Value) -> Value {
    let at = |key: &str| check.get(key).cloned().unwrap_or_default();
    match at("check").as_str() {
        Some("rows") => json!({ "rows": { "table": at("table"), "at-least": at("at_least") } }),
        Some("sql") => {
            let row = |row: &Value| -> Value { row.as_array().into_iter().flatten().map(cell).collect() };
            let expect: Value = at("expect").as_array().into_iter().flatten().map(row).collect();
            json!({ "sql": { "title": at("title"), "query": at("query"), "expect": expect } })
        }
        _ => at("check"),
    }
}

fn cell(cell: &Value) -> Value {
    if cell.is_null() { json!({ "null": true }) } else { cell.clone() }
}
