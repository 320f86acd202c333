//! A rule set from a file: CSV or JSON, all of it or nothing (SPEC f).
//!
//! Nothing is mended in silence. A bad line is named with its column, the reason and, where we can guess,
//! what was probably meant; a spreadsheet's eaten leading zeros are repaired only when asked, line by line.
//! No SQL here: what comes out is a draft's rules, and a report for whoever sent the file.

mod csv;
mod json;
mod line;
mod progress;
mod zip;

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use marquee_shared::compile::Finding;
use marquee_shared::rules::{Rule, Settings};
use serde::Serialize;
use utoipa::ToSchema;

pub use progress::{Progress, Step};

use super::domain::{Difference, MAX_RULES, canonical, likeness};

/// Problems and repairs listed in a report; the rest are only counted.
const LISTED: usize = 1_000;
/// A value is shown up to here.
const SHOWN_CHARS: usize = 80;

/// What a file may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Csv,
    Json,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Options {
    /// Put back the zeros that a spreadsheet ate (`501` for 00501) instead of refusing the line.
    pub repair_zips: bool,
    /// The lowest rule number never given out: rules without a number get the next ones.
    pub next_rule: u32,
    /// A whole rule set may bring settings.
    pub settings: bool,
}

/// A file as it was understood.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    /// Sorted by number, in canonical form; meaningless if there are problems.
    pub rules: Vec<Rule>,
    /// Only a whole rule set in JSON brings settings.
    pub settings: Option<Settings>,
    /// Rule number → the line it starts on.
    pub lines: HashMap<u32, u64>,
    pub problems: Found<Problem>,
    pub repairs: Found<Repair>,
}

/// Why a line cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// From 1; the header is line 1.
    pub line: u64,
    /// The column, or the place in a JSON rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// What stands there, cut if long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Stable: for programs.
    #[schema(example = "zip_leading_zero")]
    pub code: &'static str,
    pub reason: String,
    /// What was probably meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "02108")]
    pub suggestion: Option<String>,
}

/// One value that was put right, because the caller asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Repair {
    pub line: u64,
    pub column: String,
    #[schema(example = "2108")]
    pub from: String,
    #[schema(example = "02108")]
    pub to: String,
}

/// What became of a file, or what would.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Report {
    /// Nothing was to be changed.
    pub dry_run: bool,
    /// The draft has these rules now.
    pub applied: bool,
    /// The draft's version, after the import if it was applied.
    pub version: i64,
    /// Rules in the file.
    pub rules: usize,
    pub added: usize,
    pub changed: usize,
    pub removed: usize,
    pub unchanged: usize,
    /// Why nothing can be taken.
    pub problems: Found<Problem>,
    /// What was put right on request.
    pub repairs: Found<Repair>,
    /// What keeps the draft, as it is then, from being published. It may be imported all the same.
    pub findings: Found<Noted>,
}

/// A finding about a rule, at its line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Noted {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<u32>,
    pub pointer: String,
    #[schema(example = "url_host_not_allowed")]
    pub code: &'static str,
    pub detail: String,
}

/// A list that stops growing, and goes on counting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Found<T> {
    pub count: usize,
    /// The first thousand.
    pub items: Vec<T>,
}

impl<T> Default for Found<T> {
    fn default() -> Self {
        Self {
            count: 0,
            items: Vec::new(),
        }
    }
}

impl<T> Found<T> {
    fn push(&mut self, item: T) {
        self.count += 1;
        if self.items.len() < LISTED {
            self.items.push(item);
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl Problem {
    fn new(line: u64, code: &'static str, reason: impl Into<String>) -> Self {
        Self {
            line,
            column: None,
            value: None,
            code,
            reason: reason.into(),
            suggestion: None,
        }
    }

    fn at(mut self, column: impl Into<String>, value: &str) -> Self {
        self.column = Some(column.into());
        self.value = Some(shown(value));
        self
    }

    fn suggest(mut self, suggestion: Option<String>) -> Self {
        self.suggestion = suggestion;
        self
    }
}

fn shown(value: &str) -> String {
    match value.char_indices().nth(SHOWN_CHARS) {
        None => value.to_owned(),
        Some((cut, _)) => format!("{}…", value.get(..cut).unwrap_or_default()),
    }
}

/// Reads a whole file of rules for `brand`.
#[must_use]
pub(super) fn read(
    bytes: &[u8],
    format: Format,
    brand: &str,
    options: Options,
    progress: &Progress,
) -> Parsed {
    let mut parsed = Parsed::default();
    let drafts = match text(bytes) {
        Err(problem) => {
            parsed.problems.push(problem);
            return parsed;
        }
        Ok(text) => match format {
            Format::Csv => csv::read(text, options, &mut parsed, progress),
            Format::Json => json::read(text, brand, options, &mut parsed, progress),
        },
    };
    if drafts.len() > MAX_RULES {
        let reason = format!("a brand may have {MAX_RULES} rules");
        parsed.problems.push(Problem::new(1, "too_many_rules", reason));
        return parsed;
    }
    settle(drafts, options.next_rule, &mut parsed);
    parsed
}

impl Parsed {
    /// What the sender is told. `findings` are about the draft as it would be.
    #[must_use]
    pub(super) fn report(&self, difference: &Difference, findings: Vec<Finding>) -> Report {
        let mut noted = Found::default();
        for Finding {
            rule,
            pointer,
            code,
            message,
        } in findings
        {
            let line = rule.and_then(|rule| self.lines.get(&rule)).copied();
            noted.push(Noted {
                line,
                rule,
                pointer,
                code,
                detail: message,
            });
        }
        let fresh = difference.added.len() + difference.changed.len();
        Report {
            dry_run: false,
            applied: false,
            version: 0,
            rules: self.rules.len(),
            added: difference.added.len(),
            changed: difference.changed.len(),
            removed: difference.removed.len(),
            unchanged: self.rules.len().saturating_sub(fresh),
            problems: self.problems.clone(),
            repairs: self.repairs.clone(),
            findings: noted,
        }
    }
}

/// A rule and the line it starts on; no number yet if the file gave none.
struct Draft {
    line: u64,
    number: Option<u32>,
    rule: Rule,
}

/// Numbers what has no number, refuses a number used twice and a rule that says what another says.
fn settle(drafts: Vec<Draft>, next_rule: u32, parsed: &mut Parsed) {
    let highest = drafts.iter().filter_map(|draft| draft.number).max().unwrap_or(0);
    let mut next = next_rule.max(highest.saturating_add(1)).max(1);
    let mut alike = HashMap::new();
    for Draft { line, number, rule } in drafts {
        let number = number.unwrap_or_else(|| {
            next = next.saturating_add(1);
            next.saturating_sub(1)
        });
        let rule = canonical(Rule { number, ..rule });
        match parsed.lines.entry(number) {
            Entry::Occupied(first) => {
                let reason = format!("rule {number} stands on line {} already", first.get());
                parsed
                    .problems
                    .push(Problem::new(line, "rule_twice", reason).at("rule", &number.to_string()));
                continue;
            }
            Entry::Vacant(place) => _ = place.insert(line),
        }
        match alike.entry(likeness(&rule)) {
            Entry::Occupied(first) => {
                let (first_number, first_line) = *first.get();
                let reason = format!("says the same as rule {first_number} on line {first_line}");
                parsed.problems.push(Problem::new(line, "duplicate_rule", reason));
            }
            Entry::Vacant(place) => _ = place.insert((number, line)),
        }
        parsed.rules.push(rule);
    }
    parsed.rules.sort_by_key(|rule| rule.number);
}

/// Where each line of a text begins.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self(std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect())
    }

    /// The line, from 1, that the byte at `offset` is on.
    fn at(&self, offset: usize) -> u64 {
        self.0.partition_point(|begin| *begin <= offset) as u64
    }
}

/// UTF-8, without the mark that spreadsheets put before it.
fn text(bytes: &[u8]) -> Result<&str, Problem> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Problem::new(
            1,
            "encoding",
            "the file is UTF-16; save it as UTF-8",
        ));
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count() as u64;
        Problem::new(line, "encoding", "not UTF-8; save the file as UTF-8")
    })
}
