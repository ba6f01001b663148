//! Markdown as GitHub renders it, one sentence a line.

mod drill;
mod table;

use table::table;

use super::{
    definitions,
    escape::markdown::{anchor, link, text},
    view::{DrillView, EvidenceFile, JOURNAL, Measured, RunView, Status, Trouble, following},
};
use crate::judge::RunJudgement;

pub(super) fn render(run: &RunJudgement) -> String {
    let view = RunView::of(run);
    let mut blocks = vec![format!("# {} Lifeboat: {}", view.status.sign(), view.status.word())];
    blocks.push(format!("**{}** — {}.", view.status.word().to_uppercase(), text(&view.verdict_line)));
    if !view.warnings.is_empty() {
        let lines: Vec<_> = view.warnings.iter().map(|warning| format!("> {}", text(warning))).collect();
        blocks.push(format!("> [!WARNING]\n{}", lines.join("\n")));
    }
    if !view.drills.is_empty() {
        blocks.push(summary(&view.drills));
    }
    blocks.extend(broken(&view));
    blocks.push("## Sign-off".into());
    let roles = ["carried out by", "reviewed by", "approved by"].map(|role| row(&[role, "", "", ""]));
    blocks.push(table(&["", "name", "date", "signature"], &roles));
    blocks.push("## The run".into());
    let facts: Vec<_> = view.facts.iter().map(|(name, value)| vec![text(name), text(value)]).collect();
    blocks.push(table(&["", ""], &facts));
    blocks.push(format!(
        "Moments such as `+12.345678s` are seconds since the run began, on one monotonic clock, as in \
         [{JOURNAL}]({JOURNAL}).\n\
         Recovery time runs from the fault to the first acknowledged write, and recovery point is what was \
         acknowledged and is lost."
    ));
    for drill in &view.drills {
        blocks.extend(drill::blocks(drill));
    }
    blocks.push(definitions());
    blocks.join("\n\n") + "\n"
}

/// What the figures are, the same in every report.
fn definitions() -> String {
    let phases: Vec<_> = definitions::phases().map(|(name, what)| vec![text(name), text(what)]).collect();
    let figures =
        [definitions::RTO, definitions::RPO, definitions::CLOCKS].map(|figure| format!("- {}", text(figure)));
    let head = "## How RTO, its phases and RPO are measured".to_owned();
    [head, figures.join("\n"), table(&["phase", "measured"], &phases)].join("\n\n")
}

/// What is there for whoever looks for it, folded below a line.
fn folded(summary: &str, block: &str) -> String {
    format!("<details>\n<summary>{}</summary>\n\n{block}\n\n</details>", text(summary))
}

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

fn summary(drills: &[DrillView]) -> String {
    let head = [
        "drill",
        "verdict",
        "RTO measured / objective",
        "RPO measured / objective / worst case",
        "lost commits",
        "checks passed",
    ];
    let rows: Vec<_> = drills
        .iter()
        .map(|drill| {
            let cells = &drill.cells;
            vec![
                format!("[{}](#{})", text(&drill.name), anchor(&drill.name)),
                status(drill.status),
                measured(&cells.rto),
                format!("{} / {}", measured(&cells.rpo), text(&cells.worst_case)),
                text(&cells.lost),
                text(&cells.checks),
            ]
        })
        .collect();
    table(&head, &rows)
}

fn status(status: Status) -> String {
    format!("{} {}", status.sign(), status.word())
}

fn measured(measured: &Measured) -> String {
    let notes: Vec<_> = measured.notes.iter().map(|note| format!(" *{}*", text(note))).collect();
    format!("{}{} / {}", text(&measured.value), notes.join(","), text(&measured.objective))
}

/// Everything that is not good, in one place, before anything else is told.
fn broken(view: &RunView) -> Vec<String> {
    let mut blocks = Vec::new();
    for drill in view.troubled() {
        if blocks.is_empty() {
            blocks
                .push(if view.status == Status::Fail { "## Failures" } else { "## Inconclusive" }.to_owned());
        }
        blocks.push(format!("**{}**: {}", text(&drill.name), text(&drill.title)));
        let mut list: Vec<_> = drill.troubles.iter().map(trouble).collect();
        list.extend(following(drill.following).map(|text| format!("- {text}")));
        blocks.push(list.join("\n"));
        let files = files(&drill.evidence);
        if !files.is_empty() {
            blocks.push(format!("Evidence: {}, [{JOURNAL}]({JOURNAL}).", files.join(", ")));
        }
    }
    blocks
}

fn trouble(trouble: &Trouble) -> String {
    let mut lines =
        vec![format!("- {} **{}**: {}", status(trouble.status), text(&trouble.name), text(&trouble.message))];
    lines.extend(trouble.details.iter().map(|detail| format!("  - {}", text(detail))));
    lines.extend(trouble.hint.iter().map(|hint| format!("  - *Hint:* {}", text(hint))));
    lines.join("\n")
}

fn files(files: &[EvidenceFile]) -> Vec<String> {
    files
        .iter()
        .map(|file| {
            let size = file.size.as_ref().map(|size| format!(" ({size})")).unwrap_or_default();
            format!("{}{size}", link(&file.label, &file.path))
        })
        .collect()
}
