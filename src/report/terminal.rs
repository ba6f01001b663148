//! The summary for a terminal.
//!
//! **Invariant:** complete without colour; no control character but newline and, where colour is asked for,
//! those of the colours.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

use super::{
    Format,
    escape::{line::visible, terminal::no_commands},
    view::{Cells, DrillView, Measured, RunView, Status, following},
};
use crate::{drill::ObjectiveKind, human, judge::RunJudgement};

/// The width from which a drill fits into one line. Below it, what was promised and the worst case by
/// configuration stand under what was measured, and notes under the table.
const ROOMY: u16 = 110;

/// What all columns but that of the names take at most, in several lines.
const OTHER_COLUMNS: u16 = 58;

/// What stands beside a value that misses its objective: colour alone would not do.
const MISSED: &str = " !";

/// What that means, under the table.
const LEGEND: &str = "\n\n ! misses its objective";

/// What the caller knows of its terminal.
#[derive(Clone, Debug)]
pub struct Terminal {
    /// Its width in characters.
    pub width: u16,
    /// Whether to use colour: the caller minds `NO_COLOR` and whether it is a terminal at all.
    pub colour: bool,
    /// The folder where the reports are, as the user should read it; `None` where they were not written.
    pub reports: Option<String>,
}

impl Terminal {
    /// The summary of a run.
    #[must_use]
    pub fn render(&self, run: &RunJudgement) -> String {
        let view = RunView::of(run);
        let mut blocks = Vec::new();
        if !view.drills.is_empty() {
            blocks.push(self.drills(&view.drills));
        }
        let troubles = self.troubles(&view);
        if !troubles.is_empty() {
            blocks.push(troubles);
        }
        let mut last =
            view.warnings.iter().map(|warning| format!("warning: {}", visible(warning))).collect::<Vec<_>>();
        last.push(format!(
            "{} — {} ({}, {})",
            self.paint(view.status, &view.status.word().to_uppercase()),
            visible(&view.verdict_line),
            visible(&run.runtime.to_string()),
            human::duration(run.took),
        ));
        if let Some(folder) = &self.reports {
            last.push(format!("report: {}/{}", visible(folder), Format::Markdown.file_name()));
        }
        blocks.push(last.join("\n"));
        no_commands(&(blocks.join("\n\n") + "\n"))
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table
            .load_style(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(self.width.max(40));
        table
    }

    fn drills(&self, drills: &[DrillView]) -> String {
        let mut table = self.table();
        if self.is_roomy() {
            table.set_header([
                "VERDICT",
                "DRILL",
                "RTO / objective",
                "RPO / objective / worst",
                "LOST",
                "CHECKS",
            ]);
        } else {
            table.set_header(["VERDICT", "DRILL", "RTO", "RPO", "LOST", "CHECKS"]);
        }
        for drill in drills {
            let cells = &drill.cells;
            let cell = if self.is_roomy() { in_one_line } else { in_lines };
            let rto = cell(&cells.rto, mark(cells, ObjectiveKind::Rto), None);
            let rpo = cell(&cells.rpo, mark(cells, ObjectiveKind::Rpo), Some(&cells.worst_case));
            let lost = format!("{}{}", visible(&cells.lost), mark(cells, ObjectiveKind::Discarded));
            let (name, checks) = (self.name(&drill.name), visible(&cells.checks));
            table.add_row([drill.status.word().to_owned(), name, rto, rpo, lost, checks]);
        }
        if let Some(column) = table.column_mut(4) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        if let Some(last) = table.column_mut(5) {
            last.set_padding((1, 0));
        }
        let legend = if drills.iter().any(|drill| !drill.cells.missed.is_empty()) { LEGEND } else { "" };
        self.finish(&table) + legend
    }

    /// Whether a drill fits into one line.
    const fn is_roomy(&self) -> bool {
        self.width >= ROOMY
    }

    /// The name of a drill, broken after its folder where there is no room for it, rather than where the line
    /// ends.
    fn name(&self, name: &str) -> String {
        let name = visible(name);
        if name.chars().count() > usize::from(self.width.saturating_sub(OTHER_COLUMNS)) {
            name.replacen('/', "/\n", 1)
        } else {
            name
        }
    }

    /// A line for each finding that is not good, and for each drill that could not be done, with what to do
    /// about it.
    fn troubles(&self, view: &RunView) -> String {
        let mut table = self.table();
        for drill in &view.drills {
            for (what, measured) in
                [("recovery time", &drill.cells.rto), ("recovery point", &drill.cells.rpo)]
            {
                if !self.is_roomy() && !measured.notes.is_empty() {
                    let text = format!("{}: {what}: {}", drill.name, measured.notes.join(", "));
                    table.add_row([Cell::new("note"), Cell::new(visible(&text))]);
                }
            }
            for trouble in &drill.troubles {
                let text = format!("{}: {}: {}", drill.name, trouble.name, trouble.message);
                table.add_row([Cell::new(trouble.status.word()), Cell::new(visible(&text))]);
                if let Some(hint) = &trouble.hint {
                    table.add_row([Cell::new(""), Cell::new(visible(&format!("hint: {hint}")))]);
                }
            }
            if let Some(text) = following(drill.following) {
                table.add_row([Cell::new(""), Cell::new(text)]);
            }
            if let Some(reason) = &drill.skipped {
                table.add_row([
                    Cell::new(drill.status.word()),
                    Cell::new(visible(&format!("{}: {reason}", drill.name))),
                ]);
            }
        }
        self.finish(&table)
    }

    /// The lines of a table whose first column is a status, coloured where that is asked for. The table can't
    /// do it: it would count the colours' characters.
    fn finish(&self, table: &Table) -> String {
        let lines: Vec<_> = table.lines().map(|line| self.paint_first(line.trim_end())).collect();
        lines.join("\n")
    }

    fn paint_first(&self, line: &str) -> String {
        let all = [Status::Fail, Status::Inconclusive, Status::Pass, Status::Skipped];
        let first = all
            .into_iter()
            .find_map(|status| Some((status, line.strip_prefix(' ')?.strip_prefix(status.word())?)));
        match first {
            Some((status, rest)) if rest.is_empty() || rest.starts_with(' ') => {
                format!(" {}{rest}", self.paint(status, status.word()))
            }
            Some(_) | None => line.to_owned(),
        }
    }

    fn paint(&self, status: Status, text: &str) -> String {
        let code = match status {
            Status::Fail => "1;31",
            Status::Inconclusive => "1;33",
            Status::Pass => "32",
            Status::Skipped => "2",
        };
        if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// What stands beside a value with an objective.
fn mark(cells: &Cells, kind: ObjectiveKind) -> &'static str {
    if cells.missed.contains(&kind) { MISSED } else { "" }
}

/// A measured value, what was promised, and what must be known to read it.
fn in_one_line(measured: &Measured, mark: &str, worst: Option<&str>) -> String {
    let worst = worst.map(|worst| format!(" / {worst}")).unwrap_or_default();
    let notes: String = measured.notes.iter().map(|note| format!(" ({note})")).collect();
    visible(&format!("{}{mark} / {}{worst}{notes}", measured.value, measured.objective))
}

/// A measured value above what was promised and what may be lost at worst; the line breaks are the only ones.
fn in_lines(measured: &Measured, mark: &str, worst: Option<&str>) -> String {
    let mut lines = vec![format!("{}{mark}", visible(&measured.value))];
    if measured.objective != human::NOTHING {
        lines.push(format!("of {}", visible(&measured.objective)));
    }
    if let Some(worst) = worst.filter(|worst| *worst != human::NOTHING) {
        lines.push(format!("worst: {}", visible(worst)));
    }
    lines.join("\n")
}
