//! The section of a drill.

use super::{files, folded, measured, status, table};
use crate::{
    human,
    report::{
        escape::markdown::text,
        view::{DrillView, FindingRow, JOURNAL, RecoveryView},
    },
};

pub(super) fn blocks(drill: &DrillView) -> Vec<String> {
    let mut blocks = vec![format!("## {}", text(&drill.name))];
    blocks.push(format!("**{}** — {}", status(drill.status), text(&drill.title)));
    if !drill.about.is_empty() {
        blocks.push(sentences(&drill.about));
    }
    if let Some(reason) = &drill.skipped {
        blocks.push(format!("Skipped: {}", text(reason)));
    }
    if !drill.circumstances.is_empty() {
        blocks.push(sentences(&drill.circumstances));
    }
    blocks.extend(timeline(drill));
    blocks.extend(recoveries(drill));
    blocks.extend(lost(drill));
    blocks.extend(checked(drill));
    list(&mut blocks, "### What could not be removed", &drill.left);
    list(&mut blocks, "### What this drill does not prove", &drill.not_proven);
    if !drill.provenance.is_empty() {
        let rows: Vec<_> =
            drill.provenance.iter().map(|(name, value)| vec![text(name), text(value)]).collect();
        blocks.push("### Environment".into());
        let summary = "drill file, software, dataset, workload, settings, and instants by the wall clock";
        blocks.push(folded(summary, &table(&["", ""], &rows)));
    }
    let files = files(&drill.evidence);
    if !files.is_empty() {
        blocks.push("### Evidence".into());
        blocks.push(files.iter().map(|file| format!("- {file}")).collect::<Vec<_>>().join("\n"));
    }
    blocks
}

fn sentences(all: &[String]) -> String {
    all.iter().map(|sentence| text(sentence)).collect::<Vec<_>>().join("\n")
}

fn list(blocks: &mut Vec<String>, heading: &str, items: &[String]) {
    if !items.is_empty() {
        blocks.push(heading.into());
        blocks.push(items.iter().map(|item| format!("- {}", text(item))).collect::<Vec<_>>().join("\n"));
    }
}

fn timeline(drill: &DrillView) -> Vec<String> {
    if drill.timeline.is_empty() {
        return Vec::new();
    }
    let rows: Vec<_> = drill
        .timeline
        .iter()
        .map(|row| {
            vec![row.number.to_string(), text(&row.title), text(&row.at), text(&row.took), text(&row.outcome)]
        })
        .collect();
    vec!["### Timeline".into(), table(&["step", "what", "began", "took", "outcome"], &rows)]
}

fn recoveries(drill: &DrillView) -> Vec<String> {
    let mut blocks = Vec::new();
    if drill.recoveries.len() > 1 {
        blocks.push("### Recoveries".into());
        blocks.push(compared(&drill.recoveries));
    }
    for recovery in &drill.recoveries {
        let heading = recovery.kind;
        blocks.push(format!("### {heading} in step {}: {}", recovery.number, text(&recovery.title)));
        blocks.push(sentences(&recovery.proof));
        if let Some(bar) = &recovery.bar {
            blocks.push(format!("```text\n{}\n```", bar.lines().join("\n")));
        }
    }
    blocks
}

fn compared(recoveries: &[RecoveryView]) -> String {
    let rows: Vec<_> = recoveries
        .iter()
        .map(|recovery| {
            vec![
                recovery.number.to_string(),
                text(&recovery.target),
                status(recovery.status),
                measured(&recovery.rto),
                text(&recovery.verified),
                text(&recovery.due),
                text(&recovery.lost),
                text(&recovery.rpo),
            ]
        })
        .collect();
    table(
        &[
            "step",
            "target",
            "verdict",
            "RTO measured / objective",
            "verified after",
            "commits due",
            "lost",
            "RPO",
        ],
        &rows,
    )
}

fn lost(drill: &DrillView) -> Vec<String> {
    if drill.recoveries.is_empty() && drill.work.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec!["### Data loss".to_owned()];
    if drill.recoveries.is_empty() {
        blocks.push("No recovery completed, so the loss is unknown.".into());
    }
    for recovery in &drill.recoveries {
        let heading = (drill.recoveries.len() > 1)
            .then(|| format!("Step {}, {}:", recovery.number, text(&recovery.title)));
        let alarms = recovery.alarms.iter().map(|alarm| format!("**{}**", text(alarm)));
        let said = recovery.loss.iter().map(|sentence| text(sentence));
        blocks.push(heading.into_iter().chain(alarms).chain(said).collect::<Vec<_>>().join(
            "
",
        ));
        if !recovery.examples.is_empty() {
            blocks.push(
                recovery
                    .examples
                    .iter()
                    .map(|example| format!("- {}", text(example)))
                    .collect::<Vec<_>>()
                    .join("\n"),
            );
        }
    }
    if !drill.work.is_empty() {
        blocks.push(sentences(&drill.work));
    }
    blocks
}

fn checked(drill: &DrillView) -> Vec<String> {
    let mut blocks = Vec::new();
    if !drill.checks.is_empty() {
        let rows: Vec<_> = drill
            .checks
            .iter()
            .map(|check| {
                vec![text(&check.name), status(check.status), text(&check.facts), text(&check.message)]
            })
            .collect();
        blocks.push("### Checks".into());
        blocks.push(table(&["check", "verdict", "examined", "found"], &rows));
    }
    if !drill.findings.is_empty() {
        let (routine, telling): (Vec<_>, Vec<_>) =
            drill.findings.iter().partition(|finding| finding.is_routine);
        blocks.push("### Other findings".into());
        if !telling.is_empty() {
            blocks.push(findings(&telling));
        }
        if !routine.is_empty() {
            let passed = human::count_of(routine.len() as u64, "more finding");
            blocks.push(folded(&format!("{passed} passed"), &findings(&routine)));
        }
        blocks.push(format!("Every finding can be traced to an entry of [{JOURNAL}]({JOURNAL})."));
    }
    blocks
}

fn findings(rows: &[&FindingRow]) -> String {
    let rows: Vec<_> = rows
        .iter()
        .map(|finding| vec![text(&finding.name), status(finding.status), text(&finding.message)])
        .collect();
    table(&["finding", "verdict", "seen"], &rows)
}
