//! Columns of text that line up.

/// How a column's cells stand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// Rows as lines, each cell as wide as the widest of its column; `indent` spaces before each.
pub fn table(indent: usize, aligned: &[Align], rows: &[Vec<String>]) -> String {
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..aligned.len()).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = " ".repeat(indent);
        for (column, cell) in row.iter().enumerate() {
            if column > 0 {
                line += "  ";
            }
            let width = widths.get(column).copied().unwrap_or(0);
            match aligned.get(column) {
                Some(Align::Right) => line += &format!("{cell:>width$}"),
                _ => line += &format!("{cell:<width$}"),
            }
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_line_up() {
        let rows = [
            vec!["feed".to_string(), "items".to_string(), "note".to_string()],
            vec!["größe".to_string(), "1,234".to_string(), String::new()],
            vec!["x".to_string(), "7".to_string(), "late".to_string()],
        ];
        assert_eq!(
            table(2, &[Align::Left, Align::Right, Align::Left], &rows),
            "  feed   items  note\n  größe  1,234\n  x          7  late\n"
        );
    }
}
