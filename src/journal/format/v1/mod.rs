//! Format 1 of the journal, frozen: its lines are turned into those of format 2.
//!
//! It kept no numbers and no hashes, wrote drills, faults, checks and targets as values, and knew other
//! names.

mod drill;

use serde_json::{Map, Value, json};

use super::{not_understood, steps::Steps, v2::Line};
use crate::journal::{Entry, Exercise};

/// Reads the lines of a journal of format 1.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// The checks of each drill's steps, as they were written.
    checks: Vec<(Value, Vec<Value>)>,
}

impl Reader {
    /// The entry that a line tells.
    ///
    /// # Errors
    /// Returns an error if it can't be understood: a clause that says why.
    #[expect(clippy::wildcard_enum_match_arm, reason = "a JSON value is an object or of no use")]
    pub(super) fn entry(&mut self, line: u64, text: &[u8], steps: &mut Steps) -> Result<Entry, String> {
        let mut object: Map<String, Value> =
            serde_json::from_slice(text).map_err(|error| not_understood(&error))?;
        if object.contains_key("hash") || object.contains_key("line") {
            return Err("the line has a number or a hash, which format 1 has not: it was changed".into());
        }
        object.insert("line".into(), line.into());
        let exercise = object.get("exercise").cloned().unwrap_or(Value::Null);
        let event = object.remove("event").and_then(|event| match event {
            Value::Object(event) => Some(event),
            _ => None,
        });
        let event = event.ok_or("the line tells no event")?;
        object.insert("event".into(), Value::Object(self.event(exercise, event, steps)?));
        let line: Line =
            serde_json::from_value(Value::Object(object)).map_err(|error| not_understood(&error))?;
        line.entry(steps).map_err(|error| error.to_string())
    }

    /// The event as format 2 writes it; `steps` tells the one that its exercise is in.
    fn event(
        &mut self,
        exercise: Value,
        mut event: Map<String, Value>,
        steps: &Steps,
    ) -> Result<Map<String, Value>, String> {
        let known = serde_json::from_value::<Option<Exercise>>(exercise.clone()).ok().flatten();
        let open = steps.open(known.as_ref());
        let step = open.unwrap_or_default();
        let name = event.get("event").and_then(Value::as_str).unwrap_or_default().to_owned();
        match name.as_str() {
            "planned" => {
                let drill = event.remove("drill").ok_or("it plans no drill")?;
                event.extend(file(&drill));
                self.checks.push((exercise, checks(&drill)));
            }
            "baseline-held" => rename(&mut event, "baseline-recorded"),
            "dismantled" => rename(&mut event, "cleaned-up"),
            "backup-taken" | "worked" => {
                event.insert("step".into(), step.into());
            }
            "restore-point-made" => {
                event.remove("event");
                let facts = std::mem::take(&mut event);
                event.extend([("step".into(), step.into()), ("facts".into(), Value::Object(facts))]);
                rename(&mut event, "restore-point-made");
            }
            "fault-injected" => {
                event.insert("step".into(), step.into());
                event.extend(proof(&event));
            }
            "fault-healed" => {
                let node = event.remove("node").unwrap_or_default();
                let fault = node.as_str().and_then(|node| steps.fault_on(known.as_ref(), node).or(open));
                event.extend([("fault".into(), fault.into()), ("step".into(), open.into())]);
            }
            "recovered" => {
                let Some(Value::Object(mut recovered)) = event.remove("recovered") else {
                    return Err("it tells no recovery".into());
                };
                let target = recovered.remove("target");
                recovered.insert("targeted".into(), target.is_some_and(|target| !target.is_null()).into());
                if let Some(Value::Object(mut aim)) = recovered.remove("aim") {
                    let kind = aim.remove("aim").unwrap_or_default();
                    aim.insert("target".into(), kind);
                    recovered.insert("resolved_target".into(), Value::Object(aim));
                }
                let phases = recovered.get_mut("phases").and_then(Value::as_array_mut);
                for phase in phases.into_iter().flatten().filter_map(|span| span.get_mut("phase")) {
                    if phase == "human" {
                        *phase = "manual".into();
                    }
                }
                event.extend(recovered);
            }
            "checked" => {
                let check = event.remove("check").unwrap_or_default();
                let step = event.get("step").and_then(Value::as_u64).unwrap_or_default();
                event.insert("place".into(), self.place(&exercise, step, &check).into());
                let found = event.get_mut("facts").and_then(|facts| facts.get_mut("found"));
                if let Some(found) = found.filter(|found| *found == "survey") {
                    *found = "workload-scan".into();
                }
            }
            // It knew the size alone.
            "evidence" => {
                event.insert("hash".into(), "".into());
            }
            _ => {}
        }
        Ok(event)
    }

    fn place(&self, exercise: &Value, step: u64, check: &Value) -> usize {
        let of_drill = self.checks.iter().find(|(of, _)| of == exercise).map(|(_, checks)| checks);
        let of_step = of_drill.and_then(|checks| checks.get(usize::try_from(step).ok()?)?.as_array());
        of_step.and_then(|checks| checks.iter().position(|declared| declared == check)).unwrap_or_default()
    }
}

/// The proof that a fault told of itself, and when its call had returned at the latest.
fn proof(event: &Map<String, Value>) -> Map<String, Value> {
    let at = event.get("at").cloned().unwrap_or_default();
    let proven = event.get("proven").filter(|proven| !proven.is_null()).cloned();
    let effect = if proven.is_some() { "present" } else { "unknown" };
    let seen = event.get("effect").cloned().unwrap_or_default();
    let done = proven.unwrap_or(at);
    let proof = json!({ "at": done, "effect": effect, "seen": seen });
    [("done".to_owned(), done), ("proof".to_owned(), proof)].into_iter().collect()
}

fn rename(event: &mut Map<String, Value>, name: &str) {
    event.insert("event".into(), name.into());
}

/// The text of a drill that was written as a value, as if it had been a file.
#[expect(clippy::wildcard_enum_match_arm, reason = "a JSON value is an object or of no use")]
fn file(drill: &Value) -> Map<String, Value> {
    let name = drill.get("name").and_then(Value::as_str).unwrap_or_default();
    let text = drill::text(drill);
    let hash = crate::journal::hash_of(text.as_bytes());
    let file = json!({ "file": format!("{name}.toml"), "text": text, "hash": hash });
    match file {
        Value::Object(file) => file,
        _ => Map::new(),
    }
}

/// By step, the checks of a drill; null for another step.
fn checks(drill: &Value) -> Vec<Value> {
    let steps = drill.get("steps").and_then(Value::as_array);
    steps.into_iter().flatten().map(|step| step.pointer("/verb/check").cloned().unwrap_or_default()).collect()
}
