//! The audit log as a file.

use serde::{Deserialize, Serialize};
use time::format_description::well_known::Rfc3339;
use utoipa::ToSchema;

use super::Entry;
use crate::platform::sheet::Sheet;

/// How entries are written, one a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// For spreadsheets, with a heading.
    Csv,
    /// A JSON object a line.
    Ndjson,
}

/// How many entries one file of the API holds at most.
pub const EXPORT_LIMIT: u32 = 10_000;

const HEADING: [&str; 8] = [
    "id",
    "at",
    "principal_id",
    "principal_name",
    "action",
    "subject",
    "before",
    "after",
];

impl Format {
    /// The entries as lines, after the heading if there is to be one.
    pub fn write(self, entries: &[Entry], heading: bool) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::Csv => csv(entries, heading),
            Self::Ndjson => ndjson(entries),
        }
    }
}

fn csv(entries: &[Entry], heading: bool) -> anyhow::Result<Vec<u8>> {
    let mut sheet = Sheet::new(HEADING);
    for entry in entries {
        let json =
            |value: &Option<serde_json::Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
        sheet.row([
            entry.id.to_string(),
            entry.at.format(&Rfc3339)?,
            entry.principal_id.clone(),
            entry.principal_name.clone(),
            entry.action.clone(),
            entry.subject.clone(),
            json(&entry.before),
            json(&entry.after),
        ]);
    }
    sheet.write(heading)
}

fn ndjson(entries: &[Entry]) -> anyhow::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for entry in entries {
        serde_json::to_writer(&mut lines, entry)?;
        lines.push(b'\n');
    }
    Ok(lines)
}
