//! Rules from a workbook: a sheet with the columns of CSV, a row a rule or a variant.
//!
//! What a spreadsheet makes of a value is undone where that is certain (a date is a moment in UTC, `7.0` is `7`)
//! and doubted where it is not: a ZIP that became a number has lost its zeros, as in CSV.

use std::io::{Cursor, Read as _};

use calamine::{DataRef, ExcelDateTime, Reader as _, Xlsx, XlsxError};
use csv::StringRecord;
use zip::ZipArchive;

use super::csv::{Rules, Table};
use super::{Draft, Options, Parsed, Problem, Progress, Step};
use crate::redirects::domain::MAX_RULES;

/// What a workbook may unpack to: a small one can hold gigabytes of nothing.
const MAX_UNPACKED_BYTES: u64 = 256 << 20;
/// Files inside a workbook.
const MAX_PARTS: usize = 1_000;
/// Columns that are looked at: ours, and variables.
const MAX_COLUMNS: usize = 200;

/// The rules that could be read, in the order of the sheet; a row is a line.
pub(super) fn read(
    bytes: &[u8],
    options: Options<'_>,
    parsed: &mut Parsed,
    progress: &Progress,
) -> Vec<Draft> {
    let mut rules = Rules::default();
    if let Err(problem) = rows(bytes, options, parsed, progress, &mut rules) {
        parsed.problems.push(problem);
    }
    rules.drafts
}

fn rows(
    bytes: &[u8],
    options: Options<'_>,
    parsed: &mut Parsed,
    progress: &Progress,
    rules: &mut Rules,
) -> Result<(), Problem> {
    bounded(bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| unreadable(&error))?;
    let names = book.sheet_names();
    let sheet = match options.sheet {
        Some(sheet) if names.iter().any(|name| name == sheet) => sheet.to_owned(),
        Some(sheet) => {
            let problem = Problem::new(1, "sheet_unknown", "there is no such sheet").at("", sheet);
            return Err(problem.suggest(names.first().cloned()));
        }
        None => names
            .first()
            .cloned()
            .ok_or_else(|| Problem::new(1, "xlsx", "there is no sheet"))?,
    };
    let mut cells = book
        .worksheet_cells_reader(&sheet)
        .map_err(|error| unreadable(&error))?;
    let mut sheet = Sheet {
        table: None,
        options,
        rules,
        parsed,
    };
    let (mut row, mut fields) = (0, Vec::new());
    while let Some(cell) = cells.next_cell().map_err(|error| unreadable(&error))? {
        let (at, column) = cell.get_position();
        if at != row {
            if !sheet.row(row, std::mem::take(&mut fields)) {
                return Ok(());
            }
            progress.at(Step::Reading(u64::from(at)));
            row = at;
        }
        let (text, column) = (
            text(cell.get_value()),
            usize::try_from(column).unwrap_or(usize::MAX),
        );
        if text.is_empty() {
            continue;
        }
        if column >= MAX_COLUMNS {
            let reason = format!("the sheet has more than {MAX_COLUMNS} columns");
            return Err(Problem::new(u64::from(row) + 1, "too_many_columns", reason));
        }
        if fields.len() <= column {
            fields.resize(column + 1, String::new());
        }
        if let Some(field) = fields.get_mut(column) {
            *field = text;
        }
    }
    if sheet.row(row, fields) && sheet.table.is_none() {
        return Err(Problem::new(1, "column_missing", "the sheet is empty"));
    }
    Ok(())
}

/// A sheet as its rows come.
struct Sheet<'a, 'p> {
    /// With how many columns, once the header has come.
    table: Option<(Table<'a>, usize)>,
    options: Options<'a>,
    rules: &'p mut Rules,
    parsed: &'p mut Parsed,
}

impl Sheet<'_, '_> {
    /// The header, or a line below it. False: there is no use in going on.
    fn row(&mut self, row: u32, mut fields: Vec<String>) -> bool {
        if fields.iter().all(|field| field.trim().is_empty()) {
            return true;
        }
        if let Some((table, width)) = &self.table {
            // A sheet has no empty fields at the end of a row.
            fields.resize(fields.len().max(*width), String::new());
            table.add(
                u64::from(row) + 1,
                &StringRecord::from(fields),
                self.rules,
                self.parsed,
            );
            return self.rules.drafts.len() <= MAX_RULES;
        }
        let mut header = StringRecord::from(fields);
        header.trim();
        let table = Table::of(&header, self.options, self.parsed);
        self.table = table.map(|table| (table, header.len()));
        self.table.is_some()
    }
}

/// As CSV would have it.
fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(value) => value.to_string(),
        DataRef::DateTime(moment) => instant(*moment),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

/// A spreadsheet's dates know no offset; they are taken for UTC.
fn instant(moment: ExcelDateTime) -> String {
    if !moment.is_datetime() {
        return moment.as_f64().to_string();
    }
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let fraction = if milli == 0 {
        String::new()
    } else {
        format!(".{milli:03}")
    };
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// Unpacks everything once, into nothing: what a part says of its own size need not be true.
fn bounded(bytes: &[u8]) -> Result<(), Problem> {
    let broken = |error: &dyn std::fmt::Display| {
        Problem::new(1, "xlsx", format!("this is no workbook (.xlsx): {error}"))
    };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    if archive.len() > MAX_PARTS {
        return Err(Problem::new(
            1,
            "xlsx_too_large",
            "the workbook has too many parts",
        ));
    }
    let mut left = MAX_UNPACKED_BYTES;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| broken(&error))?;
        let unpacked = std::io::copy(&mut part.take(left + 1), &mut std::io::sink());
        let unpacked = unpacked.map_err(|error| broken(&error))?;
        left = left.checked_sub(unpacked).ok_or_else(|| {
            let reason = format!(
                "the workbook unpacks to more than {} MiB",
                MAX_UNPACKED_BYTES >> 20
            );
            Problem::new(1, "xlsx_too_large", reason)
        })?;
    }
    Ok(())
}

fn unreadable(error: &XlsxError) -> Problem {
    Problem::new(1, "xlsx", format!("the workbook cannot be read: {error}"))
}
