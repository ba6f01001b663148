//! `lifeboat list`.

use serde_json::json;

use super::{
    arguments::{Format, List},
    exit::Exit,
    print, select,
};
use crate::{drill::Drill, report::escape::line::visible};

pub(super) fn list(arguments: &List) -> Exit {
    if arguments.names {
        return print(&select::names().into_iter().map(|name| format!("{name}\n")).collect::<String>());
    }
    match (select::drills(&arguments.select), arguments.format) {
        (Ok(drills), Format::Text) => print(&text(&drills)),
        (Ok(drills), Format::Json) => {
            let all: Vec<_> = drills
                .iter()
                .map(|drill| {
                    json!({
                        "name": drill.name, "title": drill.title, "description": drill.description,
                        "tags": drill.tags,
                        "objectives": drill.objectives, "postgres": drill.version,
                    })
                })
                .collect();
            print(&format!("{:#}\n", serde_json::Value::from(all)))
        }
        (Err(exit), _) => exit,
    }
}

fn text(drills: &[Drill]) -> String {
    let width = drills.iter().map(|drill| drill.name.as_str().len()).max().unwrap_or_default();
    let line = |drill: &Drill| {
        let promise = |name: &str, promised: Option<crate::drill::Period>| {
            promised.map(|promised| format!("{name} {promised}"))
        };
        let objectives: Vec<_> = [
            promise("RTO", drill.objectives.rto),
            promise("RPO", drill.objectives.rpo),
            promise("discarded", drill.objectives.discarded),
        ]
        .into_iter()
        .flatten()
        .collect();
        let tags =
            if drill.tags.is_empty() { String::new() } else { format!("  #{}", drill.tags.join(" #")) };
        let name = drill.name.as_str();
        format!(
            "{name:width$}  {}\n{:width$}  {}{}\n",
            visible(&drill.title),
            "",
            objectives.join(", "),
            visible(&tags)
        )
    };
    drills.iter().map(line).collect()
}
