use super::{BadFile, Paid, Said, Whose};
use crate::payouts::domain::file::{ENGLISH, Format, PORTUGUESE, PORTUGUESE_MORE};

/// Reads all rows, or none. Spreadsheets may have put semicolons for commas and a byte order mark in front.
///
/// # Errors
/// It is no file of ours.
pub(in crate::payouts) fn read(bytes: &[u8]) -> Result<Vec<Said>, BadFile> {
    let text = std::str::from_utf8(bytes).map_err(|_| BadFile::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let heading = text.lines().next().filter(|line| !line.trim().is_empty());
    let heading = heading.ok_or(BadFile::Empty)?;
    let delimiter = if heading.matches(';').count() > heading.matches(',').count() {
        b';'
    } else {
        b','
    };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(false)
        .from_reader(text.as_bytes());
    let heading = reader.headers().map_err(|error| bad(&error))?;
    let format = format_of(heading.iter().map(str::trim))
        .ok_or_else(|| BadFile::Heading(heading.iter().map(str::to_owned).collect()))?;
    let rows = reader.records().map(|row| {
        let row = row.map_err(|error| bad(&error))?;
        let line = row.position().map_or(0, csv::Position::line);
        Ok(said(line, format, |at| {
            row.get(at).unwrap_or_default().trim().to_owned()
        }))
    });
    rows.collect()
}

fn bad(error: &csv::Error) -> BadFile {
    BadFile::Csv {
        line: error.position().map_or(0, csv::Position::line),
        detail: error.to_string(),
    }
}

/// The reason may be missing.
fn format_of<'a>(heading: impl Iterator<Item = &'a str>) -> Option<Format> {
    let heading: Vec<&str> = heading.collect();
    let portuguese: Vec<&str> = PORTUGUESE.iter().chain(&PORTUGUESE_MORE).copied().collect();
    let is = |known: &[&str]| heading == known || known.get(..14).is_some_and(|known| heading == known);
    if heading == PORTUGUESE {
        Some(Format::Compatible)
    } else {
        (is(&portuguese) || is(&ENGLISH)).then_some(Format::Full)
    }
}

fn said(line: u64, format: Format, cell: impl Fn(usize) -> String) -> Said {
    let paid = cell(9).to_lowercase();
    let paid = match (format, paid.as_str()) {
        (_, "sim") => Some(Paid::Yes),
        // Whatever else stood there meant nothing to the other service.
        (Format::Compatible, _) | (Format::Full, "") => Some(Paid::NotSaid),
        (Format::Full, "s" | "yes" | "y" | "true" | "1") => Some(Paid::Yes),
        (Format::Full, "não" | "nao" | "n" | "no" | "false" | "0") => Some(Paid::No),
        (Format::Full, _) => None,
    };
    let whose = match format {
        Format::Compatible => Whose::Email(plain(&cell(0))),
        Format::Full => Whose::Line {
            batch: cell(10),
            id: cell(11),
            hash: cell(13),
        },
    };
    Said {
        line,
        whose,
        total: cell(2),
        sales: cell(1),
        paid,
        reason: cell(14),
    }
}

/// As it was before it was kept from being a formula.
fn plain(cell: &str) -> String {
    cell.strip_prefix('\'').unwrap_or(cell).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_of_ours_is_refused_as_a_whole() {
        assert_eq!(read(b""), Err(BadFile::Empty));
        assert_eq!(read(b"\xff\xfe"), Err(BadFile::NotUtf8));
        assert!(matches!(read(b"a,b\n1,2\n"), Err(BadFile::Heading(_))));
        let short = format!("{}\nana@x.com,2\n", PORTUGUESE.join(","));
        assert!(matches!(
            read(short.as_bytes()),
            Err(BadFile::Csv { line: 2, .. })
        ));
    }
}
