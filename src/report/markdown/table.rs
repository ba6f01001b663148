//! Tables.

/// A table of cells that are escaped already; columns are not padded, so that one long cell does not make
/// every line long.
pub(super) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let cells: Vec<_> = cells.map(|cell| if cell.is_empty() { " " } else { cell }).collect();
        format!("| {} |", cells.join(" | "))
    };
    let mut lines = vec![line(&mut head.iter().copied()), line(&mut head.iter().map(|_| "---"))];
    lines.extend(rows.iter().map(|row| line(&mut row.iter().map(String::as_str))));
    lines.join("\n")
}
