use super::{BadFile, Paid, Said, Whose};
use crate::payouts::domain::file::{ENGLISH, Format, PORTUGUESE, PORTUGUESE_MORE};

/// Reads all rows, or none. Spreadsheets may have put semicolons for commas and a byte order mark in front, ended lines in
/// any way and left empty rows.
///
/// # Errors
/// It is no file of ours.
pub(in crate::payouts) fn read(bytes: &[u8]) -> Result<Vec<Said>, BadFile> {
    // UTF-16 of English letters is UTF-8, too, with a NUL at every other place, which no text of ours has.
    let text = std::str::from_utf8(bytes)
        .ok()
        .filter(|text| !text.contains('\0'));
    let text = text.ok_or(BadFile::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // The reader counts a line's end that is two characters when it reads on, so its numbers would be too low by one.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
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
    let mut rows = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| bad(&error))?;
        if row.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let line = row.position().map_or(0, |position| line(&text, position));
        rows.push(said(line, format, |at| {
            row.get(at).unwrap_or_default().trim().to_owned()
        }));
    }
    Ok(rows)
}

/// Where a row begins: the reader's position is before empty lines.
fn line(text: &str, position: &csv::Position) -> u64 {
    let byte = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.get(byte..).unwrap_or_default().bytes();
    position.line() + rest.take_while(|byte| *byte == b'\n').count() as u64
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
        for utf_16 in [
            PORTUGUESE.join("\t").encode_utf16().collect::<Vec<u16>>(),
            ENGLISH.join(",").encode_utf16().collect(),
        ] {
            let little: Vec<u8> = utf_16.iter().flat_map(|unit| unit.to_le_bytes()).collect();
            let big: Vec<u8> = utf_16.iter().flat_map(|unit| unit.to_be_bytes()).collect();
            for file in [&little, &big, &[&[0xff, 0xfe], &little[..]].concat()] {
                assert_eq!(read(file), Err(BadFile::NotUtf8));
            }
        }
        let windows_1252 = b"Email,N\xba de viggios,Total,Nome,Conta Corrente,D\xedgito";
        assert_eq!(read(windows_1252), Err(BadFile::NotUtf8));
        assert!(matches!(read(b"a,b\n1,2\n"), Err(BadFile::Heading(_))));
        let short = format!("{}\nana@x.com,2\n", PORTUGUESE.join(","));
        assert!(matches!(
            read(short.as_bytes()),
            Err(BadFile::Csv { line: 2, .. })
        ));
    }

    #[test]
    fn however_lines_end_and_whatever_is_empty_the_rows_are_the_same() {
        let file = format!(
            "{}\nana@x.com,2,1,Ana,1,2,3,4,5,sim\nbia@x.com,1,2,Bia,1,2,3,4,5,\n",
            PORTUGUESE.join(",")
        );
        let rows = read(file.as_bytes()).unwrap();
        assert_eq!(rows.len(), 2);
        for end in ["\r\n", "\r"] {
            assert_eq!(read(file.replace('\n', end).as_bytes()).unwrap(), rows, "{end:?}");
        }
        let trailing = format!("{file},,,,,,,,,\n ,,,,,,,,,\n");
        assert_eq!(read(trailing.as_bytes()).unwrap(), rows);
        let lines: Vec<u64> = rows.iter().map(|row| row.line).collect();
        assert_eq!(lines, [2, 3]);
        let spaced = read(file.replace('\n', "\r\n\r\n").as_bytes()).unwrap();
        let lines: Vec<u64> = spaced.iter().map(|row| row.line).collect();
        assert_eq!(lines, [3, 5]);
    }
}
