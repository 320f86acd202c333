//! The report: figures beside their peer or limit and their target, as Markdown that also reads well on a terminal.

use std::fmt::Write;

/// One part of the bench: how it measured, and what came out.
#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) title: &'static str,
    /// One sentence or two on the method.
    pub(crate) method: String,
    pub(crate) rows: Vec<Row>,
}

#[derive(Debug)]
pub(crate) struct Row {
    what: String,
    figure: String,
    beside: Option<Beside>,
    target: Option<(Target, f64, String)>,
}

/// What the figure is compared with.
#[derive(Debug)]
struct Beside {
    name: String,
    /// Ours divided by theirs.
    ratio: f64,
}

/// What DESIGN asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    AtMost(f64),
    AtLeast(f64),
}

impl Target {
    fn verdict(self, value: f64) -> String {
        let (met, off) = match self {
            Self::AtMost(limit) => (value <= limit, value / limit - 1.0),
            Self::AtLeast(limit) => (value >= limit, value / limit - 1.0),
        };
        format!(
            "{} by {:.0} %",
            if met { "met" } else { "MISSED" },
            (off * 100.0).abs()
        )
    }
}

impl Row {
    pub(crate) fn new(what: impl Into<String>, figure: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            figure: figure.into(),
            beside: None,
            target: None,
        }
    }

    /// A peer's or limit's figure as text, and ours divided by theirs.
    pub(crate) fn beside(mut self, name: impl Into<String>, ratio: f64) -> Self {
        self.beside = Some(Beside {
            name: name.into(),
            ratio,
        });
        self
    }

    /// The target for `value`, and how the target reads with its unit.
    pub(crate) fn target(mut self, target: Target, value: f64, text: impl Into<String>) -> Self {
        self.target = Some((target, value, text.into()));
        self
    }

    fn cells(&self) -> [String; 6] {
        let (peer, ratio) = self.beside.as_ref().map_or_else(Default::default, |beside| {
            (beside.name.clone(), number(beside.ratio, "×"))
        });
        let (target, verdict) = self
            .target
            .as_ref()
            .map_or_else(Default::default, |(target, value, text)| {
                (text.clone(), target.verdict(*value))
            });
        [
            self.what.clone(),
            self.figure.clone(),
            peer,
            ratio,
            target,
            verdict,
        ]
    }
}

/// The sections as Markdown, columns aligned.
pub(crate) fn render(sections: &[Section]) -> String {
    let mut text = String::new();
    for section in sections {
        // Writing to a string cannot fail.
        let _infallible = writeln!(text, "## {}\n\n{}\n", section.title, section.method);
        text.push_str(&table(&section.rows));
        text.push('\n');
    }
    text
}

fn table(rows: &[Row]) -> String {
    let head = ["what", "measured", "peer or limit", "ratio", "target", "verdict"].map(str::to_owned);
    aligned(&head, rows.iter().map(|row| row.cells().to_vec()))
}

/// A table of Markdown that also reads well on a terminal. Each row has as many cells as the head.
pub fn aligned(head: &[String], rows: impl Iterator<Item = Vec<String>>) -> String {
    let cells: Vec<Vec<String>> = std::iter::once(head.to_vec()).chain(rows).collect();
    let width = |column: usize| {
        let width = |row: &Vec<String>| row.get(column).map_or(0, |cell| cell.chars().count());
        cells.iter().map(width).max().unwrap_or_default().max(3)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut text = String::new();
    for (index, row) in cells.iter().enumerate() {
        for (cell, width) in row.iter().zip(&widths) {
            let _infallible = write!(text, "| {cell:width$} ");
        }
        text.push_str("|\n");
        if index == 0 {
            for width in &widths {
                let _infallible = write!(text, "|{}", "-".repeat(width + 2));
            }
            text.push_str("|\n");
        }
    }
    text
}

/// Three significant digits, thousands separated: `12.3 ns`, `0.064 ms`, `20,512 req/s`.
pub fn number(value: f64, unit: &str) -> String {
    let digits = match value.abs() {
        size if size >= 100.0 || size == 0.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    };
    let plain = format!("{value:.digits$}");
    let (whole, fraction) = plain.split_once('.').map_or((plain.as_str(), ""), |split| split);
    let mut text = String::new();
    for (index, digit) in whole.chars().enumerate() {
        let left = whole.len() - index;
        let is_grouped = text.ends_with(|before: char| before.is_ascii_digit());
        if is_grouped && left.is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    format!("{text} {unit}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_target_says_by_how_much() {
        assert_eq!(Target::AtMost(60.0).verdict(66.0), "MISSED by 10 %");
        assert_eq!(Target::AtLeast(20_000.0).verdict(25_000.0), "met by 25 %");
    }

    #[test]
    fn numbers_are_short_and_readable() {
        assert_eq!(number(51.26, "ns"), "51.3 ns");
        assert_eq!(number(20_511.7, "events/s"), "20,512 events/s");
        assert_eq!(number(0.0643, "ms"), "0.064 ms");
        assert_eq!(number(123_456.0, ""), "123,456");
        assert_eq!(number(-123.0, "ms"), "-123 ms");
    }

    #[test]
    fn a_table_is_aligned() {
        let rows = [
            Row::new("resolve, 3,000 rules, p50", "51 ns")
                .beside("zen 6.6 µs", 0.0077)
                .target(Target::AtMost(60.0), 51.0, "≤ 60 ns"),
            Row::new("size", "189 KB"),
        ];
        let text = table(&rows);
        let widths: Vec<usize> = text.lines().map(|line| line.chars().count()).collect();
        assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{text}");
        assert!(text.contains("met by 15 %"), "{text}");
    }
}
