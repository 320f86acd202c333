use std::fmt::Write as _;

/// Rows in columns for a terminal. The first row is the heading; numbers go to the right.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(heading: &[&str]) -> Self {
        Self {
            rows: vec![heading.iter().map(ToString::to_string).collect()],
        }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        // What comes from outside must not move the cursor.
        self.rows.push(
            cells
                .into_iter()
                .map(|cell| cell.replace(char::is_control, " "))
                .collect(),
        );
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.len() <= 1
    }

    pub(super) fn render(&self) -> String {
        let count = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let columns: Vec<(usize, usize, bool)> = (0..count)
            .map(|column| {
                let width = self
                    .rows
                    .iter()
                    .map(|row| cell(row, column).chars().count())
                    .max()
                    .unwrap_or(0);
                let numeric = self
                    .rows
                    .iter()
                    .skip(1)
                    .all(|row| cell(row, column).parse::<f64>().is_ok());
                (column, width, numeric)
            })
            .collect();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::new();
            for (column, width, numeric) in &columns {
                let cell = cell(row, *column);
                // Writing to a string cannot fail.
                let _ = if *numeric {
                    write!(line, "{cell:>width$}  ")
                } else {
                    write!(line, "{cell:<width$}  ")
                };
            }
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text
    }
}

fn cell(row: &[String], column: usize) -> &str {
    row.get(column).map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_controls_are_blanked() {
        let mut table = Table::new(&["brand", "hits"]);
        table.row(["acme".to_owned(), "7".to_owned()]);
        table.row(["b\u{1b}[2J".to_owned(), "1200".to_owned()]);
        assert_eq!(table.render(), "brand  hits\nacme      7\nb [2J  1200\n");
    }
}
