//! Lists as CSV, for spreadsheets.

use anyhow::Context as _;

/// A heading, and rows below it.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    heading: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Sheet {
    pub fn new(heading: impl IntoIterator<Item = &'static str>) -> Self {
        Self {
            heading: heading.into_iter().collect(),
            rows: Vec::new(),
        }
    }

    /// As many cells as the heading has.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// As RFC 4180 has it: CRLF, quotes where needed. The second part of a file goes without the heading.
    ///
    /// What a spreadsheet would take for a formula is written as text: names, notes and what visitors sent are
    /// chosen by those whom a list is about.
    ///
    /// # Errors
    /// A row is longer or shorter than the rest.
    pub fn write(&self, heading: bool) -> anyhow::Result<Vec<u8>> {
        let mut writer = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        if heading {
            writer.write_record(&self.heading)?;
        }
        for row in &self.rows {
            writer.write_record(row.iter().map(|cell| harmless(cell)))?;
        }
        writer.into_inner().context("writing CSV to memory")
    }
}

/// A number may begin with a sign, a text must not.
pub fn harmless(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && cell.parse::<f64>().is_err() {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_a_formula_is_text_and_numbers_stay_numbers() {
        let mut sheet = Sheet::new(["name", "points"]);
        for cells in [["=1+1", "-1.5"], ["@sum", "+2"], ["a \"b\", c", "-x"]] {
            sheet.row(cells.map(str::to_owned));
        }
        let text = String::from_utf8(sheet.write(true).unwrap()).unwrap();
        assert_eq!(
            text,
            "name,points\r\n'=1+1,-1.5\r\n'@sum,+2\r\n\"a \"\"b\"\", c\",'-x\r\n"
        );
        assert!(!sheet.write(false).unwrap().starts_with(b"name"));
    }
}
