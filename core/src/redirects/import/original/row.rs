//! One line: a row of one of the tables.

use std::collections::HashMap;

use csv::StringRecord;

use super::super::{Parsed, Problem};

/// Every column there is, of all tables.
pub(super) const COLUMNS: [&str; 22] = [
    "table",
    "id",
    "title",
    "insurance",
    "language",
    "device",
    "media",
    "state",
    "type",
    "brand_id",
    "brand",
    "system",
    "configuration_id",
    "routing_multi_id",
    "order",
    "total",
    "current",
    "url",
    "domain",
    "variables",
    "created_at",
    "updated_at",
];

/// What may stand in any row and means nothing to us.
const SILENT: [&str; 6] = [
    "brand_id",
    "domain",
    "variables",
    "current",
    "created_at",
    "updated_at",
];

const CONFIGURATION: [&str; 9] = [
    "title",
    "insurance",
    "language",
    "device",
    "media",
    "state",
    "type",
    "brand",
    "system",
];

/// Which table a row is of.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// A configuration with its URL.
    Whole,
    Configuration,
    Single,
    Multi,
    Url,
}

impl Kind {
    fn may_have(self, column: &str) -> bool {
        let own: &[&str] = match self {
            Self::Whole => {
                return !matches!(
                    column,
                    "configuration_id" | "routing_multi_id" | "order" | "total"
                );
            }
            Self::Configuration if CONFIGURATION.contains(&column) => return true,
            Self::Configuration => &["table", "id"],
            Self::Single => &["table", "id", "configuration_id", "url"],
            Self::Multi => &["table", "id", "configuration_id", "total"],
            Self::Url => &["table", "id", "routing_multi_id", "order", "url"],
        };
        own.contains(&column) || SILENT.contains(&column)
    }
}

pub(super) struct Row<'a, 'p> {
    pub(super) line: u64,
    record: &'a StringRecord,
    places: &'a HashMap<&'static str, usize>,
    parsed: &'p mut Parsed,
}

impl<'a, 'p> Row<'a, 'p> {
    pub(super) fn new(
        line: u64,
        record: &'a StringRecord,
        places: &'a HashMap<&'static str, usize>,
        parsed: &'p mut Parsed,
    ) -> Self {
        Self {
            line,
            record,
            places,
            parsed,
        }
    }

    /// Without surrounding blanks; empty where the file has no such column.
    pub(super) fn field(&self, column: &str) -> &'a str {
        let place = self.places.get(column);
        place
            .and_then(|index| self.record.get(*index))
            .unwrap_or_default()
            .trim()
    }

    /// Problems so far, in the whole file.
    pub(super) fn problems(&self) -> usize {
        self.parsed.problems.count
    }

    pub(super) fn refuse(
        &mut self,
        column: &str,
        code: &'static str,
        reason: impl Into<String>,
        suggestion: Option<String>,
    ) {
        let mut problem = Problem::new(self.line, code, reason);
        if self.places.contains_key(column) {
            problem = problem.at(column, self.field(column));
        }
        self.parsed.problems.push(problem.suggest(suggestion));
    }

    /// `None` if it is told that there is no such table. What another table has must be empty.
    pub(super) fn kind(&mut self) -> Option<Kind> {
        let kind = if self.places.contains_key("table") {
            let table = self.field("table");
            match table.strip_prefix("atalaya_").unwrap_or(table) {
                "configuration" => Kind::Configuration,
                "routing_single" => Kind::Single,
                "routing_multi" => Kind::Multi,
                "routing_multi_urls" => Kind::Url,
                other => {
                    let meant = match other
                        .to_lowercase()
                        .replace(['-', ' '], "_")
                        .trim_end_matches('s')
                    {
                        "configuration" => Some("configuration"),
                        "routing_single" | "single" => Some("routing_single"),
                        "routing_multi" | "multi" => Some("routing_multi"),
                        "routing_multi_url" | "url" => Some("routing_multi_urls"),
                        _ => None,
                    };
                    let reason =
                        "write `configuration`, `routing_single`, `routing_multi` or `routing_multi_urls`";
                    self.refuse("table", "table", reason, meant.map(str::to_owned));
                    return None;
                }
            }
        } else {
            Kind::Whole
        };
        for column in COLUMNS.iter().filter(|column| !kind.may_have(column)) {
            if !self.field(column).is_empty() {
                self.refuse(
                    column,
                    "not_empty",
                    "another table's column: leave it empty",
                    None,
                );
            }
        }
        Some(kind)
    }

    /// A whole number, from 1.
    pub(super) fn whole(&mut self, column: &str) -> Option<u64> {
        let text = self.field(column);
        let number = text.parse().ok().filter(|number| *number > 0);
        if number.is_none() {
            // A column of whole numbers with a gap becomes one of fractions on its way through some tools.
            let meant = text.split_once('.').filter(|(whole, rest)| {
                whole.parse::<u64>().is_ok() && rest.bytes().all(|byte| byte == b'0')
            });
            let meant = meant.map(|(whole, _)| whole.to_owned());
            self.refuse(column, "number", "write a whole number, from 1", meant);
        }
        number
    }

    /// A destination. Templates are ours: braces of the original stood for themselves.
    pub(super) fn url(&mut self) -> Option<String> {
        let text = self.field("url");
        if !text.starts_with("https://") && !text.starts_with("http://") {
            self.refuse("url", "url", "not a URL with `https://`", None);
        } else if text.contains(['{', '}']) {
            let meant = text.replace('{', "%7B").replace('}', "%7D");
            let reason = "braces mark placeholders here; percent-encode them";
            self.refuse("url", "url", reason, Some(meant));
        } else {
            return Some(text.to_owned());
        }
        None
    }
}
