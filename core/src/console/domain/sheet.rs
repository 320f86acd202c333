use std::borrow::Cow;

/// Rows as CSV: what is copied from a spreadsheet has tabs between its cells.
pub(crate) fn as_csv(text: &str) -> Cow<'_, str> {
    let is_copied = text.lines().next().is_some_and(|head| head.contains('\t'));
    if !is_copied {
        return text.into();
    }
    let rows = text.lines().map(|row| {
        let cells: Vec<_> = row.split('\t').map(quoted).collect();
        cells.join(",")
    });
    Cow::Owned(rows.collect::<Vec<_>>().join("\n"))
}

/// A cell with a comma or a quotation mark of its own. One that begins with such a mark has been quoted.
fn quoted(cell: &str) -> Cow<'_, str> {
    if cell.contains([',', '"']) && !cell.starts_with('"') {
        Cow::Owned(format!("\"{}\"", cell.replace('"', "\"\"")))
    } else {
        cell.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_are_copied_from_a_spreadsheet_become_csv_and_csv_stays() {
        for (given, csv) in [
            ("zip,note\r\n02108,a\tb", "zip,note\r\n02108,a\tb"),
            ("zip\tnote\r\n02108\tone, two\r\n", "zip,note\n02108,\"one, two\""),
            ("a\tb\nsay \"x\"\t\"q, r\"", "a,b\n\"say \"\"x\"\"\",\"q, r\""),
            ("", ""),
        ] {
            assert_eq!(as_csv(given), csv);
        }
    }
}
