//! A file of visitors in, the same lines with what becomes of each out.

use csv::{ReaderBuilder, StringRecord, Trim, WriterBuilder};
use marquee_shared::rules::Profile;

use super::{Somebody, Stage};
use crate::redirects::Refusal;

/// Visitors in one file.
const MAX_VISITORS: usize = 100_000;
/// What is read of each; `zip` and `product` must be there.
const COLUMNS: [&str; 7] = ["zip", "product", "language", "device", "media", "vid", "query"];
/// What is added to each.
const ADDED: [&str; 7] = [
    "outcome",
    "rule",
    "variant",
    "location",
    "state",
    "zip_known",
    "error",
];

/// Answers every line of a CSV file with a header, at `at` in Unix seconds. A visitor who makes no sense gets a
/// reason in the column `error`, and the others their answers.
///
/// # Errors
/// Where the file itself cannot be read: its first fault, with the line.
pub(in crate::redirects) fn answer_all(
    stage: &Stage,
    bytes: &[u8],
    at: i64,
    progress: &dyn Fn(u64),
) -> Result<Vec<u8>, Refusal> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(bytes);
    let header = reader.headers().map_err(|error| unreadable(&error))?.clone();
    let places = places(&header)?;
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    let mut line: Vec<&str> = header.iter().collect();
    line.extend(ADDED);
    writer.write_record(&line).map_err(|error| unreadable(&error))?;
    for (index, record) in reader.records().enumerate() {
        let record = record.map_err(|error| unreadable(&error))?;
        if index >= MAX_VISITORS {
            let detail = format!("a file has at most {MAX_VISITORS} visitors");
            return Err(refusal("too_many_visitors", detail));
        }
        progress(record.position().map_or(0, csv::Position::byte));
        let added = answer(stage, &record, &places, at);
        let fields = record.iter().chain(added.iter().map(String::as_str));
        writer.write_record(fields).map_err(|error| unreadable(&error))?;
    }
    let written = writer.into_inner();
    written.map_err(|error| refusal("csv", error.to_string()))
}

fn answer(
    stage: &Stage,
    record: &StringRecord,
    places: &[Option<usize>; COLUMNS.len()],
    at: i64,
) -> [String; ADDED.len()] {
    let mut fields = places.iter().map(|place| {
        place
            .and_then(|place| record.get(place))
            .filter(|field| !field.is_empty())
    });
    let mut next = || fields.next().flatten().map(str::to_owned);
    let profile = Profile {
        zip: next().unwrap_or_default(),
        product: next().unwrap_or_default(),
        language: next(),
        device: next(),
        media: next(),
        vid: next(),
        query: next(),
    };
    match Somebody::of(&profile, &stage.set.settings) {
        Err(refusals) => {
            let reasons: Vec<String> = refusals.into_iter().map(|refusal| refusal.detail).collect();
            let mut added = [const { String::new() }; ADDED.len()];
            if let Some(error) = added.last_mut() {
                *error = reasons.join("; ");
            }
            added
        }
        Ok(somebody) => {
            let decision = stage.decide(&somebody.visit(at));
            [
                decision.outcome.as_str().to_owned(),
                decision.rule.map(|rule| rule.to_string()).unwrap_or_default(),
                decision.variant.unwrap_or_default().to_owned(),
                decision.location.unwrap_or_default(),
                decision
                    .state
                    .map(|state| state.code().to_owned())
                    .unwrap_or_default(),
                decision.known.to_string(),
                String::new(),
            ]
        }
    }
}

fn places(header: &StringRecord) -> Result<[Option<usize>; COLUMNS.len()], Refusal> {
    for name in header {
        if !COLUMNS.contains(&name) {
            let detail = format!("there is no column `{name}`; known: {}", COLUMNS.join(", "));
            return Err(refusal("column_unknown", detail));
        }
    }
    let places = COLUMNS.map(|column| header.iter().position(|name| name == column));
    match places {
        [Some(_), Some(_), ..] => Ok(places),
        _ => Err(refusal(
            "column_missing",
            "the columns `zip` and `product` are needed in the first line".to_owned(),
        )),
    }
}

fn unreadable(error: &csv::Error) -> Refusal {
    refusal("csv", error.to_string())
}

fn refusal(code: &'static str, detail: String) -> Refusal {
    Refusal {
        code,
        rule: None,
        other: None,
        pointer: "/visitors".to_owned(),
        detail,
    }
}
